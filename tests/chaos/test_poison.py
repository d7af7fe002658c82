"""The small form of `python -m tests.chaos poison`: what ends processes is set aside, with an alert."""

import pytest

from storage.sql.suspects import DEADLY
from tests.chaos.poison import APOLOGY, NO_PICTURE, poison


@pytest.mark.slow
async def test_an_update_and_a_picture_that_end_their_processes_are_set_aside_with_an_alert_and_all_chats_go_on() -> (
    None
):
    report = await poison(conversations=2)

    assert report["wrong_at"] == []
    assert (report["lost"], report["doubled"], report["order_faults"]) == (0, 0, 0)
    assert (report["conversations"], report["unfinished"], report["tracebacks"]) == (3, [], 0)
    assert report["kills"] >= DEADLY
    assert 2 <= report["workers_killed"] <= 5
    for sign, told in zip((APOLOGY, NO_PICTURE), report["customers_told"], strict=True):
        assert sign in told
    for sign, told in zip(("Set aside: TextReceived", "StorePhoto"), report["operator_told"], strict=True):
        assert sign in told
    assert len(report["dead_letters"]) == 1
