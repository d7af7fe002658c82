"""What is old goes in small slices, by primary key: no slice holds up an arrival, no two processes wait for each other."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, select, text

from storage.sql.database import Database
from storage.sql.group import INBOX, OUTBOX, SEEN
from storage.sql.orders import TOKENS, TRIES
from storage.sql.tables import DEAD

SLICE = 500
"""Rows deleted in one transaction: some milliseconds."""
PAUSE = 0.05
"""Seconds between two slices, in which others write."""
REMEMBERED = timedelta(days=7)
"""Repeats of an arrival are known for so long (law 2)."""

Slice = Callable[[Connection], int]
"""Deletes one slice; tells how many rows it had."""


async def in_slices(database: Database, drop: Slice) -> int:
    """Delete until nothing is left; tells how many rows."""
    dropped = count = await database.run(drop)
    while count == SLICE:
        await asyncio.sleep(PAUSE)
        count = await database.run(drop)
        dropped += count
    return dropped


def of_no_use(now: datetime) -> list[Slice]:
    """Pick marks that no repeat can need, links that have run out, and tries that count no longer."""
    return [
        _older(SEEN, SEEN.c.at, now - REMEMBERED),
        _older(TRIES, TRIES.c.until, now),
        _older(TOKENS, TOKENS.c.expires, now),
    ]


def failures(before: datetime) -> list[Slice]:
    """Pick what was given up or set aside before, and nobody took up again."""
    return [
        _older(OUTBOX, OUTBOX.c.created, before, text(DEAD)),
        _older(INBOX, INBOX.c.at, before, INBOX.c.aside),
    ]


def _older(table: Table, when: ColumnElement[Any], before: datetime, *conditions: Any) -> Slice:
    key = list(table.primary_key.columns)
    old = select(*key).where(when < before, *conditions).order_by(when).limit(SLICE)

    def drop(connection: Connection) -> int:
        """Leave rows alone that somebody else has in hand: they come in the next round."""
        keys = [tuple(row) for row in connection.execute(old.with_for_update(skip_locked=True))]
        if keys:
            _delete(connection, table, keys)
        return len(keys)

    return drop


def _delete(connection: Connection, table: Table, keys: Sequence[tuple[Any, ...]]) -> None:
    """Delete rows one by one, in one call: a list of pairs would let SQLite read the whole table."""
    columns = list(table.primary_key.columns)
    one = delete(table).where(*(column == bindparam(f"key_{column.name}") for column in columns))
    rows = [{f"key_{column.name}": part for column, part in zip(columns, key, strict=True)} for key in keys]
    connection.execute(one, rows)
