"""The bot that benches talk to, how their customers come to an issue, and how a message is told to answer them."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import DEFAULT_TOKEN
from tests.journeys.customer import Customer, Json, words
from tests.journeys.running_bot import RunningBot

Fits = Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class TelegramApart:
    """A local Telegram that runs as a process of its own: what it does is not done by the one that measures."""

    token: str
    address: str


@asynccontextmanager
async def telegram_apart() -> AsyncIterator[TelegramApart]:
    """Serve while the block lasts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.sandbox", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        page = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        yield TelegramApart(token=DEFAULT_TOKEN, address=page.split()[-1].rstrip("/"))
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def fresh_bot() -> AsyncIterator[tuple[SandboxClient, RunningBot]]:
    """Yield a local Telegram's client and a bot by webhook on SQLite that knows orders; the caller starts it."""
    with tempfile.TemporaryDirectory(prefix="clearshot-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with telegram_apart() as sandbox, SandboxClient(sandbox.address) as client:
            bot = RunningBot(
                folder=folder, sandbox=sandbox, database=f"sqlite:///{folder / 'c.db'}", webhook=True
            )
            await bot.command("orders", "import", str(SAMPLE))
            try:
                yield client, bot
            finally:
                await bot.stop()


async def at_issue(client: SandboxClient, number: int) -> Customer:
    """Begin by an order number that nobody knows, then by the shop; up to the first question of a product defect."""
    customer = await Customer.arrive(client, name=f"Guest{number}")
    await customer.start()
    await customer.sees("order number")
    await customer.type(f"X-{number}")
    await customer.sees("postcode")
    await customer.type("00000")
    await customer.tap("Choose the shop")
    await customer.tap("Acme Outdoor")
    await _picked(customer)
    return customer


async def by_link(client: SandboxClient, token: str) -> Customer:
    """Begin by a seller's link, which brings the order; up to the first question of a product defect."""
    customer = await Customer.arrive(client, name="Anna")
    await customer.start(token)
    await _picked(customer)
    return customer


async def _picked(customer: Customer) -> None:
    await customer.tap("Product defect")
    await customer.sees("What is wrong with it?")


async def to_first_photo(customer: Customer) -> None:
    """Go on from the first question to the first shot."""
    await customer.tap("It is broken")
    await customer.tap("Skip")
    await customer.sees("The whole item from the front")


def serial(message: Json) -> int:
    """The number in a message's buttons, which each step of a case raises; -1 where there are none."""
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    found = [int(button["callback_data"].split(".")[1]) for row in rows for button in row]
    return max(found, default=-1)


def answering(before: Json, text: str) -> Fits:
    """Whether a message says this and asks on, with buttons made after those of `before`: no earlier message does."""
    return lambda message: text in words(message) and serial(message) > serial(before)
