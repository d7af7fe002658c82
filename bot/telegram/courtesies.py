"""The calls that expire within seconds: answers to presses, the typing mark, a word to a flooding chat.

Best effort, after the commit, and never awaited by anything: a courtesy that fails is forgotten.
"""

import asyncio
import logging
from typing import Any

from bot.ports import Gone, PermanentFailure, TransientFailure
from bot.telegram.client import TelegramBot, Unchanged

logger = logging.getLogger(__name__)

AT_ONCE = 200
MARK_SECONDS = 4.0
"""A mark stays five seconds (Bot API, sendChatAction): an album needs one, not ten."""
ANSWER_LENGTH = 200


class Courtesies:
    """Small services to the client app, each a task of its own; too many at once are left out."""

    def __init__(self, bot: TelegramBot) -> None:
        self._bot = bot
        self._tasks: set[asyncio.Task[None]] = set()
        self._marked: dict[int, float] = {}

    def answer(self, press: str, *, notice: str = "") -> None:
        """End the waiting mark on a pressed button; an answer that comes too late is swallowed."""
        params = {"callback_query_id": press} | ({"text": notice[:ANSWER_LENGTH]} if notice else {})
        self._begin("answerCallbackQuery", params)

    def mark_typing(self, chat: int) -> None:
        """Show that something is being done for the chat."""
        now = asyncio.get_running_loop().time()
        if now - self._marked.get(chat, -MARK_SECONDS) < MARK_SECONDS:
            return
        self._marked = {other: at for other, at in self._marked.items() if now - at < MARK_SECONDS}
        self._marked[chat] = now
        self._begin("sendChatAction", {"chat_id": chat, "action": "typing"})

    def tell(self, chat: int, words: str) -> None:
        """Say one line that need not be remembered."""
        self._begin("sendMessage", {"chat_id": chat, "text": words})

    async def close(self) -> None:
        """End what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, method: str, params: dict[str, Any]) -> None:
        if len(self._tasks) >= AT_ONCE:
            return
        task = asyncio.create_task(self._try(method, params))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try(self, method: str, params: dict[str, Any]) -> None:
        try:
            await self._bot.call(method, params)
        except (TransientFailure, PermanentFailure, Gone, Unchanged) as failure:
            logger.debug("%s left out: %s", method, type(failure).__name__)
