"""The store in SQL: streams, outbox, orders, cases and revisions over one database."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, text

from flows.conversation import ChatState
from flows.events import Event
from storage.codec import decode
from storage.ports import Arrival, Committed, Step, StorageFailure
from storage.sql.cases import SqlCases, SqlRevisions
from storage.sql.database import Database
from storage.sql.group import CONVERSATIONS, INBOX, SEEN, inbox_columns, load
from storage.sql.migrate import check_schema, create_schema, upgrade
from storage.sql.orders import SqlOrders
from storage.sql.outbox import SqlOutbox, drop_leases, renew_lease
from storage.sql.writer import Writer

logger = logging.getLogger(__name__)

HEARTBEAT = 3.0
"""Seconds between renewals of the lease, which lasts ten."""
LOOK = 0.5
"""Seconds between looks for arrivals that another process (the command line) left."""
REMEMBERED = timedelta(days=7)
PRUNED_AT_ONCE = 5000


class SqlStreams:
    """See storage.ports.Streams."""

    def __init__(self, database: Database, *, exclusive: bool, now: Callable[[], datetime]) -> None:
        self._database = database
        self._exclusive = exclusive
        self._now = now
        self.writer: Writer | None = None

    async def post(self, arrival: Arrival) -> Committed:
        """Work an arrival; a guest on a running bot's database leaves it for the bot."""
        if self._exclusive and self.writer is not None:
            return await self.writer.post(arrival)
        columns = inbox_columns(arrival, self._now())
        await self._database.run(lambda c: c.execute(insert(INBOX), [columns]))
        return Committed(waiting=True)

    async def load(self, chat: int) -> ChatState:
        """Read a chat as it is."""
        return await self._database.run(lambda c: load(c, chat))

    async def chats_of(self, case: str) -> int | None:
        """Tell the chat of a case."""
        query = select(CONVERSATIONS.c.chat).where(CONVERSATIONS.c.id == case)
        return await self._database.run(lambda c: c.execute(query).scalar_one_or_none())


class SqlStorage:
    """See storage.ports.Storage. `exclusive` = this process works the streams; else it is a guest."""

    def __init__(
        self,
        database: Database,
        *,
        owner: str,
        now: Callable[[], datetime],
        exclusive: bool = True,
        memory: bool = False,
    ) -> None:
        self._database = database
        self._owner = owner
        self._now = now
        self._exclusive = exclusive
        self._memory = memory
        self.streams = SqlStreams(database, exclusive=exclusive, now=now)
        self.outbox = SqlOutbox(database, owner=owner, now=now)
        self.orders = SqlOrders(database)
        self.cases = SqlCases(database)
        self.revisions = SqlRevisions(database)
        self._writer: Writer | None = None
        self._chores: list[asyncio.Task[None]] = []

    async def upgrade(self) -> None:
        """Bring the schema up to this release."""
        await self._database.run(create_schema if self._memory else upgrade)

    async def open(self, step: Step) -> None:
        """Check the schema and begin to work."""
        if self._memory:
            await self._database.run(create_schema)
        await self._database.run(check_schema)
        if not self._exclusive:
            return
        await self._database.run(self._take_office)
        self._writer = Writer(
            self._database, step=step, owner=self._owner, now=self._now, handed=self.outbox.hand
        )
        self.streams.writer = self.outbox.writer = self._writer
        self._writer.start()
        self._chores = [asyncio.create_task(self._beat()), asyncio.create_task(self._look())]

    def _take_office(self, connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            drop_leases(connection, keep=self._owner)
        renew_lease(connection, owner=self._owner, now=self._now())

    async def check(self) -> str:
        """Say what this store is."""
        await self._database.run(lambda c: c.execute(text("SELECT 1")).scalar_one())
        return "memory" if self._memory else self._database.name

    async def close(self) -> None:
        """Write what waits, and let go."""
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        if self._writer is not None:
            await self._writer.close()
        await self._database.close()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            with contextlib.suppress(StorageFailure):
                await self._database.run(lambda c: renew_lease(c, owner=self._owner, now=self._now()))
                await self._database.run(lambda c: _prune(c, self._now() - REMEMBERED))

    async def _look(self) -> None:
        """Work what other processes left in the inbox."""
        query = select(INBOX).where(~INBOX.c.aside).order_by(INBOX.c.id).limit(100)
        while True:
            await asyncio.sleep(LOOK)
            with contextlib.suppress(StorageFailure):
                for row in await self._database.run(lambda c: c.execute(query).all()):
                    arrival = Arrival(
                        source=row.source,
                        id=row.arrival,
                        chat=row.chat,
                        order=row.place,
                        event=decode(row.event, expected=Event),
                    )
                    if self._writer is not None:
                        await self._writer.post(arrival, inbox_id=row.id)


def _prune(connection: Connection, before: datetime) -> None:
    old = select(SEEN.c.source, SEEN.c.id).where(SEEN.c.at < before).limit(PRUNED_AT_ONCE)
    for row in connection.execute(old).all():
        connection.execute(delete(SEEN).where(SEEN.c.source == row.source, SEEN.c.id == row.id))
