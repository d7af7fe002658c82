"""Flood: one chat sends 1 500 updates at once; how long do the others wait, and what does the flooder hear?"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.client import SandboxClient
from tests.chaos.world import World, world
from tests.journeys.customer import words

AT_ONCE = 1500
OTHERS = 6
ROUNDS = 12
PATIENCE = 120.0
PAUSE = 0.1
"""Seconds that a customer waits before the next question."""


@dataclass
class Other:
    """A customer who asks for the list of cases, time and again."""

    client: SandboxClient
    chat: dict[str, Any] = field(default_factory=dict)
    waits: list[tuple[float, float]] = field(default_factory=list)  # when it began, how long it took

    async def arrive(self, link: str) -> None:
        self.chat = await self.client.new_chat("Anna", language_code="en")
        await self.client.start(self.chat, link)
        await self.client.wait_for(self.chat, lambda m: "What happened?" in words(m), PATIENCE)

    async def ask(self, rounds: int) -> list[tuple[float, float]]:
        """Ask, and wait for the answer, so often; when each began and how long it took, in seconds."""
        self.waits = []
        for _ in range(rounds):
            mark, began = self.client.mark(), time.perf_counter()
            await self.client.send_text(self.chat, "/help")
            await self.client.wait_for(self.chat, _is_answer, PATIENCE, after=mark)
            self.waits.append((began, time.perf_counter() - began))
            await asyncio.sleep(PAUSE)  # and no flood of their own
        return self.waits


def _is_answer(message: dict[str, Any]) -> bool:
    return bool((message.get("from") or {}).get("is_bot"))


async def pour(place: World, chat: int, *, count: int, secret: str) -> dict[str, int]:
    """Let another process send them, so that the measuring one is not held up itself; how many got which status."""
    port = place.pack.replicas[0].port
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.pouring", str(port), str(chat), str(count), secret,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    await process.stdout.readline()  # its imports are done: now it pours
    said = await process.stdout.read()
    await process.wait()
    found: dict[str, int] = json.loads(said)
    return found


def percentile(values: list[float], share: float) -> float:
    """The value below which this share lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def _asked(others: list[Other], rounds: int) -> list[tuple[float, float]]:
    return [wait for waits in await asyncio.gather(*(one.ask(rounds) for one in others)) for wait in waits]


async def flood(*, count: int, rounds: int) -> dict[str, Any]:
    """Measure quiet, then with the flood, in one run."""
    ends: list[float] = []
    secret = "flood-secret-of-this-run"
    async with world(
        engine="sqlite", conversations=OTHERS + 1, extra={"CLEARSHOT_TELEGRAM_SECRET": secret}
    ) as place:
        others = [Other(place.client) for _ in range(OTHERS)]
        for other, link in zip(others, place.links, strict=False):
            await other.arrive(link)
        flooder = await place.client.new_chat("Flood", language_code="en")
        await place.client.start(flooder)
        await asyncio.sleep(1.0)
        quiet = await _asked(others, rounds)
        pouring = asyncio.create_task(pour(place, int(flooder["id"]), count=count, secret=secret))
        pouring.add_done_callback(lambda _task: ends.append(time.perf_counter()))
        flooded = await _asked(others, 2 * rounds)
        statuses = await pouring
        heard = [words(m) for m in await place.client.messages(flooder) if _is_answer(m)]
    calm = [took for _, took in quiet]
    meanwhile = [took for began, took in flooded if began < ends[0]]
    before, during = percentile(calm, 0.95), percentile(meanwhile, 0.95)
    return {
        "campaign": "flood",
        "updates_at_once": count,
        "statuses": statuses,
        "others": OTHERS,
        "samples": [len(calm), len(meanwhile)],
        "p95_quiet_ms": round(1000 * before, 1),
        "p95_flooded_ms": round(1000 * during, 1),
        "worst_flooded_ms": round(1000 * max(meanwhile), 1),
        "ratio": round(during / before, 2),
        "told_to_slow_down": sum("a lot at once" in line for line in heard),
        "messages_to_the_flooder": len(heard),
        "wrong_at": [],
    }


def main(arguments: list[str]) -> dict[str, Any]:
    """Read the command's own options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos flood", description=__doc__)
    parser.add_argument("--updates", type=int, default=AT_ONCE)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--small", action="store_true", help="300 updates, 5 rounds")
    given = parser.parse_args(arguments)
    if given.small:
        return asyncio.run(flood(count=300, rounds=5))
    return asyncio.run(flood(count=given.updates, rounds=given.rounds))
