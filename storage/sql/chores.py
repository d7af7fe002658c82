"""What a store does by itself while it is open: lease, notices, the guests' inbox, old marks; nobody waits for it."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from storage.ports import StorageFailure
from storage.sql.database import Database
from storage.sql.leases import HEARTBEAT
from storage.sql.outbox import SqlOutbox
from storage.sql.pruning import in_slices, of_no_use
from storage.sql.streams import CHANNEL, INBOX_NOTICE, SqlStreams

logger = logging.getLogger(__name__)

LOOK = {"sqlite": 0.5, "postgresql": 5.0}
"""Seconds between looks for what others left; on PostgreSQL a notice comes first, and may be missed."""
PRUNE = 60.0


class Chores:
    """Runs until stopped; a store that is down for a while ends none of them."""

    def __init__(
        self,
        database: Database,
        *,
        owner: str,
        streams: SqlStreams,
        outbox: SqlOutbox,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._owner = owner
        self._streams = streams
        self._outbox = outbox
        self._now = now
        self._left = asyncio.Event()
        self._given = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        work = [self._look(), self._every(PRUNE, self._prune)]
        if self._database.name == "postgresql":
            work += [self._every(HEARTBEAT, self._outbox.renew), self._listen(), self._hand_over()]
        self._tasks = [asyncio.create_task(one) for one in work]

    async def stop(self) -> None:
        """Stop, in the middle of anything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _every(self, seconds: float, chore: Callable[[], Awaitable[object]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await _forgiving(chore)

    async def _look(self) -> None:
        while True:
            self._left.clear()
            await _forgiving(self._take_up)
            # not wait_for: in Python 3.11 it swallows a stop that comes together with a notice
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK[self._database.name]):
                    await self._left.wait()

    async def _take_up(self) -> None:
        while await self._streams.take_up():
            pass

    async def _listen(self) -> None:
        while True:
            await _forgiving(lambda: self._database.listen(CHANNEL, self._notice))
            await asyncio.sleep(1.0)

    def _notice(self, payload: str) -> None:
        if payload == INBOX_NOTICE:
            self._left.set()
        elif payload == self._owner:
            self._given.set()

    async def _hand_over(self) -> None:
        """Hand over what others commit for this process; notices that come meanwhile are one."""
        while True:
            await self._given.wait()
            self._given.clear()
            await _forgiving(self._hand)

    async def _hand(self) -> None:
        if self._outbox.has_relay() and (rows := await self._outbox.given(now=self._now())):
            self._outbox.hand(rows)

    async def _prune(self) -> None:
        for drop in of_no_use(self._now()):
            await in_slices(self._database, drop)


async def _forgiving(chore: Callable[[], Awaitable[object]]) -> None:
    try:
        await chore()
    except StorageFailure as failure:
        logger.warning("a chore waits for the store: %s", type(failure).__name__)
    except Exception as fault:  # noqa: BLE001 - a chore that ends would be missed only much later
        logger.error("a chore failed: %s", type(fault).__name__)
