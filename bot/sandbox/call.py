"""What a Bot API method is given, and the chat and message that it speaks of; no method lives here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.sandbox import errors
from bot.sandbox.parameters import Parameters
from bot.sandbox.shapes import Json
from bot.sandbox.state import Bot, Chat, LocalTelegram
from bot.sandbox.webhook import WebhookSender


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a method by one bot."""

    telegram: LocalTelegram
    bot: Bot
    parameters: Parameters
    sender: WebhookSender

    def chat(self, *, to_write: bool = True) -> Chat:
        """Return the chat named by `chat_id`; raises Telegram's refusals.

        A customer who never wrote is unknown to the bot, and one who blocked it cannot be written to.
        """
        named = self.parameters.text("chat_id").strip()
        if not named:
            raise errors.CHAT_ID_EMPTY.refusal()
        chat = self.bot.chats.get(int(named)) if named.lstrip("-").isdecimal() else None
        if chat is None or not chat.started:
            raise errors.CHAT_NOT_FOUND.refusal()
        if to_write and chat.blocked:
            raise errors.BLOCKED.refusal()
        return chat

    def own_message(self, chat: Chat) -> Json:
        """Return the message to edit; raises when it is gone or not the bot's."""
        if not self.parameters.text("message_id"):
            raise errors.MESSAGE_ID_MISSING.refusal()
        message = chat.messages.get(self.parameters.whole("message_id"))
        if message is None:
            raise errors.EDIT_NOT_FOUND.refusal()
        if not message["from"]["is_bot"]:
            raise errors.EDIT_FORBIDDEN.refusal()
        return message


Method: TypeAlias = Callable[[Call], Awaitable[Any]]
"""Returns what stands under `result`; raises Refusal."""
