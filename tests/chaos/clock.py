"""Clock: the wall clock jumps by hours, forward and back, while customers talk and Telegram fails now and then."""

import argparse
import asyncio
import random
from datetime import timedelta
from typing import Any

from tests.chaos.faults import Trouble, campaign, failing_telegram
from tests.chaos.wall_clock import WallClock, wall_clock
from tests.chaos.world import World, world

AHEAD = (3, 0, -5, 0, 7, -7, 2, -1)
"""Hours by which the clock is wrong, one after the other: an order's link is good for a day."""
LEAST, MOST = 3.0, 7.0
"""Seconds between jumps: longer than most retries wait, far shorter than a jump."""
FAILING = 0.2


def jumping(clock: WallClock, *, seed: int, jumps: list[float]) -> Trouble:
    """Set the clock again and again."""

    async def trouble(place: World) -> dict[str, Any]:
        chance = random.Random(seed)
        failing = asyncio.ensure_future(failing_telegram(FAILING)(place))
        try:
            while True:
                for hours in AHEAD:
                    await asyncio.sleep(chance.uniform(LEAST, MOST))
                    clock.set(timedelta(hours=hours))
                    jumps.append(hours)
        finally:
            failing.cancel()

    return trouble


async def clock(engine: str, *, conversations: int, at_once: int) -> dict[str, Any]:
    """Run one campaign; on PostgreSQL the server's clock jumps too, with two replicas."""
    jumps: list[float] = []
    with wall_clock() as wall:
        opened = world(
            engine=engine,
            conversations=conversations,
            replicas=2 if engine == "postgresql" else 1,
            repeats=0.2,
            extra=wall.environment,
            machine=wall.environment,
        )
        trouble = jumping(wall, seed=1, jumps=jumps)
        found = await campaign(
            "the wall clock jumps", trouble, conversations=conversations, at_once=at_once, opened=opened
        )
    return {"campaign": "clock", "engine": engine, "jumps": len(jumps), **found}


def main(arguments: list[str]) -> dict[str, Any]:
    """Read the command's own options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos clock", description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--conversations", type=int, default=60)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--small", action="store_true", help="4 conversations")
    given = parser.parse_args(arguments)
    count = 4 if given.small else given.conversations
    return asyncio.run(clock(given.engine, conversations=count, at_once=given.at_once))
