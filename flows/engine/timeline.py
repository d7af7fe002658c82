"""The timeline of a case: what its seller reads, line by line; kept short enough to be stored with the case."""

from dataclasses import replace

from flows.conversation import Entry, EntryKind
from flows.engine.turn import Turn
from flows.values import Attachment

FIRST, LAST = 20, 280
"""Lines that are kept of the beginning and of the end."""
MOST_TEXT = 40_000
"""Characters of all lines together; beyond it the words of the older lines are shortened."""
SHORT = 160


def note(
    turn: Turn,
    kind: EntryKind,
    *,
    author: str = "",
    text: str = "",
    number: int = 0,
    files: tuple[Attachment, ...] = (),
) -> None:
    """Write a line."""
    entry = Entry(at=turn.event.at, kind=kind, author=author, text=text, number=number, files=files)
    entries = (*turn.conv.timeline, entry)
    if len(entries) > FIRST + LAST:
        entries = (*entries[:FIRST], *entries[-LAST:])
    turn.change(timeline=_fitting(entries))


def _fitting(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    spare = sum(len(entry.text) for entry in entries) - MOST_TEXT
    if spare <= 0:
        return entries
    kept = []
    for entry in entries:
        if spare > 0 and len(entry.text) > SHORT:
            spare -= len(entry.text) - SHORT
            kept.append(replace(entry, text=f"{entry.text[: SHORT - 1]}…"))
        else:
            kept.append(entry)
    return tuple(kept)
