"""Timers that come due within the minute, by time; the newest of a name counts. In memory only: rows are the truth."""

import heapq
from datetime import datetime

from flows.effects import SetTimer
from storage.ports import OutboxRow

Name = tuple[str, str]


def named(row: OutboxRow) -> Name:
    """The name that a later timer of the same case and name replaces."""
    effect = row.effect
    if not isinstance(effect, SetTimer):
        raise TypeError(f"a timer's effect is SetTimer, not {type(effect).__name__}")
    return (effect.case, effect.name)


class Timers:
    """A heap of due times; replaced and dropped timers are skipped when their time comes."""

    def __init__(self) -> None:
        self._rows: dict[Name, OutboxRow] = {}
        self._heap: list[tuple[datetime, Name]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def set(self, row: OutboxRow) -> None:
        """Add a timer, or let it replace the one of its name."""
        self._rows[named(row)] = row
        heapq.heappush(self._heap, (row.due, named(row)))

    def drop(self, row: OutboxRow) -> None:
        """Forget the timer that this one replaces."""
        self._rows.pop(named(row), None)

    def next_due(self) -> datetime | None:
        """When the next timer comes due."""
        self._skip_replaced()
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: datetime) -> OutboxRow | None:
        """Take one timer whose time has come."""
        self._skip_replaced()
        if not self._heap or self._heap[0][0] > now:
            return None
        _, name = heapq.heappop(self._heap)
        return self._rows.pop(name)

    def _skip_replaced(self) -> None:
        while self._heap:
            due, name = self._heap[0]
            row = self._rows.get(name)
            if row is not None and row.due == due:
                return
            heapq.heappop(self._heap)
