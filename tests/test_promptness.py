"""The seller's clock: it stands still at night and on days off, in the seller's own zone."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
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

    remind, due = clock.due(start, share=0.75), clock.due(start)

    assert start < remind < due
    assert due - start >= timedelta(hours=hours)
