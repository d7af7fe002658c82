"""What the local Telegram knows: bots, chats, messages, presses; changed only through these classes, which keep the archive."""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.sandbox.archive import Archive
from bot.sandbox.faults import FaultPlan
from bot.sandbox.feed import Feed
from bot.sandbox.files import FileStore
from bot.sandbox.journal import Journal
from bot.sandbox.mailbox import Mailbox
from bot.sandbox.shapes import Json

FIRST_CHAT = 5_000_001


@dataclass(frozen=True, slots=True, kw_only=True)
class BotAccount:
    """Who a bot is: its token, @username without the sign, and name."""

    token: str
    username: str
    name: str

    @property
    def id(self) -> int:
        """The number before the token's colon."""
        return int(self.token.split(":")[0])


@dataclass(slots=True, kw_only=True)
class Chat:
    """A private chat of one customer with one bot; its id is the customer's."""

    id: int
    bot: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    blocked: bool = False
    started: bool = False
    unread: int = 0
    chat_instance: str = ""
    payload: str = ""
    messages: dict[int, Json] = field(default_factory=dict)
    reactions: dict[int, list[str]] = field(default_factory=dict)

    def user(self) -> Json:
        """Return Telegram's User."""
        shape = {"id": self.id, "is_bot": False, "first_name": self.first_name, "last_name": self.last_name}
        return {key: value for key, value in {**shape, **self._optional()}.items() if value != ""}

    def shape(self) -> Json:
        """Return Telegram's Chat as it stands in messages."""
        shape = {
            "id": self.id,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "username": self.username,
        }
        return {**{key: value for key, value in shape.items() if value != ""}, "type": "private"}

    def _optional(self) -> Json:
        return {"username": self.username, "language_code": self.language_code}

    def row(self) -> Json:
        """Return what the archive keeps: the chat's own fields."""
        return {name: getattr(self, name) for name in self.__slots__ if name not in ("messages", "reactions")}

    def card(self) -> Json:
        """Return the chat as the page's list shows it."""
        last = next(reversed(self.messages.values())) if self.messages else None
        return {**self.row(), "last": last}


@dataclass(slots=True, kw_only=True)
class Press:
    """One press of a button that waits for answerCallbackQuery."""

    id: str
    chat: int
    pressed_at: float
    answer: asyncio.Future[Json]


@dataclass(slots=True, kw_only=True)
class Webhook:
    """Where updates are to be delivered."""

    url: str
    secret_token: str = ""
    max_connections: int = 40
    last_error_date: int = 0
    last_error_message: str = ""


UNSAVED_UPDATES = 100_000
"""Numbers passed over at every start: a kill leaves those behind that were used since the last save."""


class Bot:
    """Everything that one token stands for."""

    def __init__(self, account: BotAccount, *, archive: Archive, now: Callable[[], float]) -> None:
        self.account = account
        self.id = account.id
        self.mailbox = Mailbox(bot=self.id, archive=archive, now=now)
        self.chats: dict[int, Chat] = {}
        self.presses: dict[str, Press] = {}
        self.webhook: Webhook | None = None
        self.next_message_id = 1
        self.commands: dict[str, list[Json]] = {}
        self.texts: dict[str, str] = {}
        self.poll: asyncio.Future[None] | None = None
        self._archive = archive
        self._load()

    def _load(self) -> None:
        for row in self._archive.rows(f"bot:{self.id}"):
            self.next_message_id = row["next_message_id"]
            self.commands = row["commands"]
            self.texts = row["texts"]
            self.mailbox.allowed = row["allowed"]
            self.mailbox.next_id = max(self.mailbox.next_id, row["next_update_id"] + UNSAVED_UPDATES)
            self.webhook = Webhook(**row["webhook"]) if row["webhook"] else None

    def save(self) -> None:
        """Keep what is not a chat, a message or an update."""
        hook = self.webhook
        self._archive.save(
            f"bot:{self.id}",
            "",
            {
                "next_message_id": self.next_message_id,
                "next_update_id": self.mailbox.next_id,
                "commands": self.commands,
                "texts": self.texts,
                "allowed": self.mailbox.allowed,
                "webhook": {name: getattr(hook, name) for name in Webhook.__slots__} if hook else None,
            },
        )

    def user(self) -> Json:
        """Return Telegram's User for the bot itself, as it stands in messages."""
        return {
            "id": self.id,
            "is_bot": True,
            "first_name": self.texts.get("name:") or self.account.name,
            "username": self.account.username,
        }

    def commands_for(self, chat: Chat) -> list[Json]:
        """Return the commands that this customer sees (spec BotCommandScope, order of preference)."""
        for scope in (f"chat:{chat.id}", "all_private_chats", "default"):
            for language in (chat.language_code, ""):
                found = self.commands.get(f"{scope}|{language}")
                if found:
                    return found
        return []


