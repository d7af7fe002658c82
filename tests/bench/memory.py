"""Memory: the idle bot, its photo worker, and what 1 500 more conversations leave behind; from smaps_rollup, in MB (2**20).

Shared pages count by their share in PSS and fully in RSS; the larger is held against the limit. Growth is that of RSS:
shares also change when other processes begin or end.
"""

import asyncio
import statistics
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from bot.sandbox.client import SandboxClient
from storage.open import open_storage
from tests.bench.conversing import at_issue, by_link, fresh_bot, to_first_photo
from tests.bench.spread import against
from tests.journeys.customer import Customer
from tests.journeys.pictures import sharp
from tests.journeys.running_bot import RunningBot

IDLE_MB = 150.0
WORKER_MB = 90.0
GROWTH_MB = 5.0
STAGES = (500, 1000, 1500, 2000)
AT_ONCE = 16
PHOTO_EVERY = 20
REST_SECONDS = 15.0  # the relay remembers for ten what it has done
LOOKS = 5

Weight = dict[str, float]


def run() -> dict[str, Any]:
    """Measure all three."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    async with fresh_bot() as (client, bot):
        links = await _links(bot, count=max(STAGES) // 2)
        await bot.start()
        return await _figures(client, bot, links)


async def _links(bot: RunningBot, *, count: int) -> list[str]:
    """Tokens of sellers' links to one order, made before the bot runs."""
    store = open_storage(bot.database, owner="bench", now=lambda: datetime.now(UTC))
    now = datetime.now(UTC)
    try:
        return [
            await store.orders.mint("A-1017", seller="acme", at=now, expires=now + timedelta(days=1))
            for _ in range(count)
        ]
    finally:
        await store.close()


async def _figures(client: SandboxClient, bot: RunningBot, links: list[str]) -> dict[str, Any]:
    greeted = await Customer.arrive(client)
    await greeted.start()
    await greeted.sees("order number")
    idle = await _rested(client, bot)
    await _converse(client, PHOTO_EVERY, links=[])
    with_worker = await _rested(client, bot)
    worker = {name: with_worker[name] - idle[name] for name in idle}
    after: dict[str, Weight] = {}
    for begin, end in zip((0, *STAGES), STAGES, strict=False):
        await _many(client, range(begin, end), links)
        after[str(end)] = _rounded(await _rested(client, bot))
    first, last = (after[str(stage)]["rss"] for stage in (STAGES[0], STAGES[-1]))
    return {
        "idle": against(max(idle.values()), IDLE_MB) | _rounded(idle),
        "photo_worker": against(max(worker.values()), WORKER_MB) | _rounded(worker),
        "growth": against(last - first, GROWTH_MB) | {"after": after},
    }


async def _many(client: SandboxClient, numbers: range, links: list[str]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with turns:
            await _converse(client, number, links=links)

    await asyncio.gather(*(one(number) for number in numbers))


async def _converse(client: SandboxClient, number: int, *, links: list[str]) -> None:
    """One conversation: by link or by order number, issue, kind; now and then a photo, else Back and on again."""
    by_number = number % 2 == 0 or not links
    customer = await (at_issue(client, number) if by_number else by_link(client, links.pop()))
    await to_first_photo(customer)
    if number % PHOTO_EVERY in {0, PHOTO_EVERY // 2 + 1} and number % (2 * PHOTO_EVERY) < PHOTO_EVERY + 1:
        await customer.photos(await asyncio.to_thread(sharp, number))
        await customer.sees("The defect from close by")
    else:
        await customer.tap("Back")
        await customer.sees("Describe it")


async def _rested(client: SandboxClient, bot: RunningBot) -> Weight:
    """Wait until nothing is under way and what is kept for seconds is let go; then the median of some looks."""
    while any(one["pending"] for one in await client.bots()):  # noqa: ASYNC110 - another process empties them
        await asyncio.sleep(0.1)
    await asyncio.sleep(REST_SECONDS)
    looks = []
    for _ in range(LOOKS):
        looks.append(_weight(bot))
        await asyncio.sleep(0.2)
    return {name: statistics.median(look[name] for look in looks) for name in looks[0]}


def _weight(bot: RunningBot) -> Weight:
    """What the bot and its children hold."""
    assert bot.process is not None
    parent = psutil.Process(bot.process.pid)
    family = [_of(process.pid) for process in (parent, *parent.children(recursive=True))]
    return {name: sum(one[name] for one in family) for name in ("pss", "rss")}


def _of(pid: int) -> Weight:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return {"pss": sizes["Pss"], "rss": sizes["Rss"]}


def _rounded(weight: Weight) -> Weight:
    return {name: round(value, 1) for name, value in weight.items()}
