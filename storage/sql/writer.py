"""Group commit: while a commit runs, arrivals gather; the next group takes everything that waits."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert

from storage.ports import Arrival, Committed, OutboxRow, Slot, StaleWrite, Step, StorageFailure
from storage.sql.database import Database
from storage.sql.group import INBOX, SEEN, Group, Sequence64, apply, inbox_columns

logger = logging.getLogger(__name__)

LARGEST = 256
"""Arrivals of one group: beyond it a transaction would hold its locks too long."""
ALONE = 3
"""How often an arrival that the fence refused is tried by itself."""


@dataclass(slots=True, kw_only=True)
class Waiting:
    """An arrival and who waits for its commit."""

    arrival: Arrival
    done: asyncio.Future[Committed]
    inbox_id: int | None = None


@dataclass(slots=True)
class Settling:
    """Rows and slots that ride in the next group."""

    ids: list[str] = field(default_factory=list)
    slots: dict[tuple[int, str], Slot] = field(default_factory=dict)


class Writer:
    """The one place that changes chats; owns the order in which groups are formed."""

    def __init__(
        self, database: Database, *, step: Step, owner: str, now: Callable[[], datetime],
        handed: Callable[[Sequence[OutboxRow]], None],
    ) -> None:  # fmt: skip
        self._database = database
        self._step = step
        self._owner = owner
        self._now = now
        self._handed = handed
        self._sequence = Sequence64()
        self._waiting: list[Waiting] = []
        self._settling = Settling()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._work())

    async def post(self, arrival: Arrival, *, inbox_id: int | None = None) -> Committed:
        """Wait until the arrival is committed; raises StorageFailure when nothing of it was written."""
        if self._closing:
            raise StorageFailure("closing")
        done: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(arrival=arrival, done=done, inbox_id=inbox_id))
        self._wake.set()
        return await done

    def settle(self, ids: Sequence[str], slots: Mapping[tuple[int, str], Slot]) -> None:
        """Let marks ride in the next group."""
        self._settling.ids += ids
        self._settling.slots.update(slots)
        self._wake.set()

    def pending_slot(self, key: tuple[int, str]) -> Slot | None:
        """A slot that is not written yet."""
        return self._settling.slots.get(key)

    async def close(self) -> None:
        """Write what waits, then stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _work(self) -> None:
        failures = 0
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting or self._settling.ids or self._settling.slots:
                waiting, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
                settling, self._settling = self._settling, Settling()
                if await self._commit(waiting, settling):
                    failures = 0
                elif not waiting:
                    failures += 1
                    if self._closing:
                        return
                    await asyncio.sleep(min(5.0, 0.1 * 2**failures))
            if self._closing:
                return

    async def _commit(self, waiting: list[Waiting], settling: Settling) -> bool:
        """Write one group; what the fence refuses is tried alone, so that one cannot take others with it."""
        try:
            await self._apply(waiting, settling)
        except StaleWrite:
            await self._one_by_one(waiting, settling)
        except StorageFailure as failure:
            self._keep(settling)
            for one in waiting:
                _fail(one, failure)
            return False
        except Exception as fault:  # noqa: BLE001 - a state that cannot be read must not end the writer
            logger.warning("a group is split: %s", type(fault).__name__)
            await self._one_by_one(waiting, settling)
        return True

    def _keep(self, settling: Settling) -> None:
        self._settling.ids = [*settling.ids, *self._settling.ids]
        self._settling.slots = {**settling.slots, **self._settling.slots}

    async def _apply(self, waiting: list[Waiting], settling: Settling) -> None:
        group = Group(
            arrivals=[one.arrival for one in waiting],
            inbox_ids=[one.inbox_id for one in waiting if one.inbox_id is not None],
            settled=settling.ids,
            slots=settling.slots,
        )
        now = self._now()

        def work(connection: Connection) -> list[Committed]:
            return apply(
                connection, group, step=self._step, owner=self._owner, now=now, sequence=self._sequence
            )

        results = await self._database.run(work)
        self._handed([row for result in results for row in result.rows])
        for one, result in zip(waiting, results, strict=True):
            if not one.done.done():
                one.done.set_result(result)

    async def _one_by_one(self, waiting: list[Waiting], settling: Settling) -> None:
        self._keep(settling)
        for one in waiting:
            await self._alone(one)

    async def _alone(self, one: Waiting) -> None:
        for attempt in range(ALONE):
            try:
                await self._apply([one], Settling())
            except StaleWrite as failure:
                if attempt == ALONE - 1:
                    _fail(one, failure)
            except StorageFailure as failure:
                _fail(one, failure)
                return
            except Exception as fault:  # noqa: BLE001 - set aside: the chat's other arrivals go on
                await self._set_aside(one, type(fault).__name__)
                return
            else:
                return

    async def _set_aside(self, one: Waiting, error: str) -> None:
        now = self._now()
        columns = {**inbox_columns(one.arrival, now), "aside": True, "error": error}

        def work(connection: Connection) -> None:
            connection.execute(insert(INBOX), [columns])
            connection.execute(
                insert(SEEN), [{"source": one.arrival.source, "id": one.arrival.id, "at": now}]
            )

        try:
            await self._database.run(work)
        except StorageFailure as failure:
            _fail(one, failure)
        else:
            logger.error("set aside: %s: %s", type(one.arrival.event).__name__, error)
            if not one.done.done():
                one.done.set_result(Committed(set_aside=True))


def _fail(one: Waiting, failure: StorageFailure) -> None:
    if not one.done.done():
        one.done.set_exception(failure)
