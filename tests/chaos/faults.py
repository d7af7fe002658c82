"""Faults: a Telegram that fails, a database that restarts, disks that are full; nothing is lost, and all goes on by itself."""

import argparse
import asyncio
import contextlib
import random
import resource
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from tests.chaos.crowd import Talk, crowd, crowds
from tests.chaos.world import World, compare, world

PATIENCE = 300.0
NAMED = 2
"""Seconds of `retry_after`."""
KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "error", "status": 429, "retry_after": NAMED},
    {"kind": "error", "status": 502},
    {"kind": "drop"},
    {"kind": "drop_after_acting"},
    {"kind": "hang", "seconds": 1.0},
)
SENDS = (
    "sendmessage",
    "sendphoto",
    "editmessagetext",
    "editmessagecaption",
    "editmessagemedia",
    "editmessagereplymarkup",
)
ON_ITS_WAY = 0.5
"""Seconds after a 429 in which a call may come that was sent before its answer was read."""
LEAST_FILE = 4096
"""Bytes that a file of a process may have while its disk is said to be full."""

RESTARTING = 300.0
"""Seconds in which a database is restarted again and again."""
MOST_TALKS = 6000
"""Conversations that may begin meanwhile: more than any machine gets through."""

FAULTS = ("telegram", "database", "disk")
RATES = (0.05, 0.2, 0.5)
SMALL = 4
"""Conversations of the short form; one where half of all calls fail, for it waits for long."""

Trouble = Callable[[World], Awaitable[dict[str, Any]]]


async def campaign(
    name: str,
    trouble: Trouble,
    *,
    conversations: int,
    at_once: int,
    opened: AbstractAsyncContextManager[World],
    seconds: float = 0,
) -> dict[str, Any]:
    """Let customers walk while trouble goes on; the trouble ends when they are done, or by itself.

    With `seconds`, they come in crowds for as long as that, `conversations` at most.
    """
    started = time.monotonic()
    async with opened as place:
        troubling = asyncio.ensure_future(trouble(place))
        links = place.links[:conversations]
        if seconds:
            going = partial(_before, started + seconds)
            talks = await crowds(place.client, links, at_once=at_once, patience=PATIENCE, going=going)
        else:
            talks = await crowd(place.client, links, at_once=at_once, patience=PATIENCE)
        troubling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await troubling
        seen = await _seen(place, talks)
        found = await _judged(place, talks)
    return {"fault": name, **found, **seen, "seconds": round(time.monotonic() - started)}


def _before(moment: float) -> bool:
    return time.monotonic() < moment


async def _judged(place: World, talks: list[Talk]) -> dict[str, Any]:
    owed = await place.until_quiet()
    letters = await asyncio.to_thread(lambda: place.owed(dead=True))
    await place.pack.stop()
    tally = compare(talks, place.pack.inbox)
    return {
        "conversations": len(talks),
        "photos": sum(len(talk.sent) for talk in talks),
        "lost": tally.lost,
        "doubled": tally.doubled,
        "order_faults": tally.order_faults,
        "repeated_texts": sum(talk.repeats for talk in talks),
        "tracebacks": place.log.count("Traceback"),
        "unfinished": [talk.why_not for talk in talks if not talk.done][:3],
        "wrong_at": [*tally.wrong, *tally.unfinished, *owed, *letters][:10],
    }


async def _seen(place: World, talks: list[Talk]) -> dict[str, Any]:
    """What was refused on the way: updates that Telegram kept, calls that came too early."""
    counts = place.balancer.counts
    refused = sum(count for name, count in counts.items() if name.startswith("status 5"))
    await place.client.clear_faults()
    chats = {int(talk.chat["id"]) for talk in talks}
    limited, early = too_early(await place.client.calls(), chats)
    return {
        "restarts": counts["database restarts"],
        "updates_refused": refused,
        "rate_limited": limited,
        "sent_before_retry_after": early,
    }


def too_early(calls: list[dict[str, Any]], chats: set[int]) -> tuple[int, int]:
    """Count the sends that met 429, and those that were begun to the same chat between it and the time that it named."""
    paused: dict[int, float] = {}
    limited = early = 0
    for call in calls:
        chat = int((call.get("parameters") or {}).get("chat_id") or 0)
        if call["direction"] != "call" or call["method"].lower() not in SENDS or chat not in chats:
            continue
        began = call["time"] - call["ms"] / 1000
        told = paused.get(chat, 0.0)
        early += told + ON_ITS_WAY < began < told + NAMED - 0.05
        if call["status"] == 429:
            limited += 1
            paused[chat] = call["time"]
    return limited, early


