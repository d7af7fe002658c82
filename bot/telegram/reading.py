"""Reads fields of Telegram's JSON without trusting their shape; knows no kinds of update and makes no event."""

import re
from typing import Any

JsonObject = dict[str, Any]

NAME_LENGTH = 64
TEXT_LENGTH = 4096
LARGEST = 2**53
"""Telegram's ids have at most 52 significant bits (Bot API, Chat.id), so that a double can hold them."""

_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)))
_DIRECTIONS = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)))
_INVISIBLE = str.maketrans(_CONTROLS | _DIRECTIONS | {0xFEFF: None})
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")


class Untranslatable(Exception):
    """An update that does not have the shape that Telegram documents; `chat` is the private chat, where known."""

    def __init__(self, reason: str, *, chat: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.chat = chat


def thing(source: JsonObject, key: str) -> JsonObject:
    """Return the object below `key`, an empty one when there is none."""
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def things(source: JsonObject, key: str) -> list[JsonObject]:
    """Return the objects of the list below `key`; whatever else stands there is left out."""
    value = source.get(key)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def number(source: JsonObject, key: str) -> int:
    """Return the whole number below `key`, 0 when there is none that Telegram could have meant."""
    value = source.get(key)
    plausible = isinstance(value, int) and not isinstance(value, bool) and -LARGEST < value < LARGEST
    return value if plausible else 0  # type: ignore[return-value]  # mypy does not follow the name


def required_number(source: JsonObject, key: str, *, chat: int | None = None) -> int:
    """Return the whole number below `key`; raises Untranslatable when there is none."""
    value = number(source, key)
    if not value:
        raise Untranslatable(f"no {key}", chat=chat)
    return value


def amount(source: JsonObject, key: str) -> int:
    """Return a size or a length, 0 = unknown."""
    return max(0, number(source, key))


def string(source: JsonObject, key: str) -> str:
    """Return the words below `key` as they are, "" when there are none."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def text(source: JsonObject, key: str, *, longest: int = TEXT_LENGTH) -> str:
    """Return words that every store and every wire can carry: no NUL, no half characters, not too long."""
    return storable(string(source, key))[:longest]


def storable(words: str) -> str:
    """Take out NUL, which PostgreSQL refuses, and halves of surrogate pairs, which UTF-8 cannot carry."""
    words = words.replace("\0", "")
    try:
        words.encode()
    except UnicodeEncodeError:
        return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return words


def one_line(words: str, *, longest: int = NAME_LENGTH) -> str:
    """Return a name that cannot break out of its line: no controls, no direction overrides, single spaces."""
    spaced = re.sub(r"\s+", " ", storable(words))
    return spaced.translate(_INVISIBLE).strip()[:longest].rstrip()


def name_of(user: JsonObject) -> str:
    """Return a user's name as Telegram shows it."""
    return one_line(f"{string(user, 'first_name')} {string(user, 'last_name')}")


def language_of(user: JsonObject) -> str:
    """Return the language tag of the user's app, "" when it is none."""
    tag = string(user, "language_code")
    return tag if _LANGUAGE.fullmatch(tag) else ""
