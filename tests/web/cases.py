"""A store with cases of two sellers in it, made by the real engine, with real pictures; for pages and hooks."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.manifest import file_names, manifest
from bot.ports import LabelledFile
from flows.catalogue import Catalogue
from flows.conversation import Chat, ChatState, Conversation
from flows.engine import Engine
from flows.events import Event, Garbled
from flows.loader import load
from flows.outcome import Outcome
from flows.values import Bundle, Item, Order, Seller
from flows.workbench.rehearsal import Rehearsal
from storage.blobs import MemoryBlobs
from storage.open import open_storage
from storage.ports import Arrival
from storage.sql.store import SqlStorage
from tests.cli.picture_files import photograph
from tests.flows.conftest import shipped_drawings, shipped_files, shipped_texts
from tests.flows.driving import to_review

ACME = Seller(id="acme", name="Acme Outdoor", locale="en")
BOLT = Seller(id="bolt", name="Bolt & Co", locale="de")
SEED = "seed"
BEGAN = datetime(2026, 11, 23, 12, tzinfo=UTC)
Dress = Callable[[int, LabelledFile], LabelledFile]
Amend = Callable[[Bundle], Bundle]
SIGNS = "23456789BCDFGHJKLMNPQRSTVWXZ"


def undressed(_number: int, file: LabelledFile) -> LabelledFile:
    """Leave a file as it is."""
    return file


def code_of(number: int) -> str:
    """Make a case's code of a number."""
    digits = [SIGNS[number // len(SIGNS) ** place % len(SIGNS)] for place in range(4)]
    return "ZZ" + "".join(reversed(digits))


def catalogue_of(*sellers: Seller) -> Catalogue:
    """Load the shipped flows for these sellers."""
    loaded = load(shipped_files(), texts=shipped_texts(), sellers=sellers, drawings=shipped_drawings())
    assert loaded.catalogue is not None, loaded.faults
    return loaded.catalogue


@dataclass
class Cases:
    """The store, its blobs, and the codes of the cases in it by seller."""

    storage: SqlStorage
    catalogue: Catalogue
    folder: Path = Path()  # where the store's files lie
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    codes: dict[str, list[str]] = field(default_factory=dict)
    seeds: dict[int, ChatState] = field(default_factory=dict)
    sent: dict[str, Bundle] = field(default_factory=dict)
    chats: int = 0
    sown: int = 0

    def step(self, state: ChatState, event: Event) -> Outcome:
        """Work as the engine does; a seed puts a rehearsed chat in place."""
        if isinstance(event, Garbled) and event.what == SEED:
            seed = self.seeds.pop(state.chat.id)
            return Outcome(state=replace(seed, chat=replace(seed.chat, revision=state.chat.revision)))
        return Engine(self.catalogue).step(state, event)

    async def add(
        self,
        seller: str = "acme",
        *,
        customer: str = "Anna",
        item: str = "Camping mug",
        words: str = "",
        dress: Dress = undressed,
        amend: Amend = lambda bundle: bundle,
    ) -> str:
        """Let a customer send a bundle, its files dressed, its words amended; returns the case's code."""
        self.chats += 1
        chat = 1000 + self.chats
        order = Order(number="A-17", seller=seller, items=(Item(title=item, sku="MUG-1"),), verified=True)
        rehearsal = Rehearsal(
            self.catalogue,
            known=(order,),
            name=customer,
            state=ChatState(chat=Chat(id=chat)),
            count=self.chats * 97,
        )
        to_review(rehearsal)
        rehearsal.tap("Send")
        if words:
            rehearsal.say(words)
            rehearsal.tap("Tell the seller")
        conversation = rehearsal.conversation
        self.sent[conversation.id] = amend(rehearsal.bundles[0])
        copies, key = await self.delivered(self.sent[conversation.id], dress)
        bundled = replace(conversation.bundles[0], manifest=key, copies=copies)
        conversation = replace(conversation, bundles=(bundled,))
        await self._seed(chat, replace(rehearsal.state, conversations={conversation.id: conversation}))
        self.codes.setdefault(seller, []).append(conversation.id)
        return conversation.id

    async def add_like(self, code: str, changed: Sequence[Mapping[str, Any]]) -> list[str]:
        """Add a case for each set of changes to one that is there, photos and all; returns their codes."""
        chat = await self.storage.streams.chats_of(code)
        assert chat is not None
        state = await self.storage.streams.load(chat)
        self.chats += 1
        new = 1000 + self.chats
        made = [
            replace(state.conversations[code], id=code_of(self.chats * 500 + n), chat=new, **changes)
            for n, changes in enumerate(changed)
        ]
        fresh = replace(state.chat, id=new, open=(), focus="")
        await self._seed(new, ChatState(chat=fresh, conversations={one.id: one for one in made}))
        return [one.id for one in made]

    async def change(self, code: str, how: Callable[[Conversation], Conversation]) -> None:
        """Change a case behind the engine's back."""
        chat = await self.storage.streams.chats_of(code)
        assert chat is not None
        state = await self.storage.streams.load(chat)
        changed = how(state.conversations[code])
        await self._seed(chat, replace(state, conversations={**state.conversations, code: changed}))

    async def _seed(self, chat: int, state: ChatState) -> None:
        self.seeds[chat] = state
        self.sown += 1
        await self.storage.streams.post(
            Arrival(source="test", id=f"seed{self.sown}", chat=chat, event=Garbled(what=SEED, at=BEGAN))
        )

    async def delivered(self, bundle: Bundle, dress: Dress = undressed) -> tuple[tuple[str, ...], str]:
        """Put what an inbox would have got into the blobs: the copies, and the manifest."""
        names = file_names(bundle, ["image/jpeg"] * len(bundle.photos))
        files: list[LabelledFile] = []
        for n, (name, photo) in enumerate(zip(names, bundle.photos, strict=True)):
            content = photograph(self.chats * 10 + n)
            plain = LabelledFile(
                name=name, label=photo.label, title=photo.title, mime="image/jpeg", content=content, sha256="",
                original_sha256="0" * 64, width=1280, height=960, flags=photo.flags,
            )  # fmt: skip
            file = dress(n, plain)
            files.append(replace(file, sha256=hashlib.sha256(file.content).hexdigest()))
        copies = [await self.blobs.put(bundle.case, file.content) for file in files]
        return tuple(copies), await self.blobs.put(bundle.case, manifest(bundle, files))


@asynccontextmanager
async def cases_in(folder: Path, *, url: str = "") -> AsyncIterator[Cases]:
    """Open a store on a file in this folder, or where `url` says, while the block lasts."""
    url = url or f"sqlite:///{folder / 'cases.db'}"
    storage = open_storage(url, owner="bot-test", now=lambda: datetime.now(UTC), exclusive=True)
    await storage.upgrade()
    cases = Cases(storage=storage, catalogue=catalogue_of(ACME, BOLT), folder=folder)
    await storage.open(cases.step)
    try:
        yield cases
    finally:
        await storage.close()
