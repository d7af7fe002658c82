"""A seller's figures, gathered case by case; pure."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median

from storage.seller_ports import Statistics, Tally, Week

MOST_ITEMS = 100
MOST_WEEKS = 520
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How one case went."""

    issue: str
    issue_title: str
    item: str
    created: datetime
    delivered: datetime | None
    answered: datetime | None
    promised: datetime | None
    settled: datetime | None
    settled_with: int  # bundles, 0 = not settled


class Figures:
    """Figures in the making: `add` every case, oldest first, then read the `result`."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        self._cases: Counter[str] = Counter()  # cases, answered, settled, first, due, in_time
        self._waits: list[float] = []
        self._issues: Counter[str] = Counter()
        self._issues_settled: Counter[str] = Counter()
        self._titles: dict[str, str] = {}  # of issues, the newest
        self._items: Counter[str] = Counter()
        self._items_settled: Counter[str] = Counter()
        self._weeks: dict[date, Counter[str]] = {}

    def add(self, case: Course) -> None:
        """Take one case in."""
        facts = self._facts(case)
        self._cases.update(facts)
        if case.delivered is not None and case.answered is not None:
            self._waits.append(max(0.0, (case.answered - case.delivered).total_seconds()))
        self._weeks.setdefault(monday_of(case.created), Counter()).update(facts)
        self._issues[case.issue] += 1
        self._issues_settled[case.issue] += bool(case.settled_with)
        self._titles[case.issue] = case.issue_title or self._titles.get(case.issue, "")
        self._items[case.item] += 1
        self._items_settled[case.item] += bool(case.settled_with)

    def _facts(self, case: Course) -> list[str]:
        in_time = case.promised is not None and case.answered is not None and case.answered <= case.promised
        due = case.promised is not None and (case.answered is not None or case.promised <= self._now)
        facts = {
            "cases": True, "answered": case.answered is not None, "settled": case.settled_with > 0,
            "first": case.settled_with == 1, "due": due, "in_time": in_time,
        }  # fmt: skip
        return [name for name, holds in facts.items() if holds]

    def result(self) -> Statistics:
        """Say what was found."""
        found = self._cases
        return Statistics(
            cases=found["cases"],
            answered=found["answered"],
            settled=found["settled"],
            median=median(self._waits) if self._waits else None,
            p90=nearest_rank(self._waits, 0.9),
            in_time=_share(found["in_time"], found["due"]),
            at_first_bundle=_share(found["first"], found["settled"]),
            issues=_tallies(self._issues, self._issues_settled, self._titles),
            items=_tallies(self._items, self._items_settled, {})[:MOST_ITEMS],
            weeks=self._series(),
        )

    def _series(self) -> tuple[Week, ...]:
        if not self._weeks:
            return ()
        last = max(self._weeks)
        first = max(min(self._weeks), last - (MOST_WEEKS - 1) * WEEK)
        mondays = [first + WEEK * index for index in range((last - first) // WEEK + 1)]
        return tuple(_week(monday, self._weeks.get(monday, Counter())) for monday in mondays)


def monday_of(moment: datetime) -> date:
    """Name the week of a moment, in UTC."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def nearest_rank(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least this share of all does not exceed; None of nothing."""
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else None


def _week(monday: date, facts: Counter[str]) -> Week:
    return Week(monday=monday, cases=facts["cases"], answered=facts["answered"], settled=facts["settled"])


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _tallies(cases: Counter[str], settled: Counter[str], titles: dict[str, str]) -> tuple[Tally, ...]:
    ordered = sorted(cases.items(), key=lambda one: (-one[1], one[0]))
    return tuple(
        Tally(name=name, title=titles.get(name) or name, cases=count, settled=settled[name])
        for name, count in ordered
    )