class LocalTelegram:
    """All bots and chats of one sandbox."""

    def __init__(
        self, *, accounts: Iterable[BotAccount], folder: Path, keep: bool, now: Callable[[], float]
    ) -> None:
        listed = list(accounts)
        self.now = now
        self.archive = Archive(folder / "sandbox.sqlite" if keep else None)
        self.files = FileStore(folder=folder / "files", archive=self.archive)
        self.feed = Feed()
        self.faults = FaultPlan()
        self.journal = Journal(feed=self.feed, now=now, secrets=[one.token for one in listed])
        self.bots = {one.token: Bot(one, archive=self.archive, now=now) for one in listed}
        self.by_username = {bot.account.username: bot for bot in self.bots.values()}
        self._bot_of: dict[int, Bot] = {}
        self._load()

    def _load(self) -> None:
        by_id = {bot.id: bot for bot in self.bots.values()}
        for row in self.archive.rows("chat"):
            if row["bot"] in by_id:
                self._attach(by_id[row["bot"]], Chat(**row))
        for row in self.archive.rows("message"):
            bot = self._bot_of.get(row["chat"]["id"])
            if bot is not None:
                bot.chats[row["chat"]["id"]].messages[row["message_id"]] = row
                bot.next_message_id = max(bot.next_message_id, row["message_id"] + 1)

    def _attach(self, bot: Bot, chat: Chat) -> None:
        bot.chats[chat.id] = chat
        self._bot_of[chat.id] = bot

    def chats(self) -> list[Chat]:
        """Return every chat of every bot, in the order of their making."""
        return [chat for bot in self.bots.values() for chat in bot.chats.values()]

    def find_chat(self, chat_id: int) -> tuple[Bot, Chat] | None:
        """Return a chat and its bot."""
        bot = self._bot_of.get(chat_id)
        return (bot, bot.chats[chat_id]) if bot is not None else None

    def open_chat(self, bot: Bot, person: Mapping[str, Any]) -> Chat:
        """Make a customer and the (not yet started) chat with the bot."""
        number = max(self._bot_of, default=FIRST_CHAT - 1) + 1
        chat = Chat(id=number, bot=bot.id, chat_instance=str(secrets.randbits(62)), **person)
        self._attach(bot, chat)
        self.save_chat(chat)
        return chat

    def save_chat(self, chat: Chat) -> None:
        """Keep a chat's own fields and tell the page."""
        self.archive.save("chat", f"{chat.id:012}", chat.row())
        self.feed.publish("chat", chat=chat.row())

    def add_message(self, bot: Bot, chat: Chat, content: Json, *, sender: Json) -> Json:
        """Number a message, keep it and show it; content is what Telegram's Message has besides the head."""
        message: Json = {
            "message_id": bot.next_message_id,
            "from": sender,
            "chat": chat.shape(),
            "date": int(self.now()),
            **content,
        }
        bot.next_message_id += 1
        chat.messages[message["message_id"]] = message
        if sender["is_bot"]:
            chat.unread += 1
        self._keep(chat, message)
        self.feed.publish("message", chat=chat.id, message=message, unread=chat.unread)
        return message

    def change_message(self, chat: Chat, message: Json, changed: Json) -> Json:
        """Put a changed message in the place of the old one and show it."""
        chat.messages[message["message_id"]] = changed
        self._keep(chat, changed)
        self.feed.publish("edited", chat=chat.id, message=changed)
        return changed

    def delete_message(self, chat: Chat, message_id: int) -> None:
        """Take a message away on both sides."""
        del chat.messages[message_id]
        self.archive.erase("message", _key(chat, message_id))
        self.feed.publish("deleted", chat=chat.id, message_id=message_id)

    def show_reaction(self, chat: Chat, message_id: int, emoji: list[str]) -> None:
        """Put the bot's reaction on a message; it is not part of Telegram's Message."""
        chat.reactions[message_id] = emoji
        self.feed.publish("reaction", chat=chat.id, message_id=message_id, emoji=emoji)

    def _keep(self, chat: Chat, message: Json) -> None:
        self.archive.save("message", _key(chat, message["message_id"]), message)

    async def aclose(self) -> None:
        """End readers and threads; write what waits."""
        self.feed.close()
        for bot in self.bots.values():
            bot.save()
            for press in bot.presses.values():
                press.answer.cancel()
        await self.archive.aclose()
        self.files.close()


def _key(chat: Chat, message_id: int) -> str:
    return f"{chat.id:012}:{message_id:012}"


def quoted(message: Json) -> Json:
    """Return a message as `reply_to_message` shows it: without what it replies to itself."""
    return {key: value for key, value in message.items() if key != "reply_to_message"}


def content_of(message: Json) -> dict[str, Any]:
    """Return what an edit can change, to tell whether it changed anything."""
    parts = ("text", "entities", "caption", "caption_entities", "photo", "document", "reply_markup")
    return {part: message[part] for part in parts if part in message}
