"""Who carries outbox rows out: leases in the database's time, take-over of orphans, and lanes that are elsewhere.

Laws:
 1. A lane is carried out by one process at a time: new rows go to whoever holds its unsettled ones, dead or alive.
 2. A lease that would last longer than any is given was written before the clock was set back, and counts as run out.
 3. Orphans change hands owner by owner, never row by row, so that no lane is torn apart. The owner's row is the
    lock: a group that adds to a lane elsewhere shares it, whoever takes over holds it alone.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    not_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.ports import OutboxRow
from storage.rows import HORIZON
from storage.sql.group import OUTBOX, table
from storage.sql.tables import LATER, OF_LATER, UNDER_WAY, OwnerRow

OWNERS = table(OwnerRow)
LEASE = timedelta(seconds=10)
TOO_LONG = 2 * LEASE
HEARTBEAT = 3.0
"""Seconds between renewals of the lease."""
NOBODY = ""
"""The owner of rows that wait for whoever comes first; its lease never lasts."""
PAST = datetime(1970, 1, 1, tzinfo=UTC)
FORGOTTEN = timedelta(hours=1)
"""An owner without rows is forgotten this long after its lease ran out."""


def nothing_elsewhere(_connection: Connection, _rows: Sequence[OutboxRow]) -> Mapping[str, str]:
    """Tell that every lane is here: on SQLite one process works."""
    return {}


def lanes_elsewhere(connection: Connection, rows: Sequence[OutboxRow], *, owner: str) -> dict[str, str]:
    """Find the lanes of some rows that another process holds, and keep them there until the commit."""
    lanes = {row.lane for row in rows if row.lane}
    if not lanes:
        return {}
    chats = {row.chat for row in rows}
    query = select(OUTBOX.c.lane, OUTBOX.c.owner).where(
        OUTBOX.c.chat.in_(chats), OUTBOX.c.lane.in_(lanes), OUTBOX.c.owner != owner, ~OUTBOX.c.dead
    )
    locked: set[str] = set()
    while True:
        found = {row.lane: row.owner for row in connection.execute(query)}
        strangers = set(found.values()) - locked
        if not strangers:
            return found
        held = select(OWNERS.c.id).where(OWNERS.c.id.in_(strangers)).order_by(OWNERS.c.id)
        connection.execute(held.with_for_update(read=True, key_share=True)).all()
        locked |= strangers


def renew_lease(connection: Connection, *, owner: str) -> bool:
    """Say that this process lives; False when its lease had run out."""
    own = select(_lasts()).where(OWNERS.c.id == owner).with_for_update()
    lasted = bool(connection.execute(own).scalar_one_or_none())  # whoever was gone for long is forgotten
    until = func.now() + LEASE
    values = upsert(OWNERS).values(id=owner, until=until)
    connection.execute(values.on_conflict_do_update(index_elements=["id"], set_={"until": until}))
    nobody = upsert(OWNERS).values(id=NOBODY, until=PAST)
    connection.execute(nobody.on_conflict_do_nothing())
    return lasted


def give_out_anew(connection: Connection, *, owner: str) -> None:
    """Let every row of this process be claimed again: it has let go of them all."""
    connection.execute(update(OUTBOX).where(text(UNDER_WAY), OUTBOX.c.owner == owner).values(handed=False))


def _lasts() -> ColumnElement[bool]:
    return and_(OWNERS.c.until >= func.now(), OWNERS.c.until <= func.now() + TOO_LONG)


def end_lease(connection: Connection, *, owner: str) -> None:
    """Let others take over at once."""
    connection.execute(update(OWNERS).where(OWNERS.c.id == owner).values(until=PAST))


def are_orphans(connection: Connection) -> bool:
    """Tell whether rows wait whose owner's lease ran out."""
    gone = select(OWNERS.c.id).where(not_(_lasts()))
    orphan = select(OUTBOX.c.id).where(text(UNDER_WAY), OUTBOX.c.owner.in_(gone)).limit(1)
    return connection.execute(orphan).first() is not None


def take_over(connection: Connection, *, owner: str, now: datetime) -> None:
    """Take every row of owners whose lease ran out, unless somebody else is at it."""
    gone = select(OWNERS.c.id).where(not_(_lasts()), OWNERS.c.id != owner)
    names = list(connection.execute(gone.with_for_update(skip_locked=True)).scalars())
    if not names:
        return
    _take(connection, OUTBOX.c.owner.in_(names), owner=owner, now=now)
    long_gone = OWNERS.c.id.in_(names) & (OWNERS.c.until < func.now() - FORGOTTEN) & (OWNERS.c.id != NOBODY)
    connection.execute(
        delete(OWNERS).where(long_gone, ~exists().where(text(UNDER_WAY), OUTBOX.c.owner == OWNERS.c.id))
    )


def take_everything(connection: Connection, *, owner: str, now: datetime) -> None:
    """Take every row that is under way: this process holds the file, so everybody else is gone."""
    _take(connection, OUTBOX.c.owner != owner, owner=owner, now=now)


def _take(connection: Connection, rows: ColumnElement[bool], *, owner: str, now: datetime) -> None:
    """Take rows that are under way; timers of later, as copies and earlier releases leave them, are put away."""
    of_later = (OUTBOX.c.lane == "") & ~OUTBOX.c.dead & (OUTBOX.c.due > now + HORIZON)
    taken = update(OUTBOX).where(text(UNDER_WAY), rows)
    connection.execute(taken.values(owner=case((of_later, LATER), else_=owner), handed=False))


def timers_due(connection: Connection, *, now: datetime) -> bool:
    """Tell whether timers wait whose time has nearly come."""
    return connection.execute(_due(now).limit(1)).first() is not None


def take_timers(connection: Connection, *, owner: str, now: datetime, limit: int) -> None:
    """Take timers whose time has nearly come, those due first; another process takes others meanwhile."""
    due = _due(now).order_by(OUTBOX.c.due).limit(limit).with_for_update(skip_locked=True)
    found = list(connection.execute(due).scalars())
    if found:
        connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_(found)).values(owner=owner))


def _due(now: datetime) -> Select[Any]:
    return select(OUTBOX.c.id).where(text(OF_LATER), OUTBOX.c.due <= now + HORIZON)
