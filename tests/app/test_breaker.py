"""When an inbox that fails is asked again, and by how many."""

from datetime import datetime, timedelta

from bot.app.breaker import LONGEST_PAUSE, TOLERATED, Breaker
from bot.testing import NOON


def opened(at: datetime = NOON) -> Breaker:
    breaker = Breaker()
    for _ in range(TOLERATED):
        assert breaker.admit(at) is None
        breaker.failed(at)
    return breaker


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_few_failures_pause_nothing() -> None:
    breaker = Breaker()
    for _ in range(TOLERATED - 1):
        breaker.failed(NOON)

    assert breaker.admit(NOON) is None


def test_five_failures_in_a_row_pause_for_half_a_minute() -> None:
    assert opened().admit(NOON) == after(30)


def test_a_success_between_failures_starts_the_count_again() -> None:
    breaker = Breaker()
    for _ in range(TOLERATED * 3):
        breaker.failed(NOON)
        breaker.succeeded()

    assert breaker.admit(NOON) is None


def test_after_the_pause_one_delivery_probes_while_the_others_wait() -> None:
    breaker = opened()

    assert breaker.admit(after(30)) is None
    assert breaker.admit(after(30)) is not None


def test_a_probe_that_fails_doubles_the_pause_up_to_a_quarter_of_an_hour() -> None:
    breaker, now, pauses = opened(), NOON, []
    for _ in range(8):
        later = breaker.admit(now)
        assert later is not None
        pauses.append((later - now).total_seconds())
        now = later
        assert breaker.admit(now) is None
        breaker.failed(now)

    assert pauses == [30, 60, 120, 240, 480, 900, 900, LONGEST_PAUSE.total_seconds()]


def test_a_probe_that_succeeds_lets_everybody_through() -> None:
    breaker = opened()
    breaker.admit(after(30))

    breaker.succeeded()

    assert [breaker.admit(after(30)) for _ in range(3)] == [None, None, None]


def test_a_probe_that_ends_without_an_answer_leaves_the_next_one_free_to_try() -> None:
    breaker = opened()
    breaker.admit(after(30))

    breaker.abandoned()

    assert breaker.admit(after(30)) is None
