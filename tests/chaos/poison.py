"""Poison: an update that ends its process each time, and a picture that ends its worker, are set aside; all chats go on."""

import argparse
import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.sandbox.client import SandboxClient
from tests.chaos.crowd import Talk, Walker, crowd, photo
from tests.chaos.deadly import POISON
from tests.chaos.world import World, compare, world
from tests.journeys.customer import words

PATIENCE = 240.0
APOLOGY = "send it again"
NO_PICTURE = "can't open this as a picture"
WORKER = "bot.photos.worker"


async def poisoned(client: SandboxClient, link: str, operator: dict[str, Any]) -> tuple[str, str]:
    """Send poison, then go on; what the customer and the operator were told."""
    chat = await client.new_chat("Anna", language_code="en")
    await client.start(chat, link)
    await client.wait_for(chat, lambda m: "What happened?" in words(m), PATIENCE)
    await client.send_text(chat, POISON)
    told = await client.wait_for(chat, lambda m: APOLOGY in words(m), PATIENCE)
    await client.send_text(chat, "/help")
    await client.wait_for(chat, lambda m: "/cancel" in words(m) or "/status" in words(m), PATIENCE)
    alert = await client.wait_for(operator, lambda m: "Set aside" in words(m), PATIENCE)
    return words(told), words(alert)


class Photographer(Walker):
    """Sends a picture first that no worker survives."""

    def __init__(self, place: World, talk: Talk) -> None:
        super().__init__(place.client, talk, patience=PATIENCE)
        self._place = place
        self.workers_killed = 0
        self.told = ""

    async def _shoot(self) -> None:
        killing = asyncio.create_task(self._kill_workers())
        await self._client.send_photos(self.talk.chat, [photo(self.talk.number + 1, 0)])
        self.told = words(await self._sees(NO_PICTURE))
        killing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await killing
        await super()._shoot()

    async def _kill_workers(self) -> None:
        """End whatever looks at the picture, as a system without memory does."""
        while True:
            for pid in _workers(self._place.pack.replicas[0].pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.workers_killed += 1
            await asyncio.sleep(0.01)

    async def _count(self) -> None:
        await super()._count()
        self.talk.sent = self.talk.sent[1:]


def _workers(parent: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError):
            if entry.name.isdigit() and WORKER.encode() in (entry / "cmdline").read_bytes():
                state, above = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if int(above) == parent and state != "Z":
                    yield int(entry.name)


async def poison(*, conversations: int) -> dict[str, Any]:
    """Let one customer send poison while others talk, then another a picture that no worker survives."""
    started = time.monotonic()
    operator_id = 5_000_001  # the first chat of a local Telegram
    async with world(
        engine="sqlite",
        conversations=conversations + 2,
        nursery="tests.chaos.deadly",
        extra={"CLEARSHOT_OPERATORS": str(operator_id)},
    ) as place:
        operator = await place.client.new_chat("Operator", language_code="en")
        await place.client.start(operator)
        talking = asyncio.create_task(
            crowd(place.client, place.links[2:], at_once=conversations, patience=PATIENCE)
        )
        told, alert = await poisoned(place.client, place.links[0], operator)
        talks = await talking
        photographer = Photographer(place, Talk(conversations + 1))
        await photographer.walk(place.links[1])
        given_up = await place.client.wait_for(operator, lambda m: "StorePhoto" in words(m), PATIENCE)
        found = await _judged(place, [*talks, photographer.talk])
    return {
        "campaign": "poison",
        "operator_is_first_chat": operator["id"] == operator_id,
        **found,
        "workers_killed": photographer.workers_killed,
        "customers_told": [told, photographer.told],
        "operator_told": [alert, words(given_up)],
        "seconds": round(time.monotonic() - started),
    }


async def _judged(place: World, talks: list[Talk]) -> dict[str, Any]:
    owed = await place.until_quiet()
    letters = await asyncio.to_thread(lambda: place.owed(dead=True))
    await place.pack.stop()
    tally = compare(talks, place.pack.inbox)
    return {
        "kills": place.pack.deaths,
        "conversations": len(talks),
        "lost": tally.lost,
        "doubled": tally.doubled,
        "order_faults": tally.order_faults,
        "dead_letters": letters,
        "unfinished": [talk.why_not for talk in talks if not talk.done][:3],
        "tracebacks": place.log.count("Traceback"),
        "wrong_at": [*tally.wrong, *tally.unfinished, *owed][:10],
    }


def main(arguments: list[str]) -> dict[str, Any]:
    """Read the command's own options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos poison", description=__doc__)
    parser.add_argument("--small", action="store_true", help="2 others instead of 12")
    given = parser.parse_args(arguments)
    return asyncio.run(poison(conversations=2 if given.small else 12))
