"""The small form of `python -m tests.chaos crash`: SIGKILL at a few moments of a journey with photos."""

import asyncio
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from tests.chaos.crash import SMALL, crash, dooms
from tests.chaos.doomed import KINDS, SIDES
from tests.chaos.kept_bot import KeptBot


def test_the_short_form_meets_every_kind_of_moment_and_both_sides_of_some() -> None:
    points = ["commit here"] * 46 + ["call there"] * 58 + ["file away"] * 8

    met = [doom.split(":") for doom in dooms(points, every=SMALL)]

    assert {kind for kind, _, _ in met} == set(KINDS)
    assert {side for _, side, _ in met} == set(SIDES)


@pytest.mark.slow
async def test_a_bot_killed_at_any_moment_delivers_the_right_bundle_once() -> None:
    report = await crash(at_once=3, every=SMALL)

    assert report["wrong_at"] == []
    assert (report["lost"], report["doubled"], report["order_faults"]) == (0, 0, 0)
    # a moment near the end may not come again: marks of rows that are done ride in other groups each time
    assert report["kills"] >= report["conversations"] - 2
    assert report["points"]["commit"] > 30  # the faster the machine, the more ride in one
    assert report["points"]["call"] > 50  # answers to presses are no calls: they travel in the webhook's 200


async def test_a_bot_killed_as_it_is_stopped_stays_stopped(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        bot = KeptBot(
            folder=tmp_path, sandbox=sandbox, database=f"sqlite:///{tmp_path / 'c.db'}", webhook=False
        )
        await bot.start()
        assert bot.process is not None

        bot.process.kill()
        async with asyncio.timeout(60):
            await bot.stop()

        assert bot.process.returncode is not None
