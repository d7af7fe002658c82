"""Sellers' own chats: what is pressed and replied there goes to the customers of their cases; all else to the intake."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.app.attachments import MOST_BYTES
from bot.app.hearing import Ears
from bot.ports import GivenFile, Gone, Heard, PermanentFailure, TransientFailure
from bot.seller_chat_words import button, meant, pressed, question, words_in
from bot.seller_words import spoken
from bot.telegram.client import TelegramBot, Unchanged
from bot.telegram.courtesies import Courtesy, answer
from bot.telegram.reading import amount, number, string, thing
from bot.telegram.uploads import upload_of
from flows.values import Upload
from storage.ports import StorageFailure

logger = logging.getLogger(__name__)


class TakesUpdates(Protocol):
    """Takes one update; returns when it is committed, with what goes out beside the acknowledgement.

    Raises StorageFailure.
    """

    async def take(self, update: Any) -> Courtesy | None: ...


ATTACHED = frozenset({"photo", "document", "video", "voice", "audio", "animation", "video_note"})
"""What a seller may think the customer gets."""


class Downloads(Protocol):
    """Fetches the bytes of an upload (bot.ports.Chat)."""

    async def download(self, upload: Upload, *, limit: int) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A seller's chat: whose it is, and in which language."""

    seller: str
    locale: str


class SellerChats:
    """Stands before the intake; holds nothing between two updates."""

    def __init__(
        self,
        intake: TakesUpdates,
        *,
        chats: Mapping[int, Counter],
        ears: Ears,
        bot: TelegramBot,
        downloads: Downloads,
    ) -> None:
        self._intake = intake
        self._chats = chats
        self._ears = ears
        self._bot = bot
        self._downloads = downloads

    async def take(self, update: Any) -> Courtesy | None:
        """Take an update of a seller's chat, or pass it on; returns when what it says is committed."""
        given = update if isinstance(update, dict) else {}
        press, message = thing(given, "callback_query"), thing(given, "message")
        chat = number(thing(thing(press, "message") or message, "chat"), "id")
        counter = self._chats.get(chat)
        if counter is None:
            return await self._intake.take(update)
        try:
            if press:
                await self._pressed(chat, counter, press)
            elif message:
                await self._written(chat, counter, message)
        except TransientFailure as failure:
            raise StorageFailure(str(failure)) from None
        return answer(string(press, "id")) if press else None

    # -- presses ---------------------------------------------------------------------------------------------

    async def _pressed(self, chat: int, counter: Counter, press: Any) -> None:
        found = pressed(string(press, "data"))
        under = amount(thing(press, "message"), "message_id")
        said = words_in(counter.locale)
        if found is not None:
            case, action = found
            if action in {"reply", "ask"}:
                kind = "answer" if action == "reply" else "photo"
                await self._say(chat, question(kind, case, locale=counter.locale), to=under, forced=True)  # type: ignore[arg-type]  # the line before narrows it
            elif action == "settle":
                rows = [[(said["yes"], button("yes", case)), (said["no"], button("no", case))]]
                await self._say(chat, f"#{case}\n{said['sure']}", to=under, rows=rows)
            elif action == "yes":
                key = f"{chat}.settled.{under}"
                heard = Heard(kind="settled", case=case, key=key, author=_name(press))
                taken = await self._ears(counter.seller)(heard)
                told = said["gone"] if taken is False else f"✓ {said['settle']}"
                await self._close(chat, under, f"#{case}\n{told}")
            else:
                await self._close(chat, under, f"#{case}\n–")

    # -- words -----------------------------------------------------------------------------------------------

    async def _written(self, chat: int, counter: Counter, message: Any) -> None:
        """A reply to a message of ours says something about its case; people's own talk is theirs."""
        replied = thing(message, "reply_to_message")
        if not replied or thing(replied, "from").get("is_bot") is not True:
            return
        about = meant(string(replied, "text") or string(replied, "caption"))
        words = string(message, "text") or string(message, "caption")
        if about is None:
            return
        case, wanted = about
        under = amount(message, "message_id")
        # what we say begins with the case: a reply to it goes on with the talk
        said = {name: f"#{case}\n{text}" for name, text in words_in(counter.locale).items()}
        upload = upload_of(message)
        # nothing goes half: words without their file puzzle
        if upload is None and ATTACHED & message.keys():
            await self._say(chat, said["only_words"], to=under)
            return
        if not words.strip() and upload is None:
            return
        try:
            files = await self._files(upload)
        except (PermanentFailure, TransientFailure):
            await self._say(chat, said["not_fetched"], to=under)
            return
        kind, text = spoken(words)
        if wanted is not None and kind == "answer":
            kind = wanted
        key = f"{chat}.{under}"
        heard = Heard(kind=kind, case=case, key=key, text=text, author=_name(message), files=files)
        taken = await self._ears(counter.seller)(heard)
        await self._say(chat, said["gone" if taken is False else "told"], to=under)

    async def _files(self, upload: Upload | None) -> tuple[GivenFile, ...]:
        """Fetch what goes to the customer; raises the two failures."""
        if upload is None:
            return ()
        content = await self._downloads.download(upload, limit=MOST_BYTES)
        return (GivenFile(name=upload.name or "photo", content=content),)

    # -- speaking: best effort, after the commit --------------------------------------------------------------

    async def _say(
        self,
        chat: int,
        text: str,
        *,
        to: int,
        rows: list[list[tuple[str, str]]] | None = None,
        forced: bool = False,
    ) -> None:
        params: dict[str, Any] = {
            "chat_id": chat, "text": text,
            "reply_parameters": {"message_id": to, "allow_sending_without_reply": True},
        }  # fmt: skip
        if rows:
            keys = [[{"text": label, "callback_data": data} for label, data in row] for row in rows]
            params["reply_markup"] = {"inline_keyboard": keys}
        elif forced:
            params["reply_markup"] = {"force_reply": True, "selective": True}
        await self._try("sendMessage", params)

    async def _close(self, chat: int, message: int, text: str) -> None:
        await self._try("editMessageText", {"chat_id": chat, "message_id": message, "text": text})

    async def _try(self, method: str, params: dict[str, Any]) -> None:
        try:
            await self._bot.call(method, params)
        except (TransientFailure, PermanentFailure, Gone, Unchanged) as failure:
            logger.info("%s in a seller's chat did not work: %s", method, type(failure).__name__)


def _name(thing_of: Any) -> str:
    return string(thing(thing_of, "from"), "first_name")
