"""A relay on a little store, with a chat, an inbox and a clock that a test can play with."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.app.alarm import Alarm
from bot.app.deliveries import Deliverer, Packer, delayed, failed
from bot.app.jobs import Job, Jobs, Result
from bot.app.patience import DELIVERING, SENDING
from bot.app.pictures import StoredPictures
from bot.app.relay import Relay
from bot.app.speaking import Speaker
from bot.testing import FakeJudge, FixedClock, RecordingChat, RecordingInbox
from flows.effects import AlertOperators, DeliverBundle, Say
from flows.values import Bundle, Order, Seller, Span
from storage.blobs import MemoryBlobs
from storage.ports import OutboxRow
from tests.app.little_store import LittleStore

OPERATOR = 900


@dataclass
class World:
    """Everything around one relay; `crash` and `start` play a process that dies and comes back."""

    store: LittleStore = field(default_factory=LittleStore)
    chat: RecordingChat = field(default_factory=RecordingChat)
    inboxes: dict[str, RecordingInbox] = field(default_factory=dict)
    clock: FixedClock = field(default_factory=FixedClock)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    luck: float = 0.999999
    relay: Relay = field(init=False)
    alarm: Alarm = field(init=False)

    async def start(self) -> None:
        self.alarm = Alarm(chat=self.chat, operators=[OPERATOR], clock=self.clock)
        self.relay = Relay(
            outbox=self.store,
            streams=self.store,
            jobs=self.jobs(),
            alarm=self.alarm,
            clock=self.clock,
            chance=lambda: self.luck,
        )
        await self.relay.start()

    def jobs(self) -> Jobs:
        judge = FakeJudge()
        pictures = StoredPictures(blobs=self.blobs, judge=judge, drawing=lambda _name: None)
        speak = Speaker(chat=self.chat, pictures=pictures, outbox=self.store)
        packer = Packer(
            blobs=self.blobs,
            judge=judge,
            name_files=lambda bundle, _mimes, _pattern: [f"{photo.label}.jpg" for photo in bundle.photos],
            write_manifest=lambda _bundle, _files: b"{}",
            preparations={},
            link_to=lambda key, name: f"https://bot.example/copies/{key}/{name}",
        )
        post = Deliverer(inboxes=self.inboxes, packer=packer, promptness={}, clock=self.clock)

        async def alert(row: OutboxRow) -> Result:
            await self.alarm.tell(getattr(row.effect, "text", ""))
            return Result()

        return {
            Say: Job(perform=speak, pool="sends", patience=SENDING),
            DeliverBundle: Job(
                perform=post.deliver,
                pool="deliveries",
                patience=DELIVERING,
                surrender=failed,
                delayed=delayed,
                gate=post.gate,
            ),
            AlertOperators: Job(perform=alert, pool="rest", patience=SENDING),
        }

    async def crash(self) -> None:
        """End without finishing anything."""
        self.store.crash()
        await self.relay.stop(grace=0)
        await self.alarm.close()

    async def pass_time(self, seconds: float, *, step: float = 1.0) -> None:
        """Let time pass in steps, and everything happen that comes due."""
        left = seconds
        while left > 0:
            self.clock.advance(timedelta(seconds=min(step, left)))
            left -= step
            await self.relay.quiet()

    def texts(self, chat: int = 1) -> list[str]:
        return [shown.text for shown in self.chat.messages[chat]]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World(inboxes={"acme": RecordingInbox(), "bolt": RecordingInbox(), "support": RecordingInbox()})
    await world.start()
    yield world
    await world.crash()


def say(text: str, **fields: object) -> Say:
    return Say(spans=(Span(text=text),), **fields)  # type: ignore[arg-type]


def delivery(case: str = "K7F3QX", *, seller: str = "acme", number: int = 1) -> DeliverBundle:
    return DeliverBundle(
        bundle=Bundle(
            case=case,
            number=number,
            seller=Seller(id=seller, name=seller.title()),
            order=Order(number="A-17", seller=seller),
            item=None,
            issue="product_defect",
            issue_title="Product defect",
            summary="Mug: broken",
            locale="en",
            message="Hello",
            customer_name="Anna",
            customer_locale="en",
        )
    )
