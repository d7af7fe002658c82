"""A new release is rolled out while customers write: the old process ends cleanly, the new one goes on, nothing is lost."""

import asyncio
from pathlib import Path

import aiohttp

from bot.bootstrap import make_store
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from bot.settings import Settings
from tests.journeys.customer import Customer
from tests.journeys.running_bot import RunningBot

CUSTOMERS, TEXTS = 3, 9


async def write(client: SandboxClient, number: int) -> None:
    anna = await Customer.arrive(client, name=f"Anna {number}")
    await anna.start()
    for text in range(TEXTS - 1):
        await anna.type(f"text {text}")
        await asyncio.sleep(0.3)


async def until_nothing_waits(sandbox: Sandbox) -> None:
    """Wait until Telegram has got rid of every update."""
    url = f"{sandbox.address}/bot{sandbox.token}/getWebhookInfo"
    async with aiohttp.ClientSession() as session:
        for _ in range(300):
            async with session.get(url) as answer:
                if (await answer.json())["result"]["pending_update_count"] == 0:
                    return
            await asyncio.sleep(0.1)
    raise AssertionError("updates still wait")


async def until_it_runs(bot: RunningBot) -> None:
    for _ in range(300):
        if "runs by webhook" in bot.log:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(bot.log)


async def test_no_update_is_lost_when_one_process_follows_another(
    tmp_path: Path, sandbox: Sandbox, client: SandboxClient
) -> None:
    database = f"sqlite:///{tmp_path / 'c.db'}"
    bot = RunningBot(folder=tmp_path, sandbox=sandbox, database=database, webhook=True)
    await bot.start()
    writing = [asyncio.create_task(write(client, number)) for number in range(CUSTOMERS)]
    try:
        await until_it_runs(bot)
        await asyncio.sleep(1)
        await bot.stop()
        assert bot.process is not None
        ended = bot.process.returncode
        await bot.start()
        await asyncio.gather(*writing)
        await until_nothing_waits(sandbox)
    finally:
        await bot.stop()

    seen: list[str] = []
    store = make_store(Settings(database=database), guest=True)
    try:
        await store.copy_out(
            lambda table, rows: (
                seen.extend(row["id"] for row in rows if row["source"] == "telegram")
                if table == "seen"
                else None
            )
        )
    finally:
        await store.close()
    assert ended == 0
    assert len(seen) == len(set(seen)) == CUSTOMERS * TEXTS
    assert "Traceback" not in bot.log
