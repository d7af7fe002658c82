"""Timers in memory: the newest of a name counts, the earliest comes first."""

from datetime import timedelta

from bot.app.timers import Timers
from bot.testing import NOON
from flows.effects import SetTimer
from storage.ports import OutboxRow


def timer(name: str, seconds: float, *, row_id: str = "r", case: str = "C") -> OutboxRow:
    effect = SetTimer(case=case, name=name, serial=1, after=timedelta(seconds=seconds))
    due = NOON + timedelta(seconds=seconds)
    return OutboxRow(id=row_id, chat=1, lane="", effect=effect, due=due, created=NOON)


def test_timers_come_in_the_order_of_their_times_and_none_early() -> None:
    timers = Timers()
    for name, seconds in (("late", 30), ("soon", 5), ("middle", 10)):
        timers.set(timer(name, seconds, row_id=name))

    assert timers.take_due(NOON + timedelta(seconds=4.999)) is None
    taken = [timers.take_due(NOON + timedelta(seconds=30)) for _ in range(3)]
    assert [row.id for row in taken if row] == ["soon", "middle", "late"]


def test_a_timer_set_again_fires_once_at_its_new_time() -> None:
    timers = Timers()
    timers.set(timer("waiting", 5))
    timers.set(timer("waiting", 20))

    assert timers.take_due(NOON + timedelta(seconds=5)) is None
    assert timers.take_due(NOON + timedelta(seconds=20)) is not None
    assert timers.take_due(NOON + timedelta(seconds=99)) is None


def test_a_timer_moved_beyond_the_horizon_is_dropped() -> None:
    timers = Timers()
    timers.set(timer("waiting", 5))

    timers.drop(timer("waiting", 7200))

    assert timers.next_due() is None
    assert timers.take_due(NOON + timedelta(days=1)) is None


def test_the_same_name_in_another_case_is_another_timer() -> None:
    timers = Timers()
    timers.set(timer("waiting", 5, case="A"))
    timers.set(timer("waiting", 6, case="B"))

    assert len(timers) == 2
