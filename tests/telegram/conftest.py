"""A sandbox with a client and a customer's driver, and streams that record what they commit."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from bot.telegram.chat import TelegramChat
from bot.telegram.client import TelegramBot
from bot.telegram.courtesies import Courtesies
from bot.telegram.intake import Intake
from bot.testing import FixedClock
from flows.conversation import ChatState
from flows.events import Event
from storage.ports import Arrival, Committed


@dataclass
class RecordingStreams:
    """Streams as strict as the port: commits are in order, repeats change nothing, failures write nothing."""

    committed: list[Arrival] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.gate.set()

    async def post(self, arrival: Arrival) -> Committed:
        self.waiting += 1
        async with self.changed:
            self.changed.notify_all()
        try:
            await self.gate.wait()
        finally:
            self.waiting -= 1
        if self.failures:
            raise self.failures.pop(0)
        if any((known.source, known.id) == (arrival.source, arrival.id) for known in self.committed):
            return Committed(repeated=True)
        self.committed.append(arrival)
        async with self.changed:
            self.changed.notify_all()
        return Committed()

    async def load(self, chat: int) -> ChatState:
        raise NotImplementedError

    async def chats_of(self, case: str) -> int | None:
        raise NotImplementedError

    def events(self, chat: int | None = None) -> list[Event]:
        return [arrival.event for arrival in self.committed if chat in (None, arrival.chat)]

    async def until(self, count: int) -> None:
        """Wait until so many arrivals are committed."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: len(self.committed) >= count)

    async def until_waiting(self, count: int) -> None:
        """Wait until so many arrivals have come and wait for their commit."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: self.waiting >= count)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(retry_unit=0.01) as running:
        yield running


@pytest.fixture
async def customer(sandbox: Sandbox) -> AsyncIterator[SandboxClient]:
    async with SandboxClient(sandbox.address) as client:
        yield client


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[TelegramBot]:
    client = TelegramBot(sandbox.token, api=sandbox.address)
    await client.open()
    yield client
    await client.close_connections()


@pytest.fixture
def chat(bot: TelegramBot) -> TelegramChat:
    return TelegramChat(bot)


@pytest.fixture
async def courtesies(bot: TelegramBot) -> AsyncIterator[Courtesies]:
    small = Courtesies(bot)
    yield small
    await small.close()


@pytest.fixture
def streams() -> RecordingStreams:
    return RecordingStreams()


@pytest.fixture
def intake(streams: RecordingStreams, courtesies: Courtesies) -> Intake:
    return Intake(streams=streams, courtesies=courtesies, clock=FixedClock())
