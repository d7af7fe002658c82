"""Backed up while the bot works, destroyed, restored: the case is whole, also on the other engine and in an object store."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.journeys.customer import Customer
from tests.journeys.pictures import lying, sharp
from tests.journeys.running_bot import RunningBot
from tests.object_store import ObjectStore
from tests.postgres import PostgresServer


async def restless(client: SandboxClient, stop: asyncio.Event) -> None:
    """Another customer, who keeps the bot busy."""
    ben = await Customer.arrive(client, name="Ben")
    await ben.start()
    while not stop.is_set():
        await ben.type("/status")
        await asyncio.sleep(0.3)


async def first_half(anna: Customer) -> None:
    await anna.start()
    await anna.sees("order number")
    await anna.type("A-1017")
    await anna.type("10115")
    for button in ("Proof of purchase", "Guarantee or repair"):
        await anna.tap(button)
    await anna.photos(lying(2), as_file=True)
    await anna.sees("1 of up to 3")
    await anna.photos(sharp(3))
    await anna.sees("2 of up to 3")


async def second_half(anna: Customer) -> None:
    for button in ("Enough", "Skip", "Skip", "Skip", "Use this message", "Send"):
        await anna.tap(button)
    await anna.sees("Delivered to Acme")


@pytest.mark.postgres
async def test_a_case_is_whole_after_everything_was_lost_and_restored(
    tmp_path: Path,
    sandbox: Sandbox,
    client: SandboxClient,
    postgres_server: PostgresServer,
    object_store: ObjectStore,
) -> None:
    sellers = f'sellers:\n  acme: {{name: "Acme", settings: {{path: {tmp_path / "inbox" / "acme"}}}}}\n'
    bot = RunningBot(
        folder=tmp_path, sandbox=sandbox, database=f"sqlite:///{tmp_path / 'c.db'}", webhook=True, sellers=sellers,
        extra={"CLEARSHOT_ORDERS": str(SAMPLE)},
    )  # fmt: skip
    await bot.start()
    anna, stop = await Customer.arrive(client), asyncio.Event()
    busy = asyncio.create_task(restless(client, stop))
    try:
        await first_half(anna)
        assert " 2 photos" in await bot.command("backup", str(tmp_path / "kept.tar"))
    finally:
        stop.set()
        await busy
        await bot.kill()
    for lost in tmp_path.glob("c.db*"):
        lost.unlink()
    shutil.rmtree(tmp_path / "blobs")
    bot.database = postgres_server.database()
    bot.extra = {**object_store.environ, "CLEARSHOT_BLOBS": f"s3://{object_store.bucket()}/photos"}

    assert "2 photos are back" in await bot.command("restore", str(tmp_path / "kept.tar"))
    await bot.start()
    try:
        await second_half(anna)
    finally:
        await bot.stop()

    [folder] = (bot.inbox / "acme").iterdir()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert len(manifest["photos"]) == 2
    assert all((folder / photo["file"]).is_file() for photo in manifest["photos"])
    assert "Traceback" not in bot.log
