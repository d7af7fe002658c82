"""What is special in a text: links and commands found by themselves, styles given by the bot; offsets in UTF-16 units."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from bot.sandbox import errors
from bot.sandbox.html_text import parse_html
from bot.sandbox.shapes import Json

_FOUND_BY_THEMSELVES = {
    # spec MessageEntity; the patterns are ours and a little stricter than Telegram's
    "bot_command": re.compile(r"(?<![\w/@.<])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/])"),
    "email": re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "url": re.compile(
        r"(?<![\w@.])(?:(?:https?|tg)://[^\s<>\"']+|(?:[a-z0-9-]+\.)+(?:com|org|net|io|de|es|me|app|dev|shop|eu)\b(?:/[^\s<>\"']*)?)",
        re.IGNORECASE,
    ),
    "mention": re.compile(r"(?<![\w@.])@[a-zA-Z]\w{2,31}\b"),
    "hashtag": re.compile(r"(?<![\w#])#\w*[^\W\d]\w*"),
}
_STYLES = frozenset(
    {
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
    }
) | {"text_link", "text_mention", "custom_emoji"}
_NOT_INSIDE = ("code", "pre", "text_link")


def units(text: str) -> int:
    """Count the UTF-16 units of a text, as Telegram counts offsets and lengths."""
    return len(text.encode("utf-16-le")) // 2


def formatted(text: str, *, parse_mode: str = "", entities: Any = None) -> tuple[str, list[Json]]:
    """Return the text after parsing and trimming, and its entities in order.

    Raises refusals for a parse mode that is not built here, and for what cannot be parsed.
    """
    text = text.replace("\r", "")
    if parse_mode.lower() == "html":
        text, given = parse_html(text)
    elif parse_mode:
        raise errors.PARSE_MODE_UNKNOWN.refusal()
    else:
        given = _given(entities)
    text, given = _trimmed(text, given)
    found = [one for one in _detected(text) if not _touches(one, given)]
    return text, sorted([*given, *found], key=lambda one: (one["offset"], -one["length"]))


def _given(entities: Any) -> list[Json]:
    if entities is None:
        return []
    if not isinstance(entities, list):
        raise errors.ENTITIES_UNREADABLE.refusal(reason="expected an Array of MessageEntity")
    for one in entities:
        if not isinstance(one, dict) or not all(
            isinstance(one.get(key), int) for key in ("offset", "length")
        ):
            raise errors.ENTITIES_UNREADABLE.refusal(reason="expected an Object with offset and length")
    return [dict(one) for one in entities if one.get("type") in _STYLES and one["length"] > 0]


def _trimmed(text: str, given: Iterable[Json]) -> tuple[str, list[Json]]:
    kept = text.strip()
    shift = units(text[: len(text) - len(text.lstrip())])
    end = units(kept)
    moved = []
    for one in given:
        first = max(one["offset"] - shift, 0)
        last = min(one["offset"] - shift + one["length"], end)
        if last > first:
            moved.append({**one, "offset": first, "length": last - first})
    return kept, moved


def _detected(text: str) -> Iterator[Json]:
    taken: list[Json] = []
    for kind, pattern in _FOUND_BY_THEMSELVES.items():
        for match in pattern.finditer(text):
            words = match.group().rstrip(".,;:!?)") if kind == "url" else match.group()
            one = {"type": kind, "offset": units(text[: match.start()]), "length": units(words)}
            if not _overlaps(one, taken):
                taken.append(one)
                yield one


def _overlaps(one: Json, others: Iterable[Json]) -> bool:
    return any(
        one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"]
        for other in others
    )


def _touches(one: Json, given: Iterable[Json]) -> bool:
    return _overlaps(one, [other for other in given if other["type"] in _NOT_INSIDE])
