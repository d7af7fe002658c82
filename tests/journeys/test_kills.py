"""SIGKILL at many moments of a journey with photos: after the restart it ends with the right bundle, once."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.journeys.conftest import RunningBot
from tests.journeys.customer import Customer
from tests.journeys.pictures import sharp

STEPS = 9


async def walk(customer: Customer, step: int) -> None:
    """One act of the customer; each waits until the bot has asked for it."""
    match step:
        case 0:
            await customer.tap("Product defect")
        case 1:
            await customer.tap("It is broken")
        case 2:
            await customer.tap("Skip")
        case 3:
            await customer.sees("The whole item from the front")
            await customer.photos(sharp(11))
        case 4:
            await customer.sees("The defect from close by")
            await customer.photos(sharp(12), sharp(13))
        case 5:
            await customer.sees("2 of up to 3")
            await customer.tap("Enough")
        case 6:
            await customer.sees("The label with model")
            await customer.tap("Skip")
            await customer.sees("The whole item from the back")
            await customer.tap("Skip")
        case 7:
            await customer.tap("A replacement")
            await customer.tap("Use this message")
        case 8:
            await customer.sees("Shall I send it?")
            await customer.tap("Send")


@pytest.mark.slow
@pytest.mark.parametrize("killed_at", range(STEPS))
async def test_a_bot_killed_in_the_middle_ends_the_journey_once(
    tmp_path: Path, sandbox: Sandbox, client: SandboxClient, killed_at: int
) -> None:
    bot = RunningBot(
        folder=tmp_path, sandbox=sandbox, database=f"sqlite:///{tmp_path / 'c.db'}", webhook=True
    )
    await bot.command("orders", "import", str(SAMPLE))
    link = (await bot.command("orders", "link", "A-1017")).strip().rsplit("start=", 1)[1]
    await bot.start()
    customer = await Customer.arrive(client)
    await customer.start(link)

    for step in range(STEPS):
        if step != killed_at:
            await walk(customer, step)
            continue
        acting = asyncio.create_task(walk(customer, step))
        await asyncio.sleep(0.03 * (1 + killed_at % 4))  # anywhere within what follows: every moment must do
        await bot.kill()
        await bot.start()
        await acting

    await customer.sees("Delivered to Acme Outdoor")
    [folder] = (bot.inbox / "acme").iterdir()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert [photo["label"] for photo in manifest["photos"]] == [
        "ProductDefect_FrontView",
        "ProductDefect_CloseUp_1",
        "ProductDefect_CloseUp_2",
    ]
    assert len({photo["original_sha256"] for photo in manifest["photos"]}) == 3
    assert "Traceback" not in bot.log
    await bot.stop()
