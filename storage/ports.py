"""What storage promises; values in, values out, a session is never handed out.

A group is one transaction: seen marks, states, outbox rows and settled rows are written together or not at all.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flows.conversation import ChatState, Conversation
from flows.effects import Effect
from flows.events import Event
from flows.outcome import Outcome
from flows.values import Order
from storage.seller_ports import Agents, SellerCases


class StorageFailure(Exception):
    """The store could not commit; nothing of the group was written, and it may be tried again."""


class StaleWrite(StorageFailure):
    """Somebody else wrote this chat in between; the fence refused the late write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event on its way into a chat's stream.

    (`source`, `id`) is unique: a repeat within seven days changes nothing. `order` sorts what waits together
    (Telegram's update_id). `settles` names outbox rows that are done when this arrival is committed.
    """

    source: str  # "telegram", "outbox", "timer", "seller", "cli" ...
    id: str
    chat: int
    event: Event
    order: int = 0
    settles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Which message holds a slot of a chat."""

    message: int
    has_picture: bool = False
    has_buttons: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One effect to carry out. Rows of one `lane` go in order of `id`; lane "" has no order (timers)."""

    id: str  # deterministic: made of the arrival and the effect's place, sorts in commit order within a lane
    chat: int
    lane: str
    effect: Effect
    due: datetime
    attempts: int = 0
    created: datetime
    error: str = ""  # of the last attempt: class and short reason, no personal data

    def comes_before(self, other: "OutboxRow") -> bool:
        """Tell whether it was committed earlier, of two of a lane: clocks count only between two lives of a chat."""
        (life, _, commit), (others, _, later) = self.id.partition("-"), other.id.partition("-")
        return commit < later if life == others else self.created < other.created


Step = Callable[[ChatState, Event], Outcome]
"""The pure function of a chat (flows.engine); it must not block and may raise: then the arrival is set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What became of an arrival."""

    repeated: bool = False  # seen before: nothing changed
    set_aside: bool = False  # its step failed; stored as poisoned, the chat goes on
    waiting: bool = False  # stored as an inbox row, worked later
    rows: tuple[OutboxRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """An arrival whose step failed; `event` is its kind, nothing of what it says."""

    id: int
    chat: int
    source: str
    event: str
    error: str
    at: datetime


class Streams(Protocol):
    """The only way to change a chat.

    `post` returns after the commit; arrivals of one chat are worked in order, groups are formed of whatever
    waits. It raises StorageFailure when nothing was written. Poisoned arrivals do not raise: they are kept aside.
    """

    async def post(self, arrival: Arrival) -> Committed: ...

    async def load(self, chat: int) -> ChatState: ...

    async def chats_of(self, case: str) -> int | None:
        """Tell the chat of a case, None when there is no such case."""
        ...


class Asides(Protocol):
    """Arrivals whose step failed: kept, told of, and worked again when a person says so."""

    def subscribe(self, tell: Callable[[Arrival], None]) -> None:
        """Hear of every arrival that is set aside."""
        ...

    async def aside(self, *, limit: int = 100) -> Sequence[SetAside]:
        """List what was set aside, oldest first."""
        ...

    async def retry(self, aside: int) -> bool:
        """Let what was set aside be worked again, within a second or two; False when there is no such one."""
        ...


def nothing_lost() -> None:
    """Keep everything: where one process works, nobody else takes rows over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How many rows of a kind of lane wait, and since when the oldest does."""

    rows: int = 0
    oldest: datetime | None = None  # None = none waits, or they wait for their time


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is not done yet: by kind of lane ("chat", "photo", "case", "copy", "other"), given up, set aside."""

    waiting: Mapping[str, Waits]
    dead: int = 0
    aside: int = 0


class Outbox(Protocol):
    """Effects waiting to be carried out.

    Committed rows are handed to the relay that `subscribe`d in this process, in commit order, born leased to it;
    timers too that are due later (a claim brings them again), so that it drops the ones that they replace. A row
    whose lane another process holds goes to that one.
    """

    def subscribe(
        self, take: Callable[[Sequence[OutboxRow]], None], *, lose: Callable[[], None] = nothing_lost
    ) -> None:
        """Take rows from now on; `lose` is called when all that were taken may be another process's by now."""
        ...

    async def still_mine(self) -> bool:
        """Make sure, before an effect, that this process may carry its rows out.

        False when it may not: it was stopped, or cut off from the store, for longer than its lease. Then `lose` was
        called; what is still its own comes again by `claim`. What it writes of the others is refused.
        """
        ...

    async def settle(
        self, ids: Sequence[str], *, slots: Mapping[tuple[int, str], Slot] | None = None
    ) -> None:
        """Mark rows as done (deleted) and remember who holds which slot; grouped with the next commit or after 50 ms."""
        ...

    async def postpone(self, row_id: str, *, due: datetime, attempts: int, error: str) -> bool:
        """Note a failed attempt; False when the row is not this process's any more."""
        ...

    async def bury(self, row_id: str, *, error: str) -> None:
        """Move a row to the dead letters."""
        ...

    async def slot(self, chat: int, name: str) -> Slot | None:
        """Tell who holds a slot, whichever process showed it; marks that are on their way count."""
        ...

    async def claim(self, *, now: datetime, limit: int = 500) -> Sequence[OutboxRow]:
        """Take over orphans, and what this process's relay has not got: each row once, ids of a chat in order.

        A row with a lane comes at once, whenever it is due, so that its lane stays in order; one without comes
        when its time is within the next minute.
        """
        ...

    async def dead(self, *, limit: int = 100) -> Sequence[OutboxRow]: ...

    async def revive(self, row_id: str) -> bool: ...

    async def pending(self) -> int: ...

    async def backlog(self) -> Backlog: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order with the facts that prove ownership; facts are kept hashed."""

    order: Order
    facts: tuple[str, ...] = ()  # e-mail, postcode, surname ... as the shop knows them
    updated: datetime | None = None


class Orders(Protocol):
    """Orders that were imported, links to them, and limits on guessing."""

    async def save(self, records: Sequence[OrderRecord]) -> int: ...

    async def find(self, number: str, fact: str) -> Order | None:
        """Find by number and second fact; takes the same time and answers None alike for wrong and unknown."""
        ...

    async def get(self, number: str, *, seller: str = "") -> Order | None: ...

    async def link(self, chat: int, order: Order, *, at: datetime) -> None:
        """Remember that the chat proved to own the order."""
        ...

    async def linked(self, chat: int, *, limit: int = 50) -> Sequence[Order]: ...

    async def mint(self, number: str, *, seller: str, at: datetime, expires: datetime) -> str:
        """Make a single-use token (128 bits, url-safe, at most 64 characters); only its hash is kept."""
        ...

    async def redeem(self, token: str, *, chat: int, at: datetime) -> Order | None:
        """Use a token up. The same chat may redeem it again (a repeated delivery); others get None."""
        ...

    async def count_try(self, key: str, *, at: datetime, limit: int, per_seconds: int) -> bool:
        """Count one try under `key`; False when the limit in the sliding window is used up."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One case in a list."""

    case: str
    chat: int
    seller: str
    phase: str
    issue: str
    summary: str
    photos: int
    created: datetime
    changed: datetime
    bundles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """What a seller must keep of a case whose customer was forgotten, until when."""

    case: str
    seller: str
    order_number: str
    issue: str
    photos: int
    opened: datetime
    settled: datetime | None
    until: datetime


class Cases(Protocol):
    """Reading doors to cases; every one names who asks."""

    async def of_seller(
        self, seller: str, *, limit: int = 100, before: datetime | None = None
    ) -> Sequence[CaseLine]: ...

    async def of_chat(self, chat: int) -> Sequence[Conversation]: ...

    async def earlier_fingerprints(self, case: str, *, limit: int = 5000) -> Sequence[str]:
        """Perceptual hashes of photos in the other cases of a case's seller, newest first, and of no other's (law 10)."""
        ...

    async def idle(self, *, before: datetime, limit: int = 100) -> Sequence[int]:
        """Chats in none of whose cases anything changed since `before`: their time to be forgotten has come."""
        ...

    async def forget(self, chat: int, *, record_until: datetime | None = None) -> Sequence[str]:
        """Delete all of a chat, but until `record_until` a record of each case that a seller got; returns its cases."""
        ...

    async def records(self, seller: str) -> Sequence[CaseRecord]: ...

    async def drop_records(self, *, before: datetime) -> int:
        """Delete records whose time is over; tells how many."""
        ...


class Archive(Protocol):
    """What time takes from chats that go on: a little at a time, so that nobody waits for it."""

    async def outlived(self, *, before: datetime, limit: int = 100) -> Sequence[CaseLine]:
        """Cases that ended, or wait for their seller, and in which nothing changed since `before`; oldest first."""
        ...

    async def drop(self, case: str, *, before: datetime, record_until: datetime | None = None) -> bool:
        """Delete one such case, and let its chat be; False when something has changed in it meanwhile."""
        ...

    async def known(self, codes: Collection[str]) -> AbstractSet[str]:
        """Tell which of these are cases."""
        ...

    async def drop_failures(self, *, before: datetime) -> int:
        """Delete what was given up or set aside before, and nobody took up again; tells how many."""
        ...

    async def begin(self, chore: str, *, at: datetime) -> bool:
        """Take a chore upon this process, such as `round 2026-11-27T20`; False when it is another's already, or done."""
        ...

    async def latest(self, chore: str, *, until: datetime) -> datetime | None:
        """Tell when one whose first word this is was last begun, as far as that is remembered (some days)."""
        ...


class Revisions(Protocol):
    """Merged flows by hash, as JSON; what a running conversation is pinned to never vanishes."""

    async def save(self, flows: Mapping[str, str]) -> None: ...
    async def all(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A stored object: key `CASE/SHA256` and its size in bytes."""

    key: str
    size: int
    changed: datetime


class BlobStore(Protocol):
    """Objects on disk or in an S3-compatible store; synced when `put` returns. Keys are `CASE/SHA256` (checked)."""

    async def put(self, case: str, content: bytes) -> str:
        """Store and return the key; storing the same bytes again is no error and costs no space."""
        ...

    async def get(self, key: str) -> bytes:
        """Raise KeyError when there is none."""
        ...

    async def delete(self, keys: Sequence[str]) -> None: ...
    async def delete_case(self, case: str) -> None: ...

    def slices(self) -> AsyncIterator[Sequence[Blob]]:
        """List every object, some at a time, those of a case one after the other; no more is in memory."""
        ...


class Storage(Protocol):
    """One store with all its doors; `open` checks the schema and takes what locks it needs."""

    @property
    def streams(self) -> Streams: ...
    @property
    def asides(self) -> Asides: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def archive(self) -> Archive: ...
    @property
    def seller_cases(self) -> SellerCases: ...
    @property
    def agents(self) -> Agents: ...
    @property
    def revisions(self) -> Revisions: ...

    async def open(self, step: Step) -> None: ...

    async def check(self) -> str:
        """Say in a few words what this store is and that it answers; raises StorageFailure."""
        ...

    async def unbound(self) -> str:
        """Name the database's role that we work as, if it is one that sees every seller's rows at all times; else ""."""
        ...

    async def close(self) -> None: ...
