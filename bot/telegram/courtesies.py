"""The calls that expire within seconds: answers to presses, the typing mark, a word to a flooding chat.

Best effort, after the commit, and never awaited by anything: a courtesy that fails is forgotten. Those that follow an
update travel in the webhook's answer to it, which saves a call (Bot API, "Making requests when getting updates").
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import orjson

from bot.ports import Gone, PermanentFailure, TransientFailure
from bot.telegram.client import TelegramBot, Unchanged

logger = logging.getLogger(__name__)

AT_ONCE = 200
MARK_SECONDS = 4.0
"""A mark stays five seconds (Bot API, sendChatAction): an album needs one, not ten."""
ANSWER_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Courtesy:
    """One call, for whoever acknowledges the update that it follows."""

    method: str
    params: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The call as a webhook's answer carries it."""
        return orjson.dumps({"method": self.method, **self.params})


def answer(press: str, *, notice: str = "") -> Courtesy:
    """End the waiting mark on a pressed button; an answer that comes too late is swallowed."""
    params = {"callback_query_id": press} | ({"text": notice[:ANSWER_LENGTH]} if notice else {})
    return Courtesy("answerCallbackQuery", params)


class Courtesies:
    """Small services to the client app, each a task of its own; too many at once are left out."""

    def __init__(self, bot: TelegramBot) -> None:
        self._bot = bot
        self._tasks: set[asyncio.Task[None]] = set()
        self._marked: dict[int, float] = {}

    def typing_mark(self, chat: int) -> Courtesy | None:
        """Show that something is being done for the chat; None while it shows already."""
        now = asyncio.get_running_loop().time()
        if now - self._marked.get(chat, -MARK_SECONDS) < MARK_SECONDS:
            return None
        self._marked = {other: at for other, at in self._marked.items() if now - at < MARK_SECONDS}
        self._marked[chat] = now
        return Courtesy("sendChatAction", {"chat_id": chat, "action": "typing"})

    def tell(self, chat: int, words: str) -> None:
        """Say one line that need not be remembered."""
        self.do(Courtesy("sendMessage", {"chat_id": chat, "text": words}))

    def do(self, courtesy: Courtesy) -> None:
        """Call by itself what no webhook's answer takes along."""
        if len(self._tasks) >= AT_ONCE:
            return
        task = asyncio.create_task(self._try(courtesy))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _try(self, courtesy: Courtesy) -> None:
        try:
            await self._bot.call(courtesy.method, courtesy.params)
        except (TransientFailure, PermanentFailure, Gone, Unchanged) as failure:
            logger.debug("%s left out: %s", courtesy.method, type(failure).__name__)
