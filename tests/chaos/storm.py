"""Storm: SIGKILL at random moments while many customers talk at once and every fifth update comes twice."""

import argparse
import asyncio
import contextlib
import math
import random
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.chaos.crowd import crowd
from tests.chaos.rounds import KEEP, MINUTES, in_rounds
from tests.chaos.world import World, compare, world

LONGEST_LIFE = 3.0
"""Seconds that a replica lives at most once it is well, while kills remain; more where a start takes long."""
REPEATS = 0.2
PATIENCE = 600.0
"""Seconds after which a conversation is given up, and the campaign has failed: what it sent cannot be looked for."""


async def kill_at_random(place: World, *, kills: int, life: float, chance: random.Random) -> int:
    """Kill one replica after the other at moments of chance, each once it is well."""
    for count in range(kills):
        bot = chance.choice(place.pack.replicas)
        try:
            await place.pack.until_well(bot)
        except TimeoutError:
            return count
        await asyncio.sleep(chance.uniform(0, life / len(place.pack.replicas)))
        bot.signal(signal.SIGKILL)
        await asyncio.sleep(0.02)
    return kills


async def storm(
    *,
    engine: str,
    conversations: int,
    kills: int,
    at_once: int,
    seed: int = 1,
    life: float = LONGEST_LIFE,
) -> dict[str, Any]:
    """Run one campaign."""
    started = time.monotonic()
    replicas = 3 if engine == "postgresql" else 1
    async with world(
        engine=engine, conversations=conversations, replicas=replicas, repeats=REPEATS, seed=seed
    ) as place:
        killer = asyncio.create_task(
            kill_at_random(place, kills=kills, life=life, chance=random.Random(seed))
        )
        talks = await crowd(place.client, place.links, at_once=at_once, patience=PATIENCE)
        killer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await killer
        owed = await place.until_quiet()
        letters = await asyncio.to_thread(lambda: place.owed(dead=True))
        deaths = place.pack.deaths
        await place.pack.stop()
        tally = compare(talks, place.pack.inbox)
        traced = place.log.count("Traceback")
        counts = dict(place.balancer.counts)
    return {
        "campaign": "storm",
        "engine": engine,
        "replicas": replicas,
        "kills": deaths,
        "conversations": len(talks),
        "photos": sum(len(talk.sent) for talk in talks),
        "lost": tally.lost,
        "doubled": tally.doubled,
        "order_faults": tally.order_faults,
        "repeated_texts": sum(talk.repeats for talk in talks),
        "unfinished": [talk.why_not for talk in talks if not talk.done][:5],
        "still_owed": owed[:5],
        "dead_letters": letters[:5],
        "tracebacks": traced,
        "updates": counts,
        "seconds": round(time.monotonic() - started),
        "wrong_at": [*tally.wrong, *tally.unfinished, *owed, *letters][:10],
    }


async def campaign(given: argparse.Namespace) -> dict[str, Any]:
    """Run rounds of at most `given.round` conversations, each with its share of the kills."""
    share = given.kills / given.conversations

    async def one(before: int, left: Mapping[str, int]) -> dict[str, Any]:
        conversations = min(given.round, left.get("conversations", given.round))
        kills = min(left.get("kills", 0), math.ceil(share * conversations) + 1)
        return await storm(
            engine=given.engine,
            conversations=conversations,
            kills=kills,
            at_once=given.at_once,
            seed=given.seed + before,
            life=given.life,
        )

    wanted = {"conversations": given.conversations, "kills": given.kills}
    return await in_rounds(one, wanted=wanted, minutes=given.minutes, kept=given.keep)


def main(arguments: list[str]) -> dict[str, Any]:
    """Read the command's own options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos storm", description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--conversations", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument(
        "--round", type=int, default=200, help="conversations of one world, one after the other"
    )
    parser.add_argument("--at-once", type=int, default=24, help="customers at the same time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0.0, help=MINUTES)
    parser.add_argument("--keep", type=Path, help=KEEP)
    life = "seconds that a bot lives at most, shared among replicas"
    parser.add_argument("--life", type=float, default=LONGEST_LIFE, help=life)
    parser.add_argument("--small", action="store_true", help="4 kills over 12 conversations")
    given = parser.parse_args(arguments)
    if given.small:
        given.conversations, given.kills = 12, 4
    return asyncio.run(campaign(given))
