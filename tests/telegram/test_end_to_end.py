"""From a customer's tap to a committed chat, by webhook and by polling, with commits that fail on the way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from bot.sandbox.client import SandboxClient
from bot.telegram.chat import TelegramChat
from bot.telegram.client import TelegramBot
from bot.telegram.courtesies import Courtesies
from bot.telegram.intake import Intake
from bot.telegram.polling import Poller
from bot.telegram.setup import use_polling, use_webhook
from bot.telegram.webhook import Webhook
from bot.testing import FixedClock
from flows.conversation import ChatState
from flows.effects import Say
from flows.events import ChoiceMade, Event, PhotoReceived, TextReceived
from flows.outcome import Outcome
from flows.values import Button, Span
from storage.memory import MemoryStorage
from storage.ports import Arrival, Committed, StorageFailure, Streams
from tests.telegram.test_chat import drawing

SECRET = "canary_of-the-webhook"


def noting(state: ChatState, event: Event) -> Outcome:
    """Write what happened into the chat's name: the only thing that this little conversation remembers."""
    if isinstance(event, ChoiceMade):
        note = f"press:{event.data}"
    elif isinstance(event, PhotoReceived):
        note = "album" if event.album else "photo"
    else:
        note = event.text if isinstance(event, TextReceived) else type(event).__name__
    return Outcome(state=replace(state, chat=replace(state.chat, name=f"{state.chat.name} {note}".strip())))


@dataclass
class Stumbling:
    """Streams whose commit fails twice for every third arrival that they see for the first time."""

    streams: Streams
    failures: dict[str, int] = field(default_factory=dict)
    committed: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def post(self, arrival: Arrival) -> Committed:
        if arrival.id not in self.failures:
            self.failures[arrival.id] = 2 if len(self.failures) % 3 == 0 else 0
        if self.failures[arrival.id]:
            self.failures[arrival.id] -= 1
            raise StorageFailure("busy")
        committed = await self.streams.post(arrival)
        async with self.changed:
            self.committed += 0 if committed.repeated else 1
            self.changed.notify_all()
        return committed

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: self.committed >= count)

    async def load(self, chat: int) -> ChatState:
        return await self.streams.load(chat)

    async def chats_of(self, case: str) -> int | None:
        return await self.streams.chats_of(case)


@pytest.fixture
async def store() -> AsyncIterator[MemoryStorage]:
    storage = MemoryStorage(FixedClock().now)
    await storage.open(noting)
    yield storage
    await storage.close()


@contextlib.asynccontextmanager
async def by_webhook(intake: Intake, bot: TelegramBot) -> AsyncIterator[None]:
    application = web.Application()
    application.add_routes(Webhook(intake, secret=SECRET).routes("/telegram"))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await use_webhook(bot, address=f"http://127.0.0.1:{runner.addresses[0][1]}/telegram", secret=SECRET)
    yield
    await use_polling(bot)
    await runner.cleanup()


@contextlib.asynccontextmanager
async def by_polling(intake: Intake, bot: TelegramBot) -> AsyncIterator[None]:
    await use_polling(bot)
    poller = Poller(intake, bot, courtesies=intake._courtesies, first_pause=0.01)
    poller.start()
    yield
    await poller.stop()


Receiving = Callable[[Intake, TelegramBot], contextlib.AbstractAsyncContextManager[None]]


@pytest.mark.parametrize("receiving", [by_webhook, by_polling])
async def test_what_a_customer_does_is_remembered_once_and_in_order(
    receiving: Receiving, store: MemoryStorage, bot: TelegramBot, customer: SandboxClient
) -> None:
    courtesies = Courtesies(bot)
    streams = Stumbling(store.streams)
    intake = Intake(streams=streams, courtesies=courtesies, clock=FixedClock())
    chat = await customer.new_chat("Mara")

    async with receiving(intake, bot):
        await customer.start(chat)
        await customer.send_text(chat, "hello")
        await customer.send_photos(chat, [drawing(colour) for colour in ("red", "green", "blue")])
        await customer.send_photos(chat, [drawing("white")], as_file=True)
        await customer.send_text(chat, "that is all")
        question = Say(spans=(Span(text="Right?"),), buttons=((Button(text="Yes", data="K7F3QX.1.yes"),),))
        sent = await TelegramChat(bot).send(chat["id"], question, None)
        pressed = await customer.press(chat, sent.message, "Yes")
        await streams.until(8)

    state = await store.streams.load(chat["id"])
    notes = state.chat.name.split(" ")
    messages = [note for note in notes if not note.startswith("press")]
    assert messages == ["Started", "hello", "album", "album", "album", "photo", "that", "is", "all"]
    assert notes.count("press:K7F3QX.1.yes") == 1  # queued apart from messages by Telegram: its place is open
    assert streams.committed == 8
    assert pressed["answer"] is not None
    await courtesies.close()


async def test_a_forged_update_reaches_nobody(
    store: MemoryStorage, bot: TelegramBot, customer: SandboxClient
) -> None:
    intake = Intake(streams=store.streams, courtesies=Courtesies(bot), clock=FixedClock())
    chat = await customer.new_chat("Mara")

    async with by_webhook(intake, bot):
        hook = await bot.call("getWebhookInfo")
        await use_webhook(bot, address=hook["url"], secret="not-the-secret")
        await customer.start(chat)
        entry = await refused(customer)

    assert entry["status"] == 401
    assert (await store.streams.load(chat["id"])).chat.name == ""


async def refused(customer: SandboxClient) -> dict[str, int]:
    """Wait for a delivery that the webhook refused."""
    while True:
        for entry in await customer.calls():
            if entry["direction"] == "webhook":
                return dict(entry)
