"""The outbox in SQL: rows are born leased to their process; orphans are taken over when a lease runs out."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from storage.ports import OutboxRow, Slot
from storage.sql.database import Database
from storage.sql.group import HORIZON, OUTBOX, SLOTS, outbox_row, table
from storage.sql.tables import OwnerRow
from storage.sql.writer import Writer

logger = logging.getLogger(__name__)

OWNERS = table(OwnerRow)
LEASE = timedelta(seconds=10)


class SqlOutbox:
    """Effects waiting to be carried out; see storage.ports.Outbox."""

    def __init__(self, database: Database, *, owner: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._owner = owner
        self._now = now
        self._take: Callable[[Sequence[OutboxRow]], None] | None = None
        self._handed: set[str] = set()
        self.writer: Writer | None = None  # set when the store opens

    def subscribe(self, take: Callable[[Sequence[OutboxRow]], None]) -> None:
        """Hand rows to `take` from now on."""
        self._take = take

    def hand(self, rows: Sequence[OutboxRow]) -> None:
        """Hand committed rows over, those that are due soon."""
        horizon = self._now() + HORIZON
        soon = [row for row in rows if row.due <= horizon]
        if self._take is not None and soon:
            self._handed.update(row.id for row in soon)
            self._take(soon)

    async def settle(
        self, ids: Sequence[str], *, slots: Mapping[tuple[int, str], Slot] | None = None
    ) -> None:
        """Mark rows as done; the marks ride in the next group."""
        self._handed.difference_update(ids)
        if self.writer is not None:
            self.writer.settle(ids, slots or {})

    async def postpone(self, row_id: str, *, due: datetime, attempts: int, error: str) -> None:
        """Note a failed attempt and when the next one is due."""
        values = {"due": due, "attempts": attempts, "error": error[:500]}
        await self._database.run(
            lambda c: c.execute(update(OUTBOX).where(OUTBOX.c.id == row_id).values(values))
        )

    async def bury(self, row_id: str, *, error: str) -> None:
        """Make a row a dead letter."""
        self._handed.discard(row_id)
        values = {"dead": True, "error": error[:500], "timer": None}
        await self._database.run(
            lambda c: c.execute(update(OUTBOX).where(OUTBOX.c.id == row_id).values(values))
        )

    async def slot(self, chat: int, name: str) -> Slot | None:
        """Who holds a slot."""
        pending = self.writer.pending_slot((chat, name)) if self.writer is not None else None
        if pending is not None:
            return pending
        query = select(SLOTS).where(SLOTS.c.chat == chat, SLOTS.c.name == name)
        row = await self._database.run(lambda c: c.execute(query).first())
        if row is None:
            return None
        return Slot(message=row.message, has_picture=row.has_picture, has_buttons=row.has_buttons)

    async def claim(self, *, now: datetime, limit: int = 500) -> Sequence[OutboxRow]:
        """Take over orphans, and hand out what is due within the next minute."""
        rows = await self._database.run(lambda c: _claim(c, owner=self._owner, now=now, limit=limit))
        fresh = [row for row in rows if row.id not in self._handed]
        self._handed.update(row.id for row in fresh)
        return fresh

    async def dead(self, *, limit: int = 100) -> Sequence[OutboxRow]:
        """List the dead letters, oldest first."""
        query = select(OUTBOX).where(OUTBOX.c.dead).order_by(OUTBOX.c.seq).limit(limit)
        rows = await self._database.run(lambda c: c.execute(query).all())
        return [outbox_row(row) for row in rows]

    async def revive(self, row_id: str) -> bool:
        """Give a dead letter another life; False when there is no such one."""
        values = {
            "dead": False,
            "attempts": 0,
            "due": self._now(),
            "created": self._now(),
            "error": "",
            "owner": "",
        }
        statement = update(OUTBOX).where(OUTBOX.c.id == row_id, OUTBOX.c.dead).values(values)
        return await self._database.run(lambda c: c.execute(statement).rowcount) == 1

    async def pending(self) -> int:
        """Count the rows that are not done."""
        query = select(func.count()).select_from(OUTBOX).where(~OUTBOX.c.dead)
        return int(await self._database.run(lambda c: c.execute(query).scalar_one()))


def _claim(connection: Connection, *, owner: str, now: datetime, limit: int) -> list[OutboxRow]:
    living = [
        row.id
        for row in connection.execute(select(OWNERS.c.id).where(OWNERS.c.until > _clock(connection, now)))
    ]
    due = OUTBOX.c.due <= now + HORIZON
    orphan = OUTBOX.c.owner.not_in({*living, owner})
    query = (
        select(OUTBOX)
        .where(~OUTBOX.c.dead, due, or_(orphan, OUTBOX.c.owner == owner))
        .order_by(OUTBOX.c.seq)
        .limit(limit)
    )
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    rows = connection.execute(query).all()
    orphans = [row.id for row in rows if row.owner != owner]
    if orphans:
        connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_(orphans)).values(owner=owner))
    return [outbox_row(row) for row in rows]


def _clock(connection: Connection, now: datetime) -> object:
    """Leases are kept in the database's time, which every replica shares."""
    return func.now() if connection.dialect.name == "postgresql" else now


def renew_lease(connection: Connection, *, owner: str, now: datetime) -> None:
    """Say that this process lives; clear away owners that have been gone for long."""
    until = func.now() + LEASE if connection.dialect.name == "postgresql" else now + LEASE
    if connection.execute(update(OWNERS).where(OWNERS.c.id == owner).values(until=until)).rowcount == 0:
        connection.execute(insert(OWNERS).values(id=owner, until=until))
    gone = and_(OWNERS.c.until < _clock(connection, now - LEASE * 60), OWNERS.c.id != owner)
    connection.execute(delete(OWNERS).where(gone))


def drop_leases(connection: Connection, *, keep: str) -> None:
    """On a file that one process holds, everybody else is gone."""
    connection.execute(delete(OWNERS).where(OWNERS.c.id != keep))
