"""Memory: the idle bot, its photo worker, and what 1 500 more conversations leave behind; from /proc, in MB."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import psutil

from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.bench.conversing import at_issue
from tests.bench.spread import against
from tests.journeys.customer import Customer
from tests.journeys.pictures import sharp
from tests.journeys.running_bot import RunningBot

IDLE_MB = 150.0
WORKER_MB = 90.0
GROWTH_MB = 5.0
EARLY, LATE = 500, 2000
AT_ONCE = 16
PHOTO_EVERY = 20
MB = 1024 * 1024


def run() -> dict[str, Any]:
    """Measure all three."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="clearshot-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with Sandbox() as sandbox, SandboxClient(sandbox.address) as client:
            bot = RunningBot(
                folder=folder, sandbox=sandbox, database=f"sqlite:///{folder / 'c.db'}", webhook=True
            )
            await bot.command("orders", "import", str(SAMPLE))
            await bot.start()
            try:
                return await _figures(client, bot)
            finally:
                await bot.stop()


async def _figures(client: SandboxClient, bot: RunningBot) -> dict[str, Any]:
    greeted = await Customer.arrive(client)
    await greeted.start()
    await greeted.sees("order number")
    idle = pss(bot)
    resident = rss(bot)
    await _converse(client, 0)
    worker = pss(bot) - idle
    await _many(client, range(1, EARLY))
    early = pss(bot)
    await _many(client, range(EARLY, LATE))
    late = pss(bot)
    return {
        "idle": against(max(idle, resident), IDLE_MB) | {"pss": round(idle, 1), "rss": round(resident, 1)},
        "photo_worker": against(worker, WORKER_MB),
        "growth": against(late - early, GROWTH_MB)
        | {f"pss_after_{EARLY}": round(early, 1), f"pss_after_{LATE}": round(late, 1)},
    }


async def _many(client: SandboxClient, numbers: range) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with turns:
            await _converse(client, number)

    await asyncio.gather(*(one(number) for number in numbers))


async def _converse(client: SandboxClient, number: int) -> None:
    """One conversation: order by shop, issue, kind; now and then a photo."""
    customer = await at_issue(client, number)
    await customer.tap("It is broken")
    await customer.tap("Skip")
    await customer.sees("The whole item from the front")
    if number % PHOTO_EVERY == 0:
        await customer.photos(sharp(number))
        await customer.sees("The defect from close by")


def _processes(bot: RunningBot) -> list[psutil.Process]:
    assert bot.process is not None
    parent = psutil.Process(bot.process.pid)
    return [parent, *parent.children(recursive=True)]


def pss(bot: RunningBot) -> float:
    """Sum what the bot and its children hold, shared pages by their share."""
    return sum(int(process.memory_full_info().pss) for process in _processes(bot)) / MB


def rss(bot: RunningBot) -> float:
    """Resident pages of the bot itself."""
    return float(_processes(bot)[0].memory_info().rss) / MB
