"""What an operator's overview shows: figures over every seller's cases; no case is told apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day in UTC: the cases whose first bundle arrived, first answers, and settlings."""

    day: date
    sent: int = 0
    answered: int = 0
    settled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Figures as of now."""

    open_chats: int = 0  # chats with a case that is not sent yet, among the 10 000 touched last
    waiting: int = 0  # cases in which the seller is waited for
    overdue: int = 0  # ... beyond the time that the seller promised
    days: Sequence[Day] = ()  # newest first


class Overviews(Protocol):
    """Reads figures; never waits for a writer."""

    async def overview(self, *, now: datetime, days: int = 7) -> Overview: ...
