"""Reply: from a tap to the new message, and from a 1280-px photo to its verdict; the real bot by webhook, on SQLite."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.bench.conversing import at_issue
from tests.bench.spread import against, share, spread
from tests.journeys.customer import Customer, labels, words
from tests.journeys.pictures import sharp
from tests.journeys.running_bot import RunningBot

CUSTOMERS = 10
TAPS = 20  # of each customer, one after the other: more at once would be taken for a flood
CASES = 20
TAP_MS = 50.0
PHOTO_MS = 600.0


def run() -> dict[str, Any]:
    """Measure both; milliseconds."""
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
                taps = [
                    ms for number in range(CUSTOMERS) for ms in await _taps(await at_issue(client, number))
                ]
                first, *photos = [ms for case in range(CASES) for ms in await _photos(client, case)]
            finally:
                await bot.stop()
    return {
        "tap": against(share(taps, 0.95), TAP_MS) | {"spread": spread(taps)},
        "photo": against(share(photos, 0.95), PHOTO_MS) | {"spread": spread(photos)},
        "first_photo": round(first),  # its worker starts
    }


async def _taps(customer: Customer) -> list[float]:
    """Go one step on and back again, many times."""
    took = []
    for _ in range(TAPS // 2):
        took.append(await _tap(customer, "It is broken", "Describe it"))
        took.append(await _tap(customer, "Back", "What is wrong with it?"))
    return took


async def _tap(customer: Customer, button: str, answer: str) -> float:
    client = customer.client
    message = await client.wait_for(customer.chat, lambda m: any(button in label for label in labels(m)))
    label = next(label for label in labels(message) if button in label)
    before = client.mark()
    begun = time.perf_counter()
    pressed = asyncio.create_task(client.press(customer.chat, message, label))
    await client.wait_for(
        customer.chat, lambda m: answer in words(m) and bool(labels(m)) and m is not message, after=before
    )
    took = time.perf_counter() - begun
    await pressed
    return took * 1000


async def _photos(client: SandboxClient, case: int) -> list[float]:
    """Send the first two photos of a case, each alone; from before the upload to the tick."""
    customer = await at_issue(client, CUSTOMERS + case)
    await customer.tap("It is broken")
    await customer.tap("Skip")
    await customer.sees("The whole item from the front")
    took = []
    for number, answer in enumerate(("The defect from close by", "1 of up to 3")):
        before = client.mark()
        begun = time.perf_counter()
        await customer.photos(sharp(1000 + 10 * case + number))
        await client.wait_for(customer.chat, _saying(answer), after=before)
        took.append((time.perf_counter() - begun) * 1000)
    return took


def _saying(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda message: text in words(message)
