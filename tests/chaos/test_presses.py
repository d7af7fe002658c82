"""The small form of `python -m tests.chaos presses`: taps that never arrive, and answers that come too late."""

import pytest

from tests.chaos.presses import presses


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
async def test_whoever_tapped_in_vain_is_asked_again_and_an_answer_that_comes_too_late_hurts_nothing() -> (
    None
):
    report = await presses(customers=2)

    assert report["wrong_at"] == []
    assert (report["lost"], report["doubled"], report["order_faults"]) == (0, 0, 0)
    assert (report["unfinished"], report["tracebacks"]) == ([], 0)
    assert report["photos"] == 6
    assert report["taps_dropped"] == 4
    assert report["answers_too_late"] >= 1
