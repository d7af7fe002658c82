"""No question to the store reads a table that grows from end to end: the engines' own plans say so."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, text

from flows.conversation import ChatState, Conversation
from flows.effects import Say, SetTimer
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from storage.open import open_storage
from storage.ports import Arrival, Slot
from storage.sql.database import PostgresDatabase
from storage.sql.group import SEEN
from storage.sql.pruning import in_slices, of_no_use
from storage.sql.store import SqlStorage
from tests.bench.doors import DOORS
from tests.storage.samples import SAMPLES

GROWING = (
    "chats", "conversations", "seen", "outbox", "slots", "orders", "order_facts", "order_links", "link_tokens", "tries",
    "fingerprints", "case_records",
)  # fmt: skip
SMALL = ("ix_outbox_owner", "ix_outbox_unhanded", "ix_outbox_dead", "ix_desk_waiting")
"""Indexes that hold only what is under way, was given up, or waits for a seller."""
CASE = next(one for one in SAMPLES if isinstance(one, Conversation))
EFFECTS = tuple(one for one in SAMPLES if isinstance(one, Say | SetTimer))
Seen = list[tuple[str, Any]]


def step(state: ChatState, _event: Event) -> Outcome:
    """Open the case, or go on in it."""
    code = f"CASE{state.chat.id}"
    case = state.conversations.get(code, replace(CASE, id=code, chat=state.chat.id, revision=0))
    chat = replace(state.chat, open=(code,))
    case = replace(case, serial=case.serial + 1)
    return Outcome(state=ChatState(chat=chat, conversations={code: case}), effects=EFFECTS)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlStorage]:
    """A store at work; on PostgreSQL with its planner told that reading from end to end is dear, as with many rows."""
    url = f"sqlite:///{tmp_path / 'c.db'}"
    if request.param == "postgres":
        url = str(request.getfixturevalue("postgres_server").database())
    found = open_storage(url, owner="one", now=lambda: datetime.now(UTC))
    await found.upgrade()
    await found.open(step)
    yield found
    await found.close()


@contextmanager
def statements(store: SqlStorage) -> Iterator[Seen]:
    """Note every statement that the block leads to."""
    database: Any = store._database
    seen: Seen = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:  # noqa: FBT001 - SQLAlchemy's call
        several = many and isinstance(
            parameters, list
        )  # else the rows of one statement, in one tuple or mapping
        seen.append((statement, parameters[0] if several else parameters))

    if isinstance(database, PostgresDatabase):
        with noted(database._engine.sync_engine, note):
            yield seen
        return
    # what goes straight to the driver (storage.sql.straight) is told by the driver alone, its values written out
    writing = database._connection.connection.driver_connection
    writing.set_trace_callback(lambda statement: seen.append((statement, ())))
    with noted(database._reading, note):
        yield seen
    writing.set_trace_callback(None)


@contextmanager
def noted(engine: Any, note: Callable[..., None]) -> Iterator[None]:
    event.listen(engine, "before_cursor_execute", note)
    yield
    event.remove(engine, "before_cursor_execute", note)


def plan(connection: Connection, statement: str, parameters: Any) -> list[str]:
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [str(row[3]) for row in rows]
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    return [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]


def reads_all(line: str, statement: str) -> bool:
    """Tell whether a line of a plan goes through a whole table that grows; an index walked up to a limit does not."""
    words = line.replace('"', "").split()
    if "Seq" in words:
        return any(name in words for name in GROWING)
    walked = words[:1] == ["SCAN"] and words[1] in GROWING
    return walked and not ("INDEX" in words and ("LIMIT" in statement or words[-1] in SMALL))


async def faults(store: SqlStorage, seen: Seen) -> list[str]:
    explained = [
        one for one in dict.fromkeys(s for s, _ in seen) if one.startswith(("SELECT", "UPDATE", "DELETE"))
    ]
    parameters = dict(reversed(seen))

    def look(connection: Connection) -> list[str]:
        return [
            f"{line}: {statement}"
            for statement in explained
            for line in plan(connection, statement, parameters[statement])
            if reads_all(line, statement)
        ]

    return await store._database.run(look)


async def test_every_question_is_answered_by_indexes(store: SqlStorage) -> None:
    with statements(store) as seen:
        for ask in DOORS.values():
            await ask(store)

    assert len(seen) > len(DOORS)
    assert await faults(store, seen) == []


async def test_an_update_is_worked_by_indexes(store: SqlStorage) -> None:
    store.outbox.subscribe(lambda _rows: None)
    with statements(store) as seen:
        for turn in range(1, 4):
            said = [_said(f"{turn}.{chat}", chat=chat) for chat in (2, 4, 6, 8)]
            committed = await asyncio.gather(*(store.streams.post(one) for one in said))  # in groups
            rows = [one.rows[0] for one in committed]
            slots = {(row.chat, "prompt"): Slot(message=turn) for row in rows}
            await store.outbox.settle([row.id for row in rows], slots=slots)
        await store.streams.post(_said("4.2", chat=2))

    assert {one.split()[0] for one, _ in seen} >= {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert any("INTO seen" in one and "), (" in one for one, _ in seen)  # several came in one group
    assert await faults(store, seen) == []


async def test_what_is_old_is_deleted_by_indexes(store: SqlStorage) -> None:
    old = [{"source": "t", "id": str(number), "at": datetime(2026, 1, 1, tzinfo=UTC)} for number in range(5)]
    await store._database.run(lambda c: c.execute(insert(SEEN), old))
    with statements(store) as seen:
        dropped = [await in_slices(store._database, one) for one in of_no_use(datetime.now(UTC))]

    assert dropped == [5, 0, 0]
    assert await faults(store, seen) == []


def _said(number: str, *, chat: int) -> Arrival:
    return Arrival(source="t", id=number, chat=chat, event=TextReceived(text="hello", at=datetime.now(UTC)))
