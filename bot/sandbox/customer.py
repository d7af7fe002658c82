"""What a customer does in the app: writes, sends pictures, presses buttons; each becomes the updates that the bot gets."""

import asyncio
import re
import secrets
from collections.abc import Sequence

from bot.sandbox import limits
from bot.sandbox.content import document_field, photo_field
from bot.sandbox.entities import formatted, units
from bot.sandbox.errors import Refusal
from bot.sandbox.files import Upload
from bot.sandbox.markup import buttons
from bot.sandbox.shapes import Json
from bot.sandbox.state import Bot, Chat, LocalTelegram, Press, quoted

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")
_STUBS: dict[str, Json] = {
    "voice": {"voice": {"duration": 3, "mime_type": "audio/ogg", "file_size": 4096}},
    "video": {
        "video": {"width": 640, "height": 360, "duration": 2, "mime_type": "video/mp4", "file_size": 65536}
    },
    "sticker": {
        "sticker": {
            "width": 512,
            "height": 512,
            "type": "regular",
            "is_animated": False,
            "is_video": False,
            "emoji": "👍",
        }
    },
    "location": {"location": {"latitude": 52.5163, "longitude": 13.3777}},
    "contact": {"contact": {"phone_number": "+10000000000", "first_name": "Sample"}},
}


class NotPossible(Exception):
    """What the app would not let its user do; the message is for that user."""


