"""How long attempts wait, and when they end."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.app.patience import DELIVERING, FETCHING, LOOKING, SENDING, Patience

LUCK = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(failures=st.integers(1, 10_000), luck=LUCK)
def test_the_back_off_grows_to_its_cap_with_full_jitter(failures: int, luck: float) -> None:
    delay = SENDING.delay(failures, lambda: luck)

    assert 0 <= delay <= min(60, 0.5 * 2.0 ** min(failures - 1, 20))


@given(failures=st.integers(1, 10_000), luck=LUCK)
def test_a_photo_is_fetched_again_within_ten_seconds(failures: int, luck: float) -> None:
    assert FETCHING.delay(failures, lambda: luck) <= 10


@given(luck=LUCK)
def test_a_mail_server_that_is_back_after_a_minute_gets_its_mail_within_the_next(luck: float) -> None:
    attempts, at = [], 0.0
    for failures in range(1, 6):
        at += DELIVERING.delay(failures, lambda: luck)
        attempts.append(at)

    assert any(60 <= attempt <= 120 for attempt in attempts)


@given(failures=st.integers(10, 500), luck=LUCK)
def test_an_outage_of_a_day_ends_within_the_hour(failures: int, luck: float) -> None:
    assert 1800 <= DELIVERING.delay(failures, lambda: luck) <= 3600


def test_a_delivery_is_given_up_after_three_days_and_not_before() -> None:
    assert not DELIVERING.over(80, timedelta(hours=75, minutes=59))
    assert DELIVERING.over(80, timedelta(hours=76, minutes=1))


def test_a_revived_dead_letter_gets_a_few_attempts_however_old_it_is() -> None:
    assert not DELIVERING.over(1, timedelta(days=30))
    assert DELIVERING.over(4, timedelta(days=30))


def test_what_a_customer_waits_for_is_given_up_after_a_few_attempts() -> None:
    assert [LOOKING.over(n, timedelta(0)) for n in (1, 2, 3)] == [False, False, True]


def test_a_schedule_is_never_waited_for_longer_than_written() -> None:
    patience = Patience(schedule=(5, 15))

    assert [patience.delay(n, lambda: 0.999999) <= limit for n, limit in ((1, 5), (2, 15), (9, 15))] == [
        True
    ] * 3
