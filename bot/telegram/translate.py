"""Translates an update, as the plain JSON object that it is, into an event; pure, and builds no library object.

Only private chats are customers. An edit of a message changes nothing: what was said was acted upon, and Back, Edit
and Replace are the ways to change it, so that an edit can never break a step or count a photo twice.
"""

import re
from datetime import datetime
from typing import Any

from bot.telegram.reading import (
    JsonObject,
    Untranslatable,
    amount,
    language_of,
    name_of,
    required_number,
    string,
    text,
    thing,
    things,
)
from bot.telegram.uploads import upload_of, what_else
from flows.events import (
    ChatBlocked,
    ChoiceMade,
    CommandGiven,
    Event,
    FromCustomer,
    PhotoReceived,
    Started,
    TextReceived,
    UnsupportedReceived,
)

__all__ = ["Untranslatable", "chat_of", "translate"]

DATA_LENGTH = 64
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]{1,64})?(?:\s+(.*))?", re.DOTALL)
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")

SERVICE = frozenset(
    {
        "boost_added",
        "chat_background_set",
        "chat_owner_changed",
        "chat_owner_left",
        "chat_shared",
        "checklist_tasks_added",
        "checklist_tasks_done",
        "connected_website",
        "delete_chat_photo",
        "direct_message_price_changed",
        "gift",
        "gift_upgrade_sent",
        "giveaway_created",
        "giveaway_winners",
        "group_chat_created",
        "left_chat_member",
        "message_auto_delete_timer_changed",
        "new_chat_members",
        "new_chat_photo",
        "new_chat_title",
        "paid_message_price_changed",
        "passport_data",
        "pinned_message",
        "proximity_alert_triggered",
        "refunded_payment",
        "successful_payment",
        "unique_gift",
        "users_shared",
        "video_chat_ended",
        "video_chat_started",
        "web_app_data",
        "write_access_allowed",
    }
)
"""Messages that Telegram writes itself: nobody said anything, so nothing is answered."""


def translate(update: Any, *, at: datetime, nonce: str) -> tuple[int, Event] | None:
    """Return the chat and the event, None for what concerns no customer.

    `at` (aware, UTC) and `nonce` (16 hexadecimal digits) go into the event. Raises Untranslatable and nothing else.
    """
    if not isinstance(update, dict):
        raise Untranslatable("no object")
    for kind, read in _READERS.items():
        if kind in update:
            return read(update[kind], {"at": at, "nonce": nonce})
    return None


def chat_of(update: Any) -> int | None:
    """Return the private chat that an update speaks of, as far as can be told; never raises."""
    for body in update.values() if isinstance(update, dict) else ():
        if isinstance(body, dict):
            chat = thing(body, "chat") or thing(thing(body, "message"), "chat")
            if string(chat, "type") == "private":
                return amount(chat, "id") or None
    return None


def _message(message: Any, luck: JsonObject) -> tuple[int, Event] | None:
    chat = _private(message)
    author = thing(message, "from")
    if chat is None or author.get("is_bot") is True:
        return None
    said: JsonObject = {
        **luck,
        "message": required_number(message, "message_id", chat=chat),
        "name": name_of(author),
        "language": language_of(author),
    }
    event = _words(message, said) if string(message, "text") else _media(message, said)
    return (chat, event) if event is not None else None


def _words(message: JsonObject, said: JsonObject) -> FromCustomer:
    words = text(message, "text")
    if not words.strip():
        return UnsupportedReceived(**said, what="other")
    command = _COMMAND.fullmatch(words.strip())
    if command is None:
        return TextReceived(**said, text=words)
    name, argument = command[1].lower(), (command[2] or "").strip()
    if name == "start":
        return Started(**said, payload=argument if _PAYLOAD.fullmatch(argument) else "")
    return CommandGiven(**said, command=name, argument=argument)


def _media(message: JsonObject, said: JsonObject) -> FromCustomer | None:
    upload = upload_of(message)
    if upload is not None:
        answered = thing(message, "reply_to_message")
        return PhotoReceived(
            **said,
            upload=upload,
            caption=text(message, "caption"),
            album=text(message, "media_group_id", longest=64),
            reply_to=amount(answered, "message_id"),
            reply_data=_first_data(answered),
        )
    if not SERVICE.isdisjoint(message):
        return None
    return UnsupportedReceived(**said, what=what_else(message))


def _first_data(message: JsonObject) -> str:
    rows = thing(message, "reply_markup").get("inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for button in things({"row": row}, "row"):
            if string(button, "callback_data"):
                return text(button, "callback_data", longest=DATA_LENGTH)
    return ""


def _press(press: Any, luck: JsonObject) -> tuple[int, Event] | None:
    if not isinstance(press, dict):
        raise Untranslatable("callback_query is no object")
    carrier = thing(press, "message")
    if not carrier:  # a button of an inline message or of a game: we send neither
        return None
    chat = _private(carrier)
    data = text(press, "data", longest=DATA_LENGTH)
    if chat is None or not data:
        return None
    author = thing(press, "from")
    return chat, ChoiceMade(
        **luck,
        message=required_number(carrier, "message_id", chat=chat),
        name=name_of(author),
        language=language_of(author),
        data=data,
    )


def _membership(change: Any, luck: JsonObject) -> tuple[int, Event] | None:
    chat = _private(change)
    status = string(thing(change, "new_chat_member"), "status")
    if chat is None or status not in {"kicked", "member"}:
        return None
    author = thing(change, "from")
    return chat, ChatBlocked(
        **luck, name=name_of(author), language=language_of(author), blocked=status == "kicked"
    )


def _nothing(_body: Any, _luck: JsonObject) -> None:
    return None


def _private(body: Any) -> int | None:
    if not isinstance(body, dict):
        raise Untranslatable("its body is no object")
    chat = thing(body, "chat")
    kind = string(chat, "type")
    if not kind:
        raise Untranslatable("no chat")
    if kind != "private":
        return None
    number = required_number(chat, "id")
    if number < 0:
        raise Untranslatable("a private chat's id is positive")
    return number


_READERS = {
    "message": _message,
    "callback_query": _press,
    "my_chat_member": _membership,
    "edited_message": _nothing,
}