class Customer:
    """One customer's hands in one chat."""

    def __init__(self, telegram: LocalTelegram, bot: Bot, chat: Chat) -> None:
        self._telegram = telegram
        self._bot = bot
        self._chat = chat

    def write(self, text: str, *, reply_to: int = 0) -> Json:
        """Send a text; commands and links in it are marked."""
        kept, entities = formatted(text)
        if not kept:
            raise NotPossible("There is nothing to send yet.")
        if units(kept) > limits.TEXT_LENGTH:
            raise NotPossible(f"A message may have {limits.TEXT_LENGTH} characters.")
        content: Json = {"text": kept, "entities": entities} if entities else {"text": kept}
        return self._send({**self._reply(reply_to), **content})

    def start(self, payload: str = "") -> Json:
        """Press START, with the payload of a deep link."""
        payload = payload or self._chat.payload
        if not _PAYLOAD.fullmatch(payload):
            raise NotPossible("A start payload has at most 64 characters of A-Z a-z 0-9 _ -.")
        self._chat.payload = ""
        return self.write(f"/start {payload}".strip())

    async def send_photos(
        self, uploads: Sequence[Upload], *, as_file: bool, caption: str = "", reply_to: int = 0
    ) -> list[Json]:
        """Send pictures: recompressed, or as files; several are an album, which the bot gets one by one."""
        if not uploads:
            raise NotPossible("There is no picture yet.")
        text, entities = self._caption(caption)
        reply = self._reply(reply_to)
        sent: list[Json] = []
        for batch in _albums(uploads):
            group = {"media_group_id": str(secrets.randbits(53))} if len(batch) > 1 else {}
            for upload in batch:
                content = await self._file_content(upload, as_file=as_file)
                note = {"caption": text, **entities} if text and not sent else {}
                sent.append(self._send({**reply, **group, **content, **note}))
        return sent

    async def _file_content(self, upload: Upload, *, as_file: bool) -> Json:
        files, bot = self._telegram.files, self._bot.id
        try:
            if as_file:
                return await document_field(files, upload, bot=bot)
            return photo_field(await files.keep_photo(upload, bot=bot, from_app=True))
        except Refusal as refusal:
            raise NotPossible(
                f"{upload.name} cannot be sent like this. Try sending it as a file."
            ) from refusal

    def send_stub(self, kind: str) -> Json:
        """Send a voice message, video, sticker, location or contact, with nothing real in it."""
        if kind not in _STUBS:
            raise NotPossible(f"One of {', '.join(_STUBS)} can be sent like this.")
        shape = dict(_STUBS[kind][kind])
        if "file_size" in shape or kind == "sticker":
            number = secrets.token_urlsafe(24)
            shape |= {"file_id": f"STUB{number}", "file_unique_id": number[:16]}
        return self._send({kind: shape})

    async def press(self, message_id: int, data: str, *, within: float, stale: bool) -> Json:
        """Press a button and wait for the bot's answer, at most `within` seconds.

        A stale press is one on buttons that the app still showed when they were gone.
        """
        message = self._chat.messages.get(message_id)
        if message is None and not stale:
            raise NotPossible("That message is gone.")
        if not stale and not any(one.get("callback_data") == data for one in buttons(message or {})):
            raise NotPossible("That button is gone.")
        press = self._press()
        query: Json = {
            "id": press.id,
            "from": self._chat.user(),
            "chat_instance": self._chat.chat_instance,
            "data": data,
        }
        query["message"] = message or {"message_id": message_id, "chat": self._chat.shape(), "date": 0}
        self._bot.mailbox.put(
            "callback_query", query, lane=f"press:{self._chat.id}", seconds=limits.PRESS_SECONDS
        )
        await asyncio.wait([press.answer], timeout=within)
        answered = press.answer.done() and not press.answer.cancelled()
        answer = press.answer.result() if answered else None
        return {"query": press.id, "answer": answer, "seq": self._telegram.feed.seq}

    def _press(self) -> Press:
        now = self._telegram.now()
        for old in [one for one in self._bot.presses.values() if now - one.pressed_at > limits.PRESS_SECONDS]:
            self._bot.presses.pop(old.id).answer.cancel()
        press = Press(
            id=str(secrets.randbits(62)),
            chat=self._chat.id,
            pressed_at=now,
            answer=asyncio.get_running_loop().create_future(),
        )
        self._bot.presses[press.id] = press
        return press

    def edit(self, message_id: int, text: str) -> Json:
        """Change an own text or caption."""
        message = self._own(message_id)
        kept, entities = formatted(text)
        part, marks = ("text", "entities") if "text" in message else ("caption", "caption_entities")
        if not kept and part == "text":
            raise NotPossible("There is nothing to send yet.")
        changed = {key: value for key, value in message.items() if key not in (part, marks)}
        changed |= {part: kept, "edit_date": int(self._telegram.now())}
        if entities:
            changed[marks] = entities
        self._telegram.change_message(self._chat, message, changed)
        self._put("edited_message", changed)
        return changed

    def delete(self, message_id: int) -> None:
        """Delete any message of the chat on both sides; a bot is not told (spec)."""
        if message_id not in self._chat.messages:
            raise NotPossible("That message is gone.")
        self._telegram.delete_message(self._chat, message_id)

    def forward(self, message: Json) -> Json:
        """Forward a message into this chat."""
        origin = {"type": "user", "sender_user": message["from"], "date": message["date"]}
        left = (
            "message_id",
            "from",
            "chat",
            "date",
            "edit_date",
            "reply_to_message",
            "reply_markup",
            "media_group_id",
        )
        content = {key: value for key, value in message.items() if key not in left}
        return self._send({"forward_origin": origin, "forward_date": message["date"], **content})

    def block(self, *, blocked: bool) -> None:
        """Stop the bot, or let it write again; the bot gets my_chat_member."""
        if self._chat.blocked == blocked:
            return
        self._chat.blocked = blocked
        self._telegram.save_chat(self._chat)
        was, now = ("member", "kicked") if blocked else ("kicked", "member")
        change = {
            "chat": self._chat.shape(),
            "from": self._chat.user(),
            "date": int(self._telegram.now()),
            "old_chat_member": self._membership(was),
            "new_chat_member": self._membership(now),
        }
        lane = f"member:{self._chat.id}"
        self._bot.mailbox.put("my_chat_member", change, lane=lane, seconds=limits.UPDATE_SECONDS)

    def read(self) -> None:
        """See everything: the unread mark goes."""
        if self._chat.unread:
            self._chat.unread = 0
            self._telegram.save_chat(self._chat)

    def _membership(self, status: str) -> Json:
        member = {"user": self._bot.user(), "status": status}
        return {**member, "until_date": 0} if status == "kicked" else member

    def _own(self, message_id: int) -> Json:
        message = self._chat.messages.get(message_id)
        if message is None or message["from"]["is_bot"]:
            raise NotPossible("Only your own messages can be changed.")
        return message

    def _reply(self, reply_to: int) -> Json:
        replied = self._chat.messages.get(reply_to)
        return {"reply_to_message": quoted(replied)} if replied is not None else {}

    def _caption(self, caption: str) -> tuple[str, Json]:
        text, entities = formatted(caption)
        if units(text) > limits.CAPTION_LENGTH:
            raise NotPossible(f"A caption may have {limits.CAPTION_LENGTH} characters.")
        return text, {"caption_entities": entities} if entities else {}

    def _send(self, content: Json) -> Json:
        self.block(blocked=False)
        first = not self._chat.started
        self._chat.started = True
        self._chat.unread = 0
        message = self._telegram.add_message(self._bot, self._chat, content, sender=self._chat.user())
        if first:
            self._telegram.save_chat(self._chat)
        self._put("message", message)
        return message

    def _put(self, kind: str, message: Json) -> None:
        self._bot.mailbox.put(kind, message, lane=f"chat:{self._chat.id}", seconds=limits.UPDATE_SECONDS)


def _albums(uploads: Sequence[Upload]) -> list[Sequence[Upload]]:
    most = limits.ALBUM_ITEMS[1]
    return [uploads[first : first + most] for first in range(0, len(uploads), most)]
