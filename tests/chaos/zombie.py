"""Zombie: replicas are stopped past their lease (SIGSTOP), others take over, then they go on (SIGCONT); late writes are refused."""

import argparse
import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.chaos.crowd import crowds
from tests.chaos.rounds import KEEP, MINUTES, in_rounds
from tests.chaos.world import World, compare, world

LEAST, MOST = 11.0, 17.0
"""Seconds of a stop: the lease lasts 10, the server ends an idle transaction after 15."""
REPEATS = 0.2
PATIENCE = 600.0
SIGNS = {"let go": "the lease ran out", "refused": "a late write is refused"}
"""What the log says of a zombie that woke."""


async def stop_at_random(
    place: World, done: list[float], *, stops: int, at_once: int, chance: random.Random
) -> None:
    """Stop some replicas at a time, at moments of chance, until there were enough stops; `done` tells how long each took."""
    while len(done) < stops:
        await asyncio.sleep(chance.uniform(0.5, 2.0))
        chosen = chance.sample(place.pack.replicas, min(at_once, stops - len(done)))
        lengths = [chance.uniform(LEAST, MOST) for _ in chosen]
        await asyncio.gather(*(_stop(bot, length) for bot, length in zip(chosen, lengths, strict=True)))
        done += lengths


async def _stop(bot: Any, seconds: float) -> None:
    bot.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        bot.signal(signal.SIGCONT)


async def zombie(*, stops: int, at_once: int, replicas: int, customers: int, seed: int = 1) -> dict[str, Any]:
    """Run one campaign on PostgreSQL; on SQLite a second process is refused by the file's lock, so that there is none."""
    started = time.monotonic()
    async with world(
        engine="postgresql", conversations=customers * max(2, stops), replicas=replicas, repeats=REPEATS,
        seed=seed, patience=5.0,
    ) as place:  # fmt: skip
        chance = random.Random(seed)
        done: list[float] = []
        stopper = asyncio.create_task(
            stop_at_random(place, done, stops=stops, at_once=at_once, chance=chance)
        )
        talks = await crowds(
            place.client, place.links, at_once=customers, patience=PATIENCE, going=lambda: not stopper.done()
        )
        stopper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await stopper
        owed = await place.until_quiet()
        letters = await asyncio.to_thread(lambda: place.owed(dead=True))
        await place.pack.stop()
        tally = compare(talks, place.pack.inbox)
        log = place.log
    return {
        "campaign": "zombie",
        "engine": "postgresql",
        "replicas": replicas,
        "kills": 0,
        "stops": len(done),
        "conversations": len(talks),
        "photos": sum(len(talk.sent) for talk in talks),
        "lost": tally.lost,
        "doubled": tally.doubled,
        "order_faults": tally.order_faults,
        "repeated_texts": sum(talk.repeats for talk in talks),
        **{name: log.count(sign) for name, sign in SIGNS.items()},
        "unfinished": [talk.why_not for talk in talks if not talk.done][:5],
        "tracebacks": log.count("Traceback"),
        "seconds": round(time.monotonic() - started),
        "wrong_at": [*tally.wrong, *tally.unfinished, *owed, *letters][:10],
    }


async def campaign(given: argparse.Namespace) -> dict[str, Any]:
    """Run rounds of at most `given.round` stops."""

    async def one(before: int, left: Mapping[str, int]) -> dict[str, Any]:
        return await zombie(
            stops=min(given.round, left["stops"]),
            at_once=given.at_once,
            replicas=given.replicas,
            customers=given.customers,
            seed=1 + before,
        )

    return await in_rounds(one, wanted={"stops": given.stops}, minutes=given.minutes, kept=given.keep)


def main(arguments: list[str]) -> dict[str, Any]:
    """Read the command's own options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos zombie", description=__doc__)
    parser.add_argument("--stops", type=int, default=100)
    parser.add_argument("--round", type=int, default=24, help="stops in one world, one after the other")
    parser.add_argument("--at-once", type=int, default=3, help="replicas stopped at the same time")
    parser.add_argument("--replicas", type=int, default=4)
    parser.add_argument("--customers", type=int, default=8, help="at the same time")
    parser.add_argument("--minutes", type=float, default=0.0, help=MINUTES)
    parser.add_argument("--keep", type=Path, help=KEEP)
    parser.add_argument("--small", action="store_true", help="2 stops, 3 replicas")
    given = parser.parse_args(arguments)
    if given.small:
        given.stops, given.at_once, given.replicas, given.customers = 2, 2, 3, 6
    return asyncio.run(campaign(given))
