"""The outbox in SQL: rows are born with their process's relay; others are given out by `claim`, each once."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, text, update

from storage.ports import Backlog, OutboxRow, Slot, StorageFailure, Waits, nothing_lost
from storage.rows import HORIZON
from storage.sql.database import Database
from storage.sql.group import INBOX, OUTBOX
from storage.sql.leases import (
    LEASE,
    NOBODY,
    are_orphans,
    give_out_anew,
    renew_lease,
    take_over,
    take_timers,
    timers_due,
)
from storage.sql.mapping import outbox_row
from storage.sql.slots import SlotReader
from storage.sql.tables import DEAD, UNDER_WAY, UNHANDED
from storage.sql.times import aware
from storage.sql.writer import Writer

logger = logging.getLogger(__name__)

LONGEST_ERROR = 500
SURE = LEASE.total_seconds() - 1.0
"""Seconds from the beginning of a renewal in which nobody can have taken over; a stopped process's clock goes on."""
KIND = 4
KINDS = {"chat": "chat", "phot": "photo", "case": "case", "copy": "copy", "": "other"}
"""Kinds of lanes by their first letters."""


class SqlOutbox:
    """Effects waiting to be carried out; see storage.ports.Outbox."""

    def __init__(self, database: Database, *, owner: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._shared = database.name == "postgresql"
        self._owner = owner
        self._now = now
        self._take: Callable[[Sequence[OutboxRow]], None] | None = None
        self._lose: Callable[[], None] = nothing_lost
        self._sure_until = 0.0
        self._renewing = asyncio.Lock()
        self._slots = SlotReader(database, alone=not self._shared)
        self._losses = 0
        self._unsure: set[str] = set()  # rows given out by a commit that may have come through unheard
        self._all_given = True  # False: rows were let go, and are not given out anew yet
        self.writers: Sequence[Writer] = ()  # set when the store opens

    def subscribe(
        self, take: Callable[[Sequence[OutboxRow]], None], *, lose: Callable[[], None] = nothing_lost
    ) -> None:
        """Hand rows to `take` from now on."""
        self._take, self._lose = take, lose

    async def still_mine(self) -> bool:
        """Tell by this machine's clock, and ask the database only when the lease may have run out."""
        if not self._shared or time.monotonic() < self._sure_until:
            return True
        losses = self._losses
        async with self._renewing:
            if time.monotonic() >= self._sure_until:
                await self.renew()
        return self._losses == losses

    async def renew(self) -> bool:
        """Renew the lease; when it had run out, all rows in memory are let go.

        Only then are those that are still its own given out anew: what a claim brings before is let go with the rest.
        """
        since = time.monotonic()
        lasted = await self._database.run(lambda c: renew_lease(c, owner=self._owner))
        self._sure_until = since + SURE
        if not lasted:
            logger.warning("the lease ran out: what this process held may be another's, and is let go")
            self._losses += 1
            self._all_given = False
            self._lose()
        if not self._all_given:
            await self._database.run(lambda c: give_out_anew(c, owner=self._owner))
            self._all_given = True
        return lasted

    def has_relay(self) -> bool:
        """Whether anybody takes rows from memory."""
        return self._take is not None

    def hand(self, rows: Sequence[OutboxRow]) -> None:
        """Hand committed rows over."""
        if self._take is None:
            return
        try:
            self._take(rows)
        except Exception as fault:  # noqa: BLE001 - a relay that fails must not end the writer
            logger.error("a relay refuses %d rows: %s", len(rows), type(fault).__name__)

    async def settle(
        self, ids: Sequence[str], *, slots: Mapping[tuple[int, str], Slot] | None = None
    ) -> None:
        """Mark rows as done; the marks ride in the next group."""
        if self.writers:
            self.writers[0].settle(ids, slots or {})
            self._slots.shown(slots or {})

    async def postpone(self, row_id: str, *, due: datetime, attempts: int, error: str) -> bool:
        """Note a failed attempt and when the next one is due."""
        values = {"due": due, "attempts": attempts, "error": error[:LONGEST_ERROR]}
        return await self._change(row_id, values)

    async def bury(self, row_id: str, *, error: str) -> None:
        """Make a row a dead letter."""
        await self._change(row_id, {"dead": True, "error": error[:LONGEST_ERROR], "timer": None})

    async def _change(self, row_id: str, values: Mapping[str, object]) -> bool:
        mine = (OUTBOX.c.id == row_id) & (OUTBOX.c.owner == self._owner)
        changed = await self._database.run(lambda c: c.execute(update(OUTBOX).where(mine).values(values)))
        if changed.rowcount == 0:
            logger.warning("a late write is refused: the row is done, or another process's")
        return changed.rowcount > 0

    def forget_slots(self, chat: int) -> None:
        """Hear that a chat was deleted."""
        self._slots.forget(chat)

    async def slot(self, chat: int, name: str) -> Slot | None:
        """Who holds a slot."""
        for writer in self.writers:
            if (pending := writer.pending_slot((chat, name))) is not None:
                return pending
        return await self._slots.read((chat, name))

    async def claim(self, *, now: datetime, limit: int = 500) -> Sequence[OutboxRow]:
        """Take over orphans and timers whose time comes, and give out what nobody here has got; an idle store is only read."""
        if not self._unsure and not await self._database.read(lambda c: self._is_due(c, now)):
            return []
        return await self._giving(lambda c: self._claim(c, now, limit))

    def _is_due(self, connection: Connection, now: datetime) -> bool:
        waiting = select(OUTBOX.c.id).where(self._unhanded(now)).limit(1)
        if connection.execute(waiting).first() is not None or timers_due(connection, now=now):
            return True
        return self._shared and are_orphans(connection)

    def _unhanded(self, now: datetime) -> Any:
        """A lane needs all its rows, in order; what has none can wait for its time."""
        due = or_(OUTBOX.c.lane != "", OUTBOX.c.due <= now + HORIZON)
        return and_(OUTBOX.c.owner == self._owner, text(UNDER_WAY), text(UNHANDED), due)

    def _claim(self, connection: Connection, now: datetime, limit: int) -> list[OutboxRow]:
        if self._shared:
            take_over(connection, owner=self._owner, now=now)
        take_timers(connection, owner=self._owner, now=now, limit=limit)
        return self._give(connection, now, limit)

    async def given(self, *, now: datetime, limit: int = 500) -> Sequence[OutboxRow]:
        """Give out what other processes committed for this one, as they say by a notice."""
        return await self._giving(lambda c: self._give(c, now, limit))

    async def _giving(self, give: Callable[[Connection], list[OutboxRow]]) -> list[OutboxRow]:
        """Give out; what was given by a commit whose answer was lost reached nobody, and is given again."""
        unheard, rows = frozenset(self._unsure), list[OutboxRow]()

        def anew(connection: Connection) -> None:
            nonlocal rows
            if unheard:
                mine = OUTBOX.c.id.in_(unheard) & (OUTBOX.c.owner == self._owner)
                connection.execute(update(OUTBOX).where(mine).values(handed=False))
            rows = give(connection)

        try:
            await self._database.run(anew)
        except StorageFailure:
            self._unsure |= {row.id for row in rows}
            raise
        self._unsure -= unheard
        return rows

    def _give(self, connection: Connection, now: datetime, limit: int) -> list[OutboxRow]:
        query = select(OUTBOX).where(self._unhanded(now)).order_by(OUTBOX.c.id).limit(limit)
        rows = [outbox_row(row) for row in connection.execute(query.with_for_update())]
        if rows:
            given = OUTBOX.c.id.in_([row.id for row in rows])
            connection.execute(update(OUTBOX).where(given).values(handed=True))
        return rows

    async def dead(self, *, limit: int = 100) -> Sequence[OutboxRow]:
        """List the dead letters, oldest first."""
        query = select(OUTBOX).where(text(DEAD)).order_by(OUTBOX.c.created, OUTBOX.c.id).limit(limit)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [outbox_row(row) for row in rows]

    async def revive(self, row_id: str) -> bool:
        """Give a dead letter another life; False when there is no such one."""
        return await self._database.run(lambda c: _revive(c, row_id, now=self._now()))

    async def pending(self) -> int:
        """Count the rows that are under way; timers of later wait for their time, however many they are."""
        query = select(func.count()).select_from(OUTBOX).where(text(UNDER_WAY), ~OUTBOX.c.dead)
        return int(await self._database.read(lambda c: c.execute(query).scalar_one()))

    async def backlog(self) -> Backlog:
        """Count what waits by the kind of its lane, and what nobody will do by itself."""
        return await self._database.read(_backlog)


def _backlog(connection: Connection) -> Backlog:
    kind = func.substr(OUTBOX.c.lane, 1, KIND)
    waiting = select(kind, func.count(), func.min(OUTBOX.c.created)).group_by(kind)
    waiting = waiting.where(text(UNDER_WAY), ~OUTBOX.c.dead)
    found = {kind: Waits() for kind in KINDS.values()}
    for start, rows, oldest in connection.execute(waiting):
        name = KINDS.get(start, "other")  # timers wait for their time: their age means nothing
        since = aware(oldest) if name != "other" else None
        found[name] = Waits(rows=found[name].rows + rows, oldest=since)
    dead = select(func.count()).select_from(OUTBOX).where(text(DEAD))
    aside = select(func.count()).select_from(INBOX).where(INBOX.c.aside)
    return Backlog(
        waiting=found,
        dead=connection.execute(dead).scalar_one(),
        aside=connection.execute(aside).scalar_one(),
    )


def _revive(connection: Connection, row_id: str, *, now: datetime) -> bool:
    """Put a dead letter back where its lane is; on one machine the owner does not change."""
    dead = connection.execute(select(OUTBOX).where(OUTBOX.c.id == row_id, OUTBOX.c.dead)).first()
    if dead is None:
        return False
    lane = select(OUTBOX.c.owner).where(OUTBOX.c.lane == dead.lane, OUTBOX.c.lane != "", ~OUTBOX.c.dead)
    holder = connection.execute(lane.limit(1)).scalar_one_or_none()
    if connection.dialect.name == "postgresql":
        owner = holder if holder is not None else NOBODY
    else:
        owner = dead.owner
    values = {"dead": False, "attempts": 0, "due": now, "created": now, "error": "", "handed": False}
    revived = update(OUTBOX).where(OUTBOX.c.id == row_id, OUTBOX.c.dead)
    return connection.execute(revived.values(**values, owner=owner)).rowcount == 1
