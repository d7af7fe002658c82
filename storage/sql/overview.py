"""An operator's figures in SQL; see storage.overview."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, distinct, func, select

from storage.overview import Day, Overview
from storage.sql.database import Database
from storage.sql.group import CONVERSATIONS
from storage.sql.times import aware

C = CONVERSATIONS.c
MOMENTS = (C.delivered, C.answered, C.settled)


class SqlOverviews:
    """See storage.overview.Overviews."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def overview(self, *, now: datetime, days: int = 7) -> Overview:
        """Read the figures in one go."""
        return await self._database.read(lambda connection: _read(connection, now=aware(now), days=days))


def _read(connection: Connection, *, now: datetime, days: int) -> Overview:
    waits = C.turn == "seller"
    late = and_(waits, C.answer_by.is_not(None), C.answer_by < now)
    open_chats = select(func.count(distinct(C.chat))).where(C.phase == "open", C.desk.is_(None))
    waiting, overdue = connection.execute(
        select(_count(waits), _count(late)).where(C.desk.is_not(None))
    ).one()
    return Overview(
        open_chats=connection.execute(open_chats).scalar_one(),
        waiting=waiting or 0,
        overdue=overdue or 0,
        days=tuple(_days(connection, now=now, days=days)),
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _days(connection: Connection, *, now: datetime, days: int) -> Iterator[Day]:
    """Count each day's moments, in one pass over the cases."""
    midnight = datetime.combine(now.date(), time(0), tzinfo=UTC)
    starts = [midnight - timedelta(days=back) for back in range(days)]
    counts: list[Any] = [
        _count(and_(moment >= start, moment < start + timedelta(days=1)))
        for start in starts
        for moment in MOMENTS
    ]
    row = connection.execute(select(*counts).where(C.desk.is_not(None))).one()
    for place, start in enumerate(starts):
        sent, answered, settled = row[place * len(MOMENTS) : (place + 1) * len(MOMENTS)]
        yield Day(day=start.date(), sent=sent, answered=answered, settled=settled)
