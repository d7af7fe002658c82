"""Group commit: while a commit runs, arrivals gather; the next group takes everything that waits.

Laws:
 1. No delay is ever added to an arrival. Settle marks alone wait a little for a group to ride in.
 2. A group that the fence refused is tried one by one; one that fails for a reason of its own is halved until the
    arrival at fault stands alone, and that one is set aside.
 3. When the store is down, everybody who waits is told; settle marks are kept and tried again.
 4. After a death of any process, what is begun is noted before it is worked (storage.sql.suspects).
 5. A commit may come through although its answer is lost: the next group gives its rows out again, and comes by itself.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from storage.ports import Arrival, Committed, OutboxRow, Slot, StaleWrite, StorageFailure
from storage.sql.database import Database
from storage.sql.group import Group, Office, set_aside, work
from storage.sql.pending import Pending, Posted
from storage.sql.suspects import DEADLY, Deadly, begin, deaths
from storage.stepping import Key, Waiting

logger = logging.getLogger(__name__)

ALONE = 3
"""How often an arrival that the fence refused is tried by itself."""
MARKS_WAIT = 0.05
"""Seconds that settle marks wait for a group to ride in: one of their own costs half of what an update costs."""
LONGEST_PAUSE = 5.0

Watch = Callable[[Sequence[tuple[Arrival, Committed]], float], None]
"""Hears of every group once it is committed: what became of its arrivals, and how many seconds its transaction took."""


def unwatched(_worked: Sequence[tuple[Arrival, Committed]], _seconds: float) -> None:
    """Let groups go by."""


class Writer:
    """The one place that changes the chats given to it; owns the order in which groups are formed."""

    def __init__(
        self,
        database: Database,
        *,
        office: Office,
        now: Callable[[], datetime],
        hand: Callable[[Sequence[OutboxRow]], None],
        watch: Watch = unwatched,
    ) -> None:
        self._database = database
        self._office = office
        self._now = now
        self._hand = hand
        self._watch = watch
        self._pending = Pending()
        self._settled: dict[str, None] = {}
        self._slots: dict[tuple[int, str], tuple[Slot, str]] = {}  # with the row that set it
        self._unsure: set[str] = set()
        self._begun: set[Key] = set()  # noted by this process, while it is careful
        self._wake = asyncio.Event()
        self._bell: asyncio.TimerHandle | None = None  # rings when marks have waited long enough
        self._overdue = False
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._work())

    async def post(self, arrival: Arrival, *, inbox: int | None = None) -> Committed:
        """Wait until the arrival is committed; raises StorageFailure when nothing of it was written."""
        if self._closing:
            raise StorageFailure("closing")
        done: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
        self._pending.add(Posted(waiting=Waiting(arrival=arrival, inbox=inbox), done=done))
        self._wake.set()
        return await done

    def settle(self, ids: Sequence[str], slots: Mapping[tuple[int, str], Slot]) -> None:
        """Let marks ride in the next group."""
        self._settled.update(dict.fromkeys(ids))
        self._slots.update({key: (slot, ids[-1] if ids else "") for key, slot in slots.items()})
        if self._bell is None:
            self._bell = asyncio.get_running_loop().call_later(MARKS_WAIT, self._ring)

    def pending_slot(self, key: tuple[int, str]) -> Slot | None:
        """A slot that is not written yet."""
        return self._slots[key][0] if key in self._slots else None

    async def close(self) -> None:
        """Write what waits, then stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    # -- groups --------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        failures = 0
        while not self._closing or self._waits:
            await self._something()
            posted = self._pending.take()
            try:
                if posted and self._office.careful():
                    await self._carefully(posted)
                else:
                    await self._commit(posted, marks=True)
                failures = 0
            except Exception as fault:  # noqa: BLE001 - whatever happens, the writer goes on
                failures += 1
                self._overdue = self._overdue or bool(self._unsure)
                self._refuse(posted, fault)
                if self._closing:
                    return
                await self._pause(failures)

    def _refuse(self, posted: Sequence[Posted], fault: Exception) -> None:
        """Tell everybody who waits that nothing was written."""
        failure = fault if isinstance(fault, StorageFailure) else StorageFailure(type(fault).__name__)
        logger.warning("nothing can be written: %s", failure)
        for one in posted:
            one.fail(failure)

    @property
    def _waits(self) -> bool:
        return bool(self._pending or self._settled or self._slots or self._unsure)

    async def _something(self) -> None:
        """Wait for an arrival, or for marks that no arrival took along."""
        while not (self._pending or self._overdue or self._closing):
            self._wake.clear()
            await self._wake.wait()

    def _ring(self) -> None:
        self._overdue = True
        self._wake.set()

    async def _pause(self, failures: int) -> None:
        """Give a store that is down time; an arrival does not wait for it, so that its sender hears at once."""
        self._wake.clear()
        if not self._pending:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), min(LONGEST_PAUSE, 0.05 * 2.0**failures))

    async def _carefully(self, posted: Sequence[Posted]) -> None:
        """Note what is begun before it is worked; see storage.sql.suspects."""
        keys = [one.waiting.key for one in posted if one.waiting.key not in self._begun]
        known = await self._database.run(lambda c: deaths(c, keys))
        suspected = {one.waiting.arrival.chat for one in posted if known.get(one.waiting.key)}
        innocent = [one for one in posted if one.waiting.arrival.chat not in suspected]
        await self._begin(innocent, known)
        await self._commit(innocent, marks=True)
        for one in posted:
            if one.waiting.arrival.chat not in suspected:
                continue
            if known.get(one.waiting.key, 0) >= DEADLY:
                await self._set_aside(one, Deadly())
                continue
            await self._begin([one], known)
            await self._commit([one])

    async def _begin(self, posted: Sequence[Posted], known: Mapping[Key, int]) -> None:
        keys = {one.waiting.key for one in posted} - self._begun
        fresh = {key: known.get(key, 0) for key in keys}
        now = self._now()
        with contextlib.suppress(StaleWrite):  # another process notes the same
            await self._database.run(lambda c: begin(c, fresh, now=now))
        self._begun.update(fresh)

    async def _commit(self, posted: Sequence[Posted], *, marks: bool = False) -> None:
        try:
            await self._write(posted, marks=marks)
        except StaleWrite:
            if not posted:
                raise
            for one in posted:
                await self._alone(one)
        except StorageFailure:
            raise
        except Exception as fault:  # noqa: BLE001 - law 2
            await self._halve(posted, fault)

    async def _halve(self, posted: Sequence[Posted], fault: Exception) -> None:
        if not posted:
            raise StorageFailure(f"marks: {type(fault).__name__}")
        if len(posted) == 1:
            await self._set_aside(posted[0], fault)
            return
        logger.warning("a group of %d is split: %s", len(posted), type(fault).__name__)
        middle = len(posted) // 2
        await self._commit(posted[:middle])
        await self._commit(posted[middle:])

    async def _alone(self, one: Posted) -> None:
        for _ in range(ALONE):
            try:
                await self._write([one])
            except StaleWrite as failure:
                refused = failure
            except StorageFailure:
                raise
            except Exception as fault:  # noqa: BLE001 - law 2
                await self._set_aside(one, fault)
                return
            else:
                return
        one.fail(refused)

    async def _write(self, posted: Sequence[Posted], *, marks: bool = False) -> None:
        settled, slots = (self._settled, self._slots) if marks else ({}, {})
        unsure = self._unsure
        group = Group(
            arrivals=[one.waiting for one in posted],
            settled=list(settled),
            slots=dict(slots),
            unsure=list(unsure),
        )
        now, began = self._now(), time.perf_counter()
        try:
            results = await self._database.run(lambda c: work(c, group, self._office, now=now))
        except Exception as fault:
            self._office.recent.doubt()
            if isinstance(fault, StorageFailure):
                self._unsure = {*unsure, *(row.id for row in group.rows)}
            raise
        self._unsure = set()
        self._office.recent.learn(group.chats, group.conversations)
        arrivals = (one.waiting.arrival for one in posted)
        self._watch(list(zip(arrivals, results, strict=True)), time.perf_counter() - began)
        if marks:
            self._forget_marks(group)
        if group.handed:
            self._hand(group.handed)
        for one, result in zip(posted, results, strict=True):
            one.answer(result)

    def _forget_marks(self, group: Group) -> None:
        """Let marks go that are written; those that came meanwhile stay."""
        for row in group.settled:
            self._settled.pop(row, None)
        for key, slot in group.slots.items():
            if self._slots.get(key) == slot:
                del self._slots[key]
        if self._bell is not None:
            self._bell.cancel()
        self._bell, self._overdue = None, False
        if self._settled or self._slots:
            self.settle((), {})

    async def _set_aside(self, one: Posted, fault: Exception) -> None:
        now = self._now()

        def keep(connection: Connection) -> Committed:
            return set_aside(connection, one.waiting, fault, now=now)

        try:
            one.answer(await self._database.run(keep))
        except StorageFailure:
            raise
        except Exception as refusal:  # noqa: BLE001 - not even its name can be kept: its sender is told
            self._refuse([one], refusal)
