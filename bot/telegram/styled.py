"""Text with styles: cleaned, split where it reads best, its entities counted in UTF-16; knows no method of the Bot API."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flows.values import Span

ENTITY = {"bold": "bold", "italic": "italic", "code": "code", "quote": "blockquote"}
BLANK = "…"
"""Stands where there is nothing to show: Telegram refuses a message without a visible character."""

_CLEAN: dict[int, str | None] = {
    **{code: " " for code in range(0x20) if code not in (0x0A, 0x0D)},
    0x0D: None,
    **dict.fromkeys(range(0x2028, 0x202F)),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
}
"""What Telegram does to every text (td, clean_input_string), so that offsets are those of the text it keeps."""

_INVISIBLE = re.compile(
    r"[\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc\U000e0000-\U000e0fff]*"
)


@dataclass(frozen=True, slots=True)
class Run:
    """Characters from `start` up to `end` in one style."""

    start: int
    end: int
    style: str


@dataclass(frozen=True, slots=True)
class Styled:
    """A text and its styled runs: sorted, apart from each other, without blanks at their ends."""

    text: str
    runs: tuple[Run, ...] = ()

    @property
    def entities(self) -> list[dict[str, Any]]:
        """The runs as Telegram's MessageEntity objects: offsets and lengths in UTF-16 code units."""
        return [
            {
                "type": ENTITY[run.style],
                "offset": utf16(self.text[: run.start]),
                "length": utf16(self.text[run.start : run.end]),
            }
            for run in self.runs
        ]

    def cut(self, start: int, end: int) -> "Styled":
        """Return the part from `start` up to `end`, without blanks around it."""
        piece = self.text[start:end]
        start += len(piece) - len(piece.lstrip())
        piece = piece.strip()
        inside = (
            (max(run.start - start, 0), min(run.end - start, len(piece)), run.style) for run in self.runs
        )
        return Styled(piece, tuple(_trimmed(piece, inside)))


def clean(words: str) -> str:
    """Return the words as Telegram would keep them: no controls, no line breaks but one, no half characters."""
    return words.translate(_CLEAN)


def is_blank(words: str) -> bool:
    """Tell whether nothing of it can be seen, which Telegram refuses as empty."""
    return _INVISIBLE.fullmatch(words) is not None


def utf16(words: str) -> int:
    """Count code units, which is how Telegram counts entities."""
    return len(words.encode("utf-16-le", "surrogatepass")) // 2


def styled(spans: Sequence[Span]) -> Styled:
    """Join spans to one text."""
    words: list[str] = []
    runs: list[tuple[int, int, str]] = []
    position = 0
    for span in spans:
        piece = clean(span.text)
        if span.style != "plain":
            runs.append((position, position + len(piece), span.style))
        words.append(piece)
        position += len(piece)
    whole = "".join(words)
    joined = Styled(whole, tuple(_trimmed(whole, iter(_merged(runs)))))
    return joined.cut(0, len(whole))


def split(whole: Styled, *, limit: int) -> list[Styled]:
    """Cut a text into parts of at most `limit` UTF-16 units: between paragraphs, else lines, else words."""
    parts = []
    start = 0
    while utf16(whole.text[start:]) > limit:
        end = start + _fitting(whole.text[start : start + limit], limit)
        end = _break(whole.text, start, end)
        parts.append(whole.cut(start, end))
        start = end
    parts.append(whole.cut(start, len(whole.text)))
    return [part for part in parts if not is_blank(part.text)]


def shortened(words: str, *, limit: int) -> str:
    """Cut one line to `limit` UTF-16 units, with an ellipsis where something is missing."""
    if utf16(words) <= limit:
        return words
    return words[: _fitting(words, limit - 1)].rstrip() + "…"


def _fitting(words: str, limit: int) -> int:
    units = 0
    for index, character in enumerate(words):
        units += 2 if character > "\uffff" else 1
        if units > limit:
            return index
    return len(words)


def _break(text: str, start: int, end: int) -> int:
    """Find where to break: the last good place in the second half of the part, else its hard end."""
    earliest = start + (end - start) // 2
    for sign in ("\n\n", "\n", " "):
        found = text.rfind(sign, earliest, end)
        if found != -1:
            return found + len(sign)
    return end


def _merged(runs: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    merged: list[tuple[int, int, str]] = []
    for start, end, style in runs:
        if merged and merged[-1][1] == start and merged[-1][2] == style:
            merged[-1] = (merged[-1][0], end, style)
        else:
            merged.append((start, end, style))
    return merged


def _trimmed(text: str, runs: Iterator[tuple[int, int, str]]) -> Iterator[Run]:
    for start, end, style in runs:
        piece = text[start:end] if start < end else ""
        if is_blank(piece):
            continue
        left = start + len(piece) - len(piece.lstrip())
        yield Run(left, left + len(piece.strip()), style)
