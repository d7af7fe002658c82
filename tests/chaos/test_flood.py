"""The small form of `python -m tests.chaos flood`; how long the others wait is the full form's to tell, not a test's."""

import pytest

from tests.chaos.flood import flood


@pytest.mark.slow
async def test_a_chat_that_floods_is_told_once_and_holds_nobody_up() -> None:
    report = await flood(count=300, rounds=4)

    assert report["statuses"] == {"200": 300}
    assert report["told_to_slow_down"] == 1
    assert report["messages_to_the_flooder"] < 60
    assert report["samples"][0] == 24
    assert report["samples"][1] > 0
