"""The seller's clock: it stands still at night and on days off, in the seller's own zone."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.promptness import Promptness

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Promptness(
    within=timedelta(hours=10), zone=BERLIN, quiet=(time(18), time(8)), days=frozenset({0, 1, 2, 3, 4})
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("came", "due"),
    [
        ("2026-11-23 08:00", "2026-11-23 18:00"),  # Monday morning: the same day
        ("2026-11-23 12:00", "2026-11-24 12:00"),  # six hours today, four tomorrow
        ("2026-11-23 22:00", "2026-11-24 18:00"),  # at night: begins in the morning
        ("2026-11-27 17:00", "2026-11-30 17:00"),  # Friday: an hour today, nine on Monday
        ("2026-11-28 12:00", "2026-11-30 18:00"),  # Saturday
        ("2026-03-27 17:30", "2026-03-30 17:30"),  # the clock goes forward at the weekend
    ],
)
def test_due(came: str, due: str) -> None:
    assert OFFICE.due(local(came)) == local(due)


def test_a_day_without_quiet_hours_is_a_day() -> None:
    always = Promptness(within=timedelta(days=1), zone=BERLIN)

    assert always.due(local("2026-03-28 12:00")) == local(
        "2026-03-29 13:00"
    )  # 24 hours, one of which was lost


def test_quiet_at_noon() -> None:
    siesta = Promptness(within=timedelta(hours=4), zone=BERLIN, quiet=(time(12), time(15)))

    assert siesta.due(local("2026-11-23 10:00")) == local("2026-11-23 17:00")


CHANGES = [  # days on which, or beside which, a zone changes its clocks
    ("Europe/Berlin", "2026-03-28"), ("Europe/Berlin", "2026-10-24"), ("America/New_York", "2026-03-07"),
    ("America/Santiago", "2026-09-05"), ("Asia/Beirut", "2026-03-28"), ("Australia/Lord_Howe", "2026-04-04"),
]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    minutes=st.integers(0, 2 * 144).map(lambda n: 10 * n),
    within=st.integers(1, 48 * 6).map(lambda n: 10 * n),
    quiet=st.none() | st.tuples(st.integers(5, 23), st.integers(5, 23)),
    days=st.sampled_from([frozenset(range(7)), frozenset(range(5)), frozenset({5, 6})]),
)
def test_exactly_the_working_minutes_pass_also_where_clocks_are_changed(
    change: tuple[str, str],
    minutes: int,
    within: int,
    quiet: tuple[int, int] | None,
    days: frozenset[int],
) -> None:
    zone = ZoneInfo(change[0])
    start = datetime.fromisoformat(change[1]).replace(tzinfo=zone).astimezone(UTC)
    start += timedelta(minutes=minutes)
    hours = (time(quiet[0]), time(quiet[1])) if quiet else None
    clock = Promptness(within=timedelta(minutes=within), zone=zone, quiet=hours, days=days)

    due = clock.due(start)

    def works(moment: datetime) -> bool:
        here = moment.astimezone(zone)
        begin, end = quiet or (0, 0)
        resting = begin <= here.hour < end if begin <= end else not end <= here.hour < begin
        return here.weekday() in days and not resting

    tens = int((due - start).total_seconds()) // 600
    assert 10 * sum(works(start + timedelta(minutes=10 * ten)) for ten in range(tens)) == within
    assert works(due - timedelta(minutes=1))


def test_quiet_hours_that_a_skipped_hour_turns_round_count_no_time_twice() -> None:
    odd = Promptness(within=timedelta(hours=24), zone=BERLIN, quiet=(time(2, 30), time(3, 10)))

    assert odd.due(local("2026-03-28 12:00")) == local("2026-03-29 13:00")  # no quiet that night


def test_no_working_time_at_all_ends_with_the_wall_clock() -> None:
    never = Promptness(within=timedelta(hours=1), zone=BERLIN, days=frozenset())

    assert never.due(local("2026-11-23 10:00")) == local("2026-11-23 11:00")


@given(
    start=st.integers(0, 3 * 365 * 86_400).map(
        lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
    hours=st.integers(1, 200),
    quiet=st.one_of(
        st.none(), st.tuples(st.times().map(lambda t: t.replace(second=0, microsecond=0)), st.just(time(8)))
    ),
)
def test_the_reminder_comes_before_the_end_and_both_after_the_start(
    start: datetime, hours: int, quiet: tuple[time, time] | None
) -> None:
    clock = Promptness(within=timedelta(hours=hours), zone=BERLIN, quiet=quiet)

    assume(clock.ends)  # the sellers file is refused otherwise

    remind, due = clock.due(start, share=0.75), clock.due(start)

    assert start < remind < due
    assert due - start >= timedelta(hours=hours)
