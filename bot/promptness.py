"""A seller's working time: when an answer is due that may take so many working hours; pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_SEARCH = 400
"""Days in which the end of a working time must lie."""
REMIND_AFTER = 0.75
"""Share of the time to answer after which the seller is reminded."""
MIDNIGHT = time(0)
PLAIN_WEEK = date(2024, 1, 8)
"""A week in which few zones change their clocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promptness:
    """Within how much working time a seller means to answer; the clock stands still in quiet hours and on days off."""

    within: timedelta
    zone: ZoneInfo
    quiet: tuple[time, time] | None = None  # from and to, in the zone; may span midnight
    days: frozenset[int] = frozenset(range(7))  # worked on, Monday is 0
    remind: bool = True

    @property
    def ends(self) -> bool:
        """Whether the time is over within the longest search, wherever it begins."""
        week = [opens for day in range(7) for opens in self._open(PLAIN_WEEK + timedelta(days=day))]
        a_week = sum((end - begin for begin, end in week if begin < end), timedelta(0))
        return a_week * (LONGEST_SEARCH // 7 - 1) >= self.within

    def due(self, start: datetime, *, share: float = 1.0) -> datetime:
        """Tell when this share of the time is over (aware, UTC)."""
        left = self.within * share
        day = start.astimezone(self.zone).date()
        for _ in range(LONGEST_SEARCH):
            for opens, end in self._open(day):
                begin = max(opens, start)
                if begin >= end:
                    continue
                if end - begin >= left:
                    return (begin + left).astimezone(UTC)
                left -= end - begin
            day += timedelta(days=1)
        return start + self.within

    def _open(self, day: date) -> list[tuple[datetime, datetime]]:
        """List the stretches of a day in which the clock runs, in UTC."""
        if day.weekday() not in self.days:
            return []
        first, last = self._at(day, MIDNIGHT), self._at(day + timedelta(days=1), MIDNIGHT)
        if self.quiet is None or self.quiet[0] == self.quiet[1]:
            return [(first, last)]
        begin, end = (self._at(day, moment) for moment in self.quiet)
        if self.quiet[0] < self.quiet[1]:
            return [(first, begin), (max(begin, end), last)]  # an hour that a day skips can turn them round
        return [(end, begin)]

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, tzinfo=self.zone).astimezone(UTC)
