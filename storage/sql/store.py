"""The store in SQL: streams, outbox, orders, cases and revisions over one database."""

import contextlib
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from storage.ports import Arrival, Committed, OutboxRow, Step, StorageFailure
from storage.sql.agents import SqlAgents
from storage.sql.archive import SqlArchive
from storage.sql.cases import SqlCases, SqlRevisions
from storage.sql.chores import Chores
from storage.sql.copies import Row, Take, copy_in, copy_out
from storage.sql.database import Database
from storage.sql.group import Office
from storage.sql.leases import (
    PAST,
    end_lease,
    lanes_elsewhere,
    nothing_elsewhere,
    renew_lease,
    take_everything,
)
from storage.sql.migrate import check_schema, create_schema, upgrade
from storage.sql.orders import SqlOrders
from storage.sql.outbox import SqlOutbox
from storage.sql.overview import SqlOverviews
from storage.sql.recent import Recent
from storage.sql.seller_cases import SqlSellerCases
from storage.sql.streams import CHANNEL, SqlStreams
from storage.sql.suspects import CAREFUL, come_in, somebody_died, take_leave
from storage.sql.wall import unbound_role
from storage.sql.writer import Watch, Writer, unwatched

logger = logging.getLogger(__name__)

WRITERS = 1
"""Chats are spread over these. Each more forms smaller groups, and a group costs what it costs, however small."""


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
        self.owner = f"{owner}.{secrets.token_hex(4)}"  # a process that starts again is another owner
        self._now = now
        self._exclusive = exclusive
        self._memory = memory
        self.streams = SqlStreams(database, exclusive=exclusive, now=now)
        self.asides = self.streams
        self.outbox = SqlOutbox(database, owner=self.owner, now=now)
        self.orders = SqlOrders(database)
        self._recent = Recent(alone=database.name == "sqlite")
        self.cases = SqlCases(database, forgotten=self._forgotten)
        self.archive = SqlArchive(database, dropped=self._recent.doubt)
        self.seller_cases = SqlSellerCases(database)
        self.agents = SqlAgents(database)
        self.overviews = SqlOverviews(database)
        self.revisions = SqlRevisions(database)
        self.watch: Watch = unwatched
        self._writers: list[Writer] = []
        self._careful_until = PAST
        self._chores: Chores | None = None

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
        shared = self._database.name == "postgresql"
        office = Office(
            step=step,
            owner=self.owner,
            elsewhere=self._elsewhere if shared else nothing_elsewhere,
            relayed=self.outbox.has_relay,
            careful=lambda: self._now() < self._careful_until,
            recent=self._recent,
        )
        for _ in range(WRITERS):
            self._writers.append(
                Writer(self._database, office=office, now=self._now, hand=self.outbox.hand, watch=self._note)
            )
        self.streams.writers = self.outbox.writers = self._writers
        for writer in self._writers:
            writer.start()
        self._chores = Chores(
            self._database, owner=self.owner, streams=self.streams, outbox=self.outbox, now=self._now
        )
        self._chores.start()

    def _note(self, worked: Sequence[tuple[Arrival, Committed]], seconds: float) -> None:
        self.watch(worked, seconds)

    def _forgotten(self, chat: int) -> None:
        self.outbox.forget_slots(chat)
        self._recent.doubt()

    def _take_office(self, connection: Connection) -> None:
        if somebody_died(connection, owner=self.owner):
            logger.warning("a process ended without taking leave: what is begun is noted for a while")
            self._careful_until = self._now() + CAREFUL
        if connection.dialect.name == "postgresql":
            renew_lease(connection, owner=self.owner)
        else:
            come_in(connection, owner=self.owner)
            take_everything(connection, owner=self.owner, now=self._now())

    def _elsewhere(self, connection: Connection, rows: Sequence[OutboxRow]) -> Mapping[str, str]:
        """Find lanes that others hold, and tell those others that there is more."""
        found = lanes_elsewhere(connection, rows, owner=self.owner)
        for owner in sorted(set(found.values())):
            connection.execute(select(func.pg_notify(CHANNEL, owner)))
        return found

    async def check(self) -> str:
        """Say what this store is."""
        await self._database.run(lambda c: c.execute(text("SELECT 1")).scalar_one())
        return "memory" if self._memory else self._database.name

    async def unbound(self) -> str:
        """Name the role that no policy binds, if it is ours."""
        return await self._database.read(unbound_role)

    async def copy_out(self, take: Take) -> str:
        """Hand over every row as of one moment, beside whoever works; tells the schema's version."""
        return await self._database.snapshot(lambda c: copy_out(c, take))

    async def copy_in(self, rows: Mapping[str, Iterator[Row]], *, version: str) -> int:
        """Fill an empty database, all or nothing; tells how many rows. Raises StorageFailure."""
        return await self._database.run(lambda c: copy_in(c, rows, version=version))

    async def close(self) -> None:
        """Write what waits, and let go."""
        if self._chores is not None:
            await self._chores.stop()
        for writer in self._writers:
            await writer.close()
        if self._writers:
            await self._leave_office()
        await self._database.close()

    async def _leave_office(self) -> None:
        with contextlib.suppress(StorageFailure):  # the lease runs out by itself
            shared = self._database.name == "postgresql"
            end = end_lease if shared else take_leave
            await self._database.run(lambda c: end(c, owner=self.owner))
