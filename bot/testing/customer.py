"""The whole ring in memory, and a customer who drives it: for stories that a test tells."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Self

from bot.app.alarm import Alarm
from bot.app.performers import Outside, performers
from bot.app.pictures import StoredPictures
from bot.app.relay import Relay
from bot.manifest import file_names, manifest
from bot.ports import Parcel
from bot.testing.fakes import FakeJudge, FixedClock, Message, RecordingChat, RecordingInbox, picture
from flows.catalogue import Catalogue
from flows.engine import Engine
from flows.events import ChoiceMade, CommandGiven, Event, PhotoReceived, Started, TextReceived
from flows.values import PhotoKind, Upload
from storage.blobs import MemoryBlobs
from storage.open import open_storage
from storage.ports import Arrival, OrderRecord


class Playground:
    """The whole ring in memory around the real engine: streams, relay, performers; a customer drives it."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        orders: Sequence[OrderRecord] = (),
        operators: Sequence[int] = (),
        engine: Engine | None = None,
    ) -> None:
        self.clock = FixedClock()
        self.chat = RecordingChat()
        self.judge = FakeJudge()
        self.blobs = MemoryBlobs()
        self.inboxes = {seller: RecordingInbox() for seller in (*catalogue.sellers, "support")}
        self.storage = open_storage("memory:", owner="playground", now=self.clock.now)
        self._catalogue = catalogue
        self._orders = orders
        self._engine = engine or Engine(catalogue)
        self.alarm = Alarm(chat=self.chat, operators=operators, clock=self.clock)
        self.relay = self._made_relay()

    def _made_relay(self) -> Relay:
        outside = Outside(
            chat=self.chat,
            pictures=StoredPictures(blobs=self.blobs, judge=self.judge, drawing=lambda name: name.encode()),
            judge=self.judge,
            blobs=self.blobs,
            inboxes=self.inboxes,
            preparations={},
            link_to=lambda key, name: f"https://bot.example/copies/{key}/{name}",
            sources=(),
            texts=self._catalogue.texts,
            name_files=file_names,
            write_manifest=manifest,
            answer_takes=0.0,
        )
        jobs = performers(outside, storage=self.storage, alarm=self.alarm, clock=self.clock)
        return Relay(
            outbox=self.storage.outbox,
            streams=self.storage.streams,
            jobs=jobs,
            alarm=self.alarm,
            clock=self.clock,
        )

    async def __aenter__(self) -> Self:
        await self.storage.open(self._engine.step)
        await self.storage.orders.save(self._orders)
        await self.relay.start()
        return self

    async def __aexit__(self, *_fault: object) -> None:
        await self.relay.stop()
        await self.alarm.close()
        await self.storage.close()

    def customer(self, chat: int = 42, *, name: str = "Anna", language: str = "en") -> "Customer":
        """Let a customer in."""
        return Customer(self, chat=chat, name=name, language=language)

    async def pass_time(self, by: timedelta = timedelta(seconds=2)) -> None:
        """Let everything happen that can, then time pass, and what comes due happen too."""
        await self.relay.quiet()
        self.clock.advance(by)
        await self.relay.quiet()

    @property
    def bundles(self) -> list[Parcel]:
        """Everything that was delivered, in order."""
        return [parcel for inbox in self.inboxes.values() for parcel in inbox.parcels.values()]


class Customer:
    """Drives a chat as a person would: types, taps what is shown, sends photos, reads."""

    def __init__(self, playground: Playground, *, chat: int, name: str, language: str) -> None:
        self._playground = playground
        self.chat = chat
        self._about = {"name": name, "language": language}
        self._count = 0

    async def start(self, payload: str = "") -> None:
        """Send /start, perhaps through a deep link."""
        await self._post(Started(payload=payload, **self._who()))

    async def say(self, words: str) -> None:
        """Type words; a leading slash is a command."""
        if words.startswith("/"):
            command, _, argument = words[1:].partition(" ")
            await self._post(CommandGiven(command=command, argument=argument, **self._who()))
        else:
            await self._post(TextReceived(text=words, **self._who()))

    async def tap(self, label: str) -> None:
        """Press the newest button whose words begin with `label`; LookupError names what there is."""
        for shown in reversed(self.messages):
            for button in shown.buttons:
                if _words(button.text).startswith(label):
                    await self._post(ChoiceMade(data=button.data, **{**self._who(), "message": shown.id}))
                    return
        raise LookupError(
            f"no button {label!r}; there are {[b.text for m in self.messages for b in m.buttons]}"
        )

    async def photo(
        self, what: str = "ok", *, kind: PhotoKind = "photo", content: bytes | None = None
    ) -> None:
        """Send a photo with these problems (`blur`), or given bytes."""
        who = self._who()
        file = f"file-{self.chat}-{self._count}"
        self._playground.chat.uploads[file] = content or picture(what, serial=self._count)
        upload = Upload(file_id=file, unique_id=f"unique-{file}", kind=kind)
        await self._post(PhotoReceived(upload=upload, **who))

    async def _post(self, event: Event) -> None:
        arrival = Arrival(
            source="telegram", id=f"{self.chat}.{self._count}", chat=self.chat, event=event, order=self._count
        )
        await self._playground.storage.streams.post(arrival)
        await self._playground.pass_time()

    def _who(self) -> dict[str, Any]:
        self._count += 1
        nonce = hashlib.sha256(f"{self.chat}.{self._count}".encode()).hexdigest()[:16]
        return {**self._about, "at": self._playground.clock.now(), "nonce": nonce, "message": self._count}

    @property
    def messages(self) -> list[Message]:
        """What the chat shows, oldest first."""
        return self._playground.chat.messages[self.chat]

    @property
    def last(self) -> Message:
        """The newest message."""
        return self.messages[-1]

    @property
    def buttons(self) -> list[str]:
        """The words on the newest message that has buttons."""
        for shown in reversed(self.messages):
            if shown.buttons:
                return [button.text for button in shown.buttons]
        return []


def _words(label: str) -> str:
    """A button's words without the sign before them."""
    return label.lstrip("".join(sign for sign in label if not sign.isalnum()))
