"""A customer's chat on Telegram: carries out rendered calls and fetches uploads; decides nothing about words."""

import hashlib
import logging
from collections import OrderedDict
from typing import Any, Generic, TypeVar

from telegram import InputFile

from bot.ports import Gone, PermanentFailure, Sent, TransientFailure
from bot.telegram.client import TelegramBot, Unchanged
from bot.telegram.reading import string, things
from bot.telegram.render import Call, NotInPlace, render_closing, render_edit, render_send
from flows.effects import Say
from flows.values import Upload

logger = logging.getLogger(__name__)

KNOWN_PICTURES = 512
SHOWN_PICTURES = 4096
WRONG_PICTURE = (
    "photo_invalid_dimensions",
    "image_process_failed",
    "too big for a photo",
    "photo_save_file_invalid",
)
"""Telegram will not show these bytes as a photo: then the words go without it."""

K = TypeVar("K")


class TelegramChat:
    """Implements bot.ports.Chat.

    A picture that was sent once is not uploaded again: Telegram's file_id stands for its bytes. Which picture a message
    shows is remembered too, so that new words below the same picture edit the caption alone. Both memories are
    bounded, and losing them costs only an upload.
    """

    def __init__(self, bot: TelegramBot) -> None:
        self._bot = bot
        self._file_ids: _Recent[str] = _Recent(KNOWN_PICTURES)  # sha256 -> file_id
        self._shown: _Recent[tuple[int, int]] = _Recent(SHOWN_PICTURES)  # (chat, message) -> sha256

    async def send(self, chat: int, say: Say, picture: bytes | None) -> Sent:
        """Send; of several messages the last counts, which carries the buttons."""
        try:
            return await self._send(chat, say, picture)
        except PermanentFailure as failure:
            if picture is None or not any(sign in str(failure).lower() for sign in WRONG_PICTURE):
                raise
            logger.warning("a picture of %d bytes is none to Telegram: sent without it", len(picture))
            return await self._send(chat, say, None)

    async def edit(
        self, chat: int, message: int, say: Say, picture: bytes | None, *, has_picture: bool
    ) -> Sent:
        """Change a message; raises Gone when it is not there or cannot become what is wished for."""
        same = picture is not None and self._shown.get((chat, message)) == _digest(picture)
        try:
            call = render_edit(
                say,
                chat=chat,
                message=message,
                had_picture=has_picture,
                pictured=picture is not None,
                same_picture=same,
            )
            await self._do(call, picture)
        except NotInPlace:
            raise Gone from None
        except Unchanged:
            pass
        return Sent(message=message, has_picture=has_picture)

    async def close_buttons(self, chat: int, message: int, say: Say, *, has_picture: bool) -> None:
        """Take the buttons off, and set the closing words; a message that cannot be changed is left as it is."""
        call = render_closing(say.closing, chat=chat, message=message, had_picture=has_picture)
        try:
            await self._do(call, None)
        except (Gone, Unchanged):
            pass
        except PermanentFailure as failure:
            logger.info("buttons stay: %s", failure)

    async def download(self, upload: Upload, *, limit: int) -> bytes:
        """Fetch an upload; PermanentFailure("too_big") or ("download"), TransientFailure."""
        if upload.size > limit:
            raise PermanentFailure("too_big")
        try:
            file = await self._bot.call("getFile", {"file_id": upload.file_id})
        except PermanentFailure as failure:
            raise PermanentFailure("too_big" if "too big" in str(failure).lower() else "download") from None
        path = string(file, "file_path") if isinstance(file, dict) else ""
        if not path:
            raise TransientFailure("Telegram named no file")
        return await self._bot.fetch(path, limit=limit)

    async def _send(self, chat: int, say: Say, picture: bytes | None) -> Sent:
        sent = Sent(message=0)
        for call in render_send(say, chat=chat, pictured=picture is not None):
            message = await self._do(call, picture)
            sent = Sent(message=message["message_id"], has_picture=call.pictured)
        return sent

    async def _do(self, call: Call, picture: bytes | None) -> Any:
        if not call.pictured or picture is None:
            return await self._bot.call(call.method, call.params)
        if call.name:  # what Telegram knows as a photo cannot be had as a file
            return await self._bot.call(call.method, call.with_upload(InputFile(picture, filename=call.name)))
        digest = _digest(picture)
        known = self._file_ids.get(digest)
        if known:
            try:
                return self._noted(await self._bot.call(call.method, call.with_file_id(known)), digest)
            except PermanentFailure as failure:
                if "file" not in str(failure).lower():
                    raise
                self._file_ids.forget(digest)  # Telegram may forget a file: upload it again
        return self._noted(await self._bot.call(call.method, call.with_upload(_file(picture))), digest)

    def _noted(self, message: Any, digest: str) -> Any:
        if not isinstance(message, dict):
            return message
        sizes = things(message, "photo")
        if sizes and string(sizes[-1], "file_id"):
            self._file_ids.put(digest, string(sizes[-1], "file_id"))
            self._shown.put((message["chat"]["id"], message["message_id"]), digest)
        return message


class _Recent(Generic[K]):
    """A bounded memory: what was not asked for longest goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, str] = OrderedDict()

    def get(self, key: K) -> str:
        if key not in self._kept:
            return ""
        self._kept.move_to_end(key)
        return self._kept[key]

    def put(self, key: K, value: str) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, key: K) -> None:
        self._kept.pop(key, None)


def _digest(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


def _file(picture: bytes) -> InputFile:
    suffix = "png" if picture.startswith(b"\x89PNG") else "jpg"
    return InputFile(picture, filename=f"picture.{suffix}")
