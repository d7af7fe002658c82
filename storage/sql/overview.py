"""An operator's figures in SQL; see storage.overview."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, text

from storage.overview import Day, Overview
from storage.sql.database import Database
from storage.sql.group import CHATS, CONVERSATIONS
from storage.sql.tables import DESKS, WAITING
from storage.sql.times import aware

C = CONVERSATIONS.c
MOMENTS = (C.delivered, C.answered, C.settled)
LOOKED_AT = 10_000


class SqlOverviews:
    """See storage.overview.Overviews."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def overview(self, *, now: datetime, days: int = 7) -> Overview:
        """Read the figures in one go."""
        return await self._database.read(lambda connection: _read(connection, now=aware(now), days=days))


def _read(connection: Connection, *, now: datetime, days: int) -> Overview:
    late = and_(C.answer_by.is_not(None), C.answer_by < now)
    waiting, overdue = connection.execute(select(func.count(), _count(late)).where(text(WAITING))).one()
    return Overview(
        open_chats=_open_chats(connection),
        waiting=waiting or 0,
        overdue=overdue or 0,
        days=tuple(_days(connection, now=now, days=days)),
    )


def _open_chats(connection: Connection) -> int:
    """Count among the chats that were touched last: who says nothing for long has no case in the making."""
    last = (
        select(CHATS.c.id).order_by(CHATS.c.touched.desc(), CHATS.c.born.desc()).limit(LOOKED_AT).subquery()
    )
    making = select(C.id).where(C.chat == last.c.id, C.phase == "open", C.desk.is_(None))
    return connection.execute(select(func.count()).select_from(last).where(making.exists())).scalar_one()


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _days(connection: Connection, *, now: datetime, days: int) -> Iterator[Day]:
    """Count each day's moments, in one pass over the cases about which something was noted since."""
    midnight = datetime.combine(now.date(), time(0), tzinfo=UTC)
    starts = [midnight - timedelta(days=back) for back in range(days)]
    counts: list[Any] = [
        _count(and_(moment >= start, moment < start + timedelta(days=1)))
        for start in starts
        for moment in MOMENTS
    ]
    row = connection.execute(select(*counts).where(text(DESKS), C.noted >= starts[-1])).one()
    for place, start in enumerate(starts):
        sent, answered, settled = row[place * len(MOMENTS) : (place + 1) * len(MOMENTS)]
        yield Day(day=start.date(), sent=sent, answered=answered, settled=settled)
