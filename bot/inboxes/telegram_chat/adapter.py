"""The inbox in a seller's own Telegram chat: albums with captions, then the words with their buttons."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    Message,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.inboxes.telegram_chat.settings import TelegramChatSettings
from bot.inboxes.telegram_chat.wire import Piece, note_piece, pieces
from bot.ports import Parcel, PermanentFailure, Receipt, TransientFailure
from flows.effects import ForwardText

REMEMBERED = 500
"""Deliveries under way whose sent pieces are known in this process: a repeat after a crash begins anew."""


class TelegramChatInbox:
    """See bot.ports.SellerInbox. Telegram has no key: within a process a retry goes on where it stopped."""

    def __init__(self, settings: TelegramChatSettings) -> None:
        self._settings = settings
        request = HTTPXRequest(
            read_timeout=settings.timeout,
            write_timeout=settings.timeout,
            media_write_timeout=settings.timeout,
        )
        self._bot = Bot(
            settings.token.get_secret_value(), base_url=f"{settings.api.rstrip('/')}/bot", request=request,
            get_updates_request=request,
        )  # fmt: skip
        self._request = request
        self._sent: OrderedDict[str, list[int]] = OrderedDict()  # first message of each piece, by key

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        """Send a bundle."""
        return await self._send(pieces(parcel), key=idempotency_key, thread=parcel.bundle.thread)

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        """Send the customer's words."""
        return await self._send([note_piece(note)], key=idempotency_key, thread=note.thread)

    async def check(self) -> str:
        """Ask who we are, and whether we may send photos there."""
        me = await self._called(self._bot.get_me)
        chat = await self._called(lambda: self._bot.get_chat(self._settings.chat))
        if chat.type != "private":
            member = await self._called(lambda: self._bot.get_chat_member(self._settings.chat, me.id))
            if member.status in {"left", "kicked"} or getattr(member, "can_send_photos", True) is False:
                raise PermanentFailure("telegram_chat: the bot may not send photos to this chat")
        return f"telegram chat {chat.title or chat.first_name or chat.id} is open to @{me.username}"

    async def attempt(self, trial: Parcel) -> str:
        """Send the test bundle without a sound and without buttons, and delete it again."""
        said = await self.check()
        sent = [
            await self._called(lambda piece=piece: self._piece(piece, 0, quiet=True))  # type: ignore[misc]
            for piece in (replace(one, rows=()) for one in pieces(trial))
        ]
        for message in sent:
            await self._called(
                lambda message=message: self._bot.delete_message(self._settings.chat, message)  # type: ignore[misc]
            )
        return f"{said}; it took a test bundle, which is deleted again"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._request.shutdown()

    # -- sending ---------------------------------------------------------------------------------------------

    async def _send(self, wanted: list[Piece], *, key: str, thread: str) -> Receipt:
        sent = self._sent.setdefault(key, [])
        while len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)
        for place in range(len(sent), len(wanted)):
            first = int(thread) if thread.isdigit() else next(iter(sent), 0)
            piece = wanted[place]
            sent.append(await self._called(lambda piece=piece, first=first: self._piece(piece, first)))  # type: ignore[misc]
        return Receipt(place="telegram chat", reference=thread if thread.isdigit() else str(sent[0]))

    async def _piece(self, piece: Piece, first: int, *, quiet: bool = False) -> int:
        """Send one piece; answers its first message."""
        where: dict[str, Any] = {"chat_id": self._settings.chat}
        if quiet:
            where["disable_notification"] = True
        if self._settings.topic:
            where["message_thread_id"] = self._settings.topic
        if first:
            where["reply_parameters"] = ReplyParameters(first, allow_sending_without_reply=True)
        if not piece.files:
            keyboard = _keyboard(piece) if piece.rows else None
            return (await self._bot.send_message(text=piece.text, reply_markup=keyboard, **where)).message_id
        if len(piece.files) == 1:
            return (await self._single(piece, where)).message_id
        kind = InputMediaDocument if piece.as_documents else InputMediaPhoto
        media = [kind(file.content, caption=caption, filename=file.name) for file, caption in piece.files]
        return (await self._bot.send_media_group(media=media, **where))[0].message_id

    async def _single(self, piece: Piece, where: dict[str, Any]) -> Message:
        [(file, caption)] = piece.files
        if piece.as_documents:
            return await self._bot.send_document(
                document=file.content, caption=caption, filename=file.name, **where
            )
        return await self._bot.send_photo(photo=file.content, caption=caption, filename=file.name, **where)

    async def _called(self, call: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await call()
        except RetryAfter as wait:
            pause = wait._retry_after.total_seconds()  # noqa: SLF001 - the public one warns of its type to come
            raise TransientFailure("telegram_chat: too many messages", retry_after=pause) from None
        except ChatMigrated as moved:
            raise PermanentFailure(f"telegram_chat: the group has a new id: {moved.new_chat_id}") from None
        except InvalidToken:
            raise PermanentFailure("telegram_chat: the token is refused") from None
        except Forbidden:
            raise PermanentFailure("telegram_chat: the bot is not, or no longer, in this chat") from None
        except BadRequest as refusal:
            raise PermanentFailure(f"telegram_chat: {refusal.message[:80]}") from None
        except TelegramError as failure:
            raise TransientFailure(f"telegram_chat: {type(failure).__name__}") from None


def _keyboard(piece: Piece) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(text, callback_data=data) for text, data in row] for row in piece.rows]
    )
