"""A running sandbox, a driver for its customers, and python-telegram-bot's own client against it."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

import pytest
from telegram import Bot
from telegram.error import BadRequest
from telegram.request import HTTPXRequest

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.conftest import in_ci
from tests.sandbox.echo_bot import picture


class Clock:
    """Time that goes on only when a test says so."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


def library_bot(sandbox: Sandbox, *, token: str | None = None) -> Bot:
    request = HTTPXRequest(connection_pool_size=8, read_timeout=5)
    return Bot(
        token or sandbox.token,
        base_url=sandbox.base_url,
        base_file_url=sandbox.base_file_url,
        request=request,
        get_updates_request=HTTPXRequest(read_timeout=5),
    )


def refused(words: str) -> AbstractContextManager[pytest.ExceptionInfo[BadRequest]]:
    """Expect the Bot API to answer 400 with these words."""
    return pytest.raises(BadRequest, match=re.compile(re.escape(words), re.IGNORECASE))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sandbox(clock: Clock) -> AsyncIterator[Sandbox]:
    async with Sandbox(now=clock, retry_unit=0.01) as running:
        yield running


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[SandboxClient]:
    async with SandboxClient(sandbox.address) as driver:
        yield driver


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with library_bot(sandbox) as library:
        yield library


@pytest.fixture
async def chat(client: SandboxClient, bot: Bot) -> int:
    """A chat that Anna has started; the update of it is acknowledged."""
    opened = await client.new_chat("Anna", language_code="de", username="anna")
    await client.start(opened)
    (update,) = await bot.get_updates()
    await bot.get_updates(offset=update.update_id + 1)
    return int(opened["id"])


@pytest.fixture
def photo() -> bytes:
    return picture("#567", size=(2400, 1800), words="front")


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        if in_ci():
            pytest.fail("chromium must not be missing here")
        pytest.skip("no chromium on this machine")
    return found