def failing_telegram(share: float) -> Trouble:
    """Let this share of all calls fail, in every manner."""

    async def trouble(place: World) -> dict[str, Any]:
        left = 1.0
        for kind in KINDS:  # the first order that wants a call gets it
            probability = share / len(KINDS) / left
            left -= share / len(KINDS)
            await place.client.faults({**kind, "method": "*", "probability": probability})
        await asyncio.Event().wait()
        return {}

    return trouble


def restarting_database(*, least: float, most: float, seed: int) -> Trouble:
    """End PostgreSQL as a power cut would, again and again."""

    async def trouble(place: World) -> dict[str, Any]:
        chance = random.Random(seed)
        assert place.server is not None
        while True:
            await asyncio.sleep(chance.uniform(least, most))
            restart = asyncio.ensure_future(asyncio.to_thread(place.server.restart))
            try:
                await asyncio.shield(restart)
            finally:
                await restart  # whoever judges finds a server that runs
            place.balancer.counts["database restarts"] += 1

    return trouble


def full_disk(*, seconds: float, times: int) -> Trouble:
    """Let no file of the bot grow for a while: what a full disk does to it, without one."""

    async def trouble(place: World) -> dict[str, Any]:
        for _ in range(times):
            await _talking(place)
            _limit(place, LEAST_FILE)
            try:
                await asyncio.sleep(seconds)
            finally:
                _limit(place, resource.RLIM_INFINITY)
        return {}

    return trouble


async def _talking(place: World, *, updates: int = 3, within: float = 30.0) -> None:
    """Wait until customers are in the middle of something: a disk that fills up while nobody talks shows nothing."""
    wanted = place.balancer.counts["status 200"] + updates
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            while place.balancer.counts["status 200"] < wanted:  # noqa: ASYNC110 - the balancer only counts
                await asyncio.sleep(0.02)


def _limit(place: World, size: int) -> None:
    for bot in place.pack.replicas:
        _, hard = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (size, hard))


def few(share: float) -> int:
    """How many conversations the short form has at this share of failing calls."""
    return 1 if share >= 0.5 else SMALL


async def telegram(share: float, *, conversations: int) -> dict[str, Any]:
    """Fail a share of the calls to Telegram, with updates that overtake each other."""
    opened = world(engine="sqlite", conversations=conversations, repeats=0.2, jitter=0.5)
    name = f"Bot API fails at {share:.0%}"
    return await campaign(
        name, failing_telegram(share), conversations=conversations, at_once=8, opened=opened
    )


async def database(*, conversations: int, least: float, most: float, seconds: float = 0) -> dict[str, Any]:
    """Restart PostgreSQL."""
    opened = world(engine="postgresql", conversations=conversations, replicas=2, repeats=0.2)
    trouble = restarting_database(least=least, most=most, seed=1)
    return await campaign(
        "PostgreSQL restarts", trouble, conversations=conversations, at_once=8, opened=opened, seconds=seconds
    )


async def disk(engine: str, *, conversations: int, seconds: float, times: int) -> dict[str, Any]:
    """Fill the disk: of a SQLite file, or, where the database is elsewhere, of blobs alone."""
    opened = world(engine=engine, conversations=conversations)
    name = "disk of the database full" if engine == "sqlite" else "disk of the blobs full"
    trouble = full_disk(seconds=seconds, times=times)
    return await campaign(name, trouble, conversations=conversations, at_once=6, opened=opened)


async def faults(kinds: Sequence[str], *, rates: Sequence[float], small: bool) -> list[dict[str, Any]]:
    """Run those that are named, one after the other."""
    count = SMALL if small else 24
    found = []
    if "telegram" in kinds:
        found += [await telegram(share, conversations=few(share) if small else count) for share in rates]
    if "database" in kinds:
        lasting = 0 if small else RESTARTING
        talks = MOST_TALKS if lasting else count
        found.append(await database(conversations=talks, least=5, most=12 if small else 40, seconds=lasting))
    if "disk" in kinds:
        found += [
            await disk(engine, conversations=count, seconds=4, times=1 if small else 6)
            for engine in ("sqlite", "postgresql")
        ]
    return found


def main(arguments: list[str]) -> dict[str, Any]:
    """Read the command's own options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos faults", description=__doc__)
    rates = "shares of the calls to the Bot API that fail"
    parser.add_argument("--rates", type=float, nargs="*", default=RATES, help=rates)
    parser.add_argument("--only", nargs="*", choices=FAULTS, default=FAULTS)
    parser.add_argument(
        "--small", action="store_true", help=f"{SMALL} conversations each, fewer where half fail"
    )
    given = parser.parse_args(arguments)
    found = asyncio.run(faults(given.only, rates=given.rates, small=given.small))
    sums = ("conversations", "photos", "lost", "doubled", "order_faults", "repeated_texts")
    return {
        "campaign": "faults",
        "kills": 0,
        **{name: sum(one[name] for one in found) for name in sums},
        "faults": found,
        "wrong_at": [line for one in found for line in one["wrong_at"]],
    }
