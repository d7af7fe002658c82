"""Performs Say: keeps track of which message holds which slot, and edits, sends anew or takes over."""

from bot.app.jobs import Result
from bot.ports import Chat, Gone, PermanentFailure, Pictures, Sent
from flows.effects import Say
from storage.ports import Outbox, OutboxRow, Slot


class Speaker:
    """Shows what a Say asks for.

    A chat that blocked the bot hears nothing, and that is no fault. When the message to edit is gone, it is sent
    anew. A new message that takes over a slot closes the one before it, best effort.
    """

    def __init__(self, *, chat: Chat, pictures: Pictures, outbox: Outbox) -> None:
        self._chat = chat
        self._pictures = pictures
        self._outbox = outbox

    async def __call__(self, row: OutboxRow) -> Result:
        """Show it."""
        say: Say = row.effect  # type: ignore[assignment]  # the table of performers pairs them
        picture = await self._pictures.load(say.picture) if say.picture else None
        try:
            return await self._show(row.chat, say, picture)
        except PermanentFailure as failure:
            if is_blocked(failure):
                return Result()
            raise

    async def _show(self, chat: int, say: Say, picture: bytes | None) -> Result:
        holder = await self._holder(chat, say.slot)
        if say.place == "edit" and holder is not None:
            try:
                sent = await self._chat.edit(
                    chat, holder.message, say, picture, has_picture=holder.has_picture
                )
                return _result(chat, say, sent)
            except Gone:
                holder = None
        sent = await self._chat.send(chat, say, picture)
        result = _result(chat, say, sent)
        if holder is None or not (holder.has_buttons or say.closing):
            return result
        outdated = holder

        async def close() -> None:
            await self._chat.close_buttons(chat, outdated.message, say, has_picture=outdated.has_picture)

        return Result(slots=result.slots, after=close)

    async def _holder(self, chat: int, slot: str) -> Slot | None:
        return await self._outbox.slot(chat, slot) if slot else None


def _result(chat: int, say: Say, sent: Sent) -> Result:
    if not say.slot:
        return Result()
    slot = Slot(message=sent.message, has_picture=sent.has_picture, has_buttons=bool(say.buttons))
    return Result(slots={(chat, say.slot): slot})


def is_blocked(failure: PermanentFailure) -> bool:
    """Tell whether the customer blocked the bot or left Telegram."""
    said = str(failure).lower()
    return any(sign in said for sign in ("forbidden", "blocked", "deactivated", "chat not found"))
