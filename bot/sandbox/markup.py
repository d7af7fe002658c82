"""Checks an inline keyboard as Telegram does and returns what a message then shows; sends nothing."""

import json
from typing import Any

from bot.sandbox import errors, limits
from bot.sandbox.errors import Refusal
from bot.sandbox.shapes import Json

_ACTIONS: tuple[str, ...] = (
    "url",
    "callback_data",
    "web_app",
    "copy_text",
    "switch_inline_query",
    "switch_inline_query_current_chat",
)
_ACTIONS += ("switch_inline_query_chosen_chat", "login_url", "pay", "callback_game")
_LOOKS = ("style", "icon_custom_emoji_id")
_NOT_SHOWN = ("keyboard", "remove_keyboard", "force_reply")
"""Other markups are accepted, and not part of the message that comes back (as with Telegram)."""


def inline_keyboard(markup: Any) -> Json | None:
    """Return the `reply_markup` that the message carries, or None; raises refusals."""
    if markup in (None, "", {}):
        return None
    if isinstance(markup, str):
        raise errors.MARKUP_UNREADABLE.refusal()
    if not isinstance(markup, dict):
        raise errors.MARKUP_NOT_OBJECT.refusal()
    if "inline_keyboard" not in markup:
        if any(kind in markup for kind in _NOT_SHOWN):
            return None
        raise errors.MARKUP_NOT_OBJECT.refusal()
    rows = _rows(markup["inline_keyboard"])
    if sum(map(len, rows)) > limits.BUTTONS or len(json.dumps(rows).encode()) > limits.MARKUP_BYTES:
        raise errors.MARKUP_TOO_LONG.refusal()
    return {"inline_keyboard": rows} if rows else None


def buttons(message: Json) -> list[Json]:
    """Return the buttons under a message, row by row."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


def _rows(keyboard: Any) -> list[list[Json]]:
    if not isinstance(keyboard, list) or not all(isinstance(row, list) for row in keyboard):
        raise errors.KEYBOARD_NOT_ARRAY.refusal()
    return [[_button(button) for button in row] for row in keyboard if row]


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise _unreadable("InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise _unreadable('Can\'t find field "text"')
    action = next((name for name in _ACTIONS if button.get(name) not in (None, "")), None)
    if action is None:
        raise _unreadable("Text buttons are unallowed in the inline keyboard")
    if action == "callback_data" and not _fits(button[action]):
        raise errors.BUTTON_DATA_INVALID.refusal()
    return {
        "text": text,
        action: button[action],
        **{name: button[name] for name in _LOOKS if button.get(name)},
    }


def _fits(data: Any) -> bool:
    return isinstance(data, str) and 1 <= len(data.encode()) <= limits.CALLBACK_DATA_BYTES


def _unreadable(reason: str) -> Refusal:
    return errors.BUTTON_UNREADABLE.refusal(reason=reason)
