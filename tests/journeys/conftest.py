"""Fixtures of journeys: a local Telegram, a customer's door to it, and the real bot on both databases by both ways."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.journeys.running_bot import RunningBot
from tests.span_collector import SpanCollector, span_collector


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(retry_unit=0.1) as found:
        yield found


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[SandboxClient]:
    async with SandboxClient(sandbox.address) as found:
        yield found


@pytest.fixture
async def collector() -> AsyncIterator[SpanCollector]:
    """What takes the spans of a bot that is told to send them."""
    async with span_collector() as found:
        yield found


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'clearshot.db'}"
    return str(request.getfixturevalue("postgres_server").database())


@pytest.fixture(params=["webhook", "polling"])
async def bot(
    request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox, database: str
) -> AsyncIterator[RunningBot]:
    """A running bot with the sample orders."""
    found = RunningBot(
        folder=tmp_path, sandbox=sandbox, database=database, webhook=request.param == "webhook"
    )
    await found.command("db", "upgrade")
    from bot.orders.csv_file.adapter import SAMPLE  # noqa: PLC0415

    await found.command("orders", "import", str(SAMPLE))
    await found.start()
    yield found
    await found.stop()
