"""Rows that go straight to SQLite's driver arrive as the toolkit would have written them, and fail by the same names."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, select

from storage.ports import StaleWrite, StorageFailure
from storage.sql.database import SqliteDatabase
from storage.sql.group import CHATS, OUTBOX, SEEN, SLOTS
from storage.sql.migrate import create_schema
from storage.sql.statements import holding, inserting, marking, updating
from storage.sql.straight import returned, write

MOMENT = datetime(2026, 3, 2, 13, 30, 0, 250, tzinfo=timezone(timedelta(hours=1)))
CHAT = {"id": 7, "born": MOMENT, "revision": 1, "touched": None, "body": "{}"}
SLOT = {
    "new_chat": 7, "new_name": "prompt", "new_message": 5, "new_has_picture": False, "new_has_buttons": True,
    "row": "", "mine": "me",
}  # fmt: skip


@pytest.fixture
async def database() -> AsyncIterator[SqliteDatabase]:
    found = SqliteDatabase("sqlite://", exclusive=False)
    await found.run(create_schema)
    yield found
    await found.close()


def insert(connection: Connection, *chats: dict[str, Any]) -> int:
    return write(connection, inserting(CHATS), chats, columns=tuple(CHAT))


async def test_what_is_written_straight_is_what_the_toolkit_writes(database: SqliteDatabase) -> None:
    def both(connection: Connection) -> list[Any]:
        insert(connection, CHAT)
        connection.execute(inserting(CHATS), [{**CHAT, "id": 8}])
        columns = [column for column in CHATS.columns if column is not CHATS.c.id]
        raw = "SELECT born, touched, typeof(born) FROM chats ORDER BY id"
        return [connection.execute(select(*columns)).all(), connection.exec_driver_sql(raw).all()]

    for straight, toolkits in await database.run(both):
        assert straight == toolkits


async def test_rows_that_changed_are_counted(database: SqliteDatabase) -> None:
    def work(connection: Connection) -> list[int]:
        insert(connection, CHAT, {**CHAT, "id": 8})
        raised = updating(CHATS, ("revision", "body"), frozenset())
        rows = [{"key": key, "was": 1, "new_revision": 2, "new_body": "{}"} for key in (7, 8, 9)]
        held = holding(SLOTS, OUTBOX, "sqlite")
        return [
            write(connection, raised, rows),
            write(connection, raised, rows),
            write(connection, held, [SLOT]),
            write(connection, held, [{**SLOT, "row": "a row that is gone"}]),
        ]

    assert await database.run(work) == [2, 0, 1, 0]


@pytest.mark.parametrize("many", [1, 3])
async def test_marks_tell_what_came_for_the_first_time(database: SqliteDatabase, many: int) -> None:
    rows = [{"source": "t", "id": str(number), "at": MOMENT} for number in range(many)]

    def mark(connection: Connection) -> set[tuple[Any, ...]]:
        return set(returned(connection, marking(SEEN, "sqlite"), rows))

    assert await database.run(mark) == {("t", str(number)) for number in range(many)}
    assert await database.run(mark) == set()


async def test_a_broken_rule_is_a_lost_race_and_nothing_is_written(database: SqliteDatabase) -> None:
    with pytest.raises(StaleWrite):
        await database.run(lambda c: insert(c, {**CHAT, "id": 9}, CHAT, CHAT))

    assert await database.run(lambda c: c.execute(select(CHATS.c.id)).all()) == []


async def test_what_fails_at_the_driver_is_a_failure_of_the_store(database: SqliteDatabase) -> None:
    def full(connection: Connection) -> int:
        connection.exec_driver_sql("PRAGMA max_page_count=1")
        return insert(connection, {**CHAT, "body": "x" * 1_000_000})

    with pytest.raises(StorageFailure, match="full"):
        await database.run(full)


async def test_a_row_that_lacks_a_value_is_refused(database: SqliteDatabase) -> None:
    with pytest.raises(KeyError, match="body"):
        await database.run(lambda c: insert(c, {name: CHAT[name] for name in CHAT if name != "body"}))
