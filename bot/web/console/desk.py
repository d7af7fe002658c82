"""What the console's pages work with; the composition fills it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.preferences import Line
from bot.web.inbox.desk import Desk
from storage.overview import Overviews
from storage.ports import Asides, Outbox

OPERATORS = "@operators"
"""Whose people operators are: no seller can be called so, and no seller's people are let in here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A seller as the bot works with them now; `lines` hold no secret."""

    id: str
    name: str
    inbox: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a trial of an inbox found."""

    what: str
    well: bool
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SellersFile:
    """The sellers file: its text as it is now, who else changed it, and how it is checked and saved."""

    name: str
    read: Callable[[], str]
    faults: Callable[[str], Sequence[str]]
    """One `file:line:column: message` line for each mistake of a text; slow."""
    save: Callable[[str], str]
    """Takes the place of the old one, which is kept beside it; answers the name of the copy, raises OSError."""
    secrets: Callable[[str, str], Sequence[str]]
    """The secrets that a text holds for a seller."""
    at_start: str = ""
    """The text that the bot was started with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleDesk:
    """Everything behind the pages. `people` knows operators alone; without a `file` nothing can be changed."""

    people: Desk
    overviews: Overviews
    outbox: Outbox
    asides: Asides
    sellers: Sequence[Shown]
    attempt: Callable[[str], Awaitable[Sequence[Tried]]]
    photos: Callable[[], tuple[int, int]]
    """How many photos were judged since the start, and how many of them were asked for again."""
    file: SellersFile | None = None
