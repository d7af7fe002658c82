"""The second wall between sellers, seen with a raw connection: what PostgreSQL itself shows and takes, table by table."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from alembic import command
from psycopg import sql
from sqlalchemy import Boolean, Connection, DateTime, Integer, Table, func, insert, select
from sqlmodel import SQLModel

from storage.open import open_storage
from storage.sql.migrate import configuration
from storage.sql.store import SqlStorage
from tests.storage.walled import CLOSED, OF_AGENTS, OWN

OPEN = {"seen", "slots", "owners", "tries", "revisions"}
"""Marks of arrivals, ids of messages, leases, counted guesses, flows: nothing of a case, and no seller's."""
WALLED = (*OWN, *OF_AGENTS, *CLOSED)
NUMBERS = {"acme": (1, 2, 3), "bolt": (11, 12)}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOW_MANY = sum(map(len, NUMBERS.values()))
Raw = psycopg.Connection[tuple[Any, ...]]


def row_of(table: Table, seller: str, number: int) -> dict[str, Any]:
    """Make a row of a seller's, whatever the table; a session's agent is the seller's agent of that number."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if isinstance(column.type, DateTime):
            row[column.name] = NOON
        elif isinstance(column.type, Boolean):
            row[column.name] = False
        else:
            row[column.name] = number if isinstance(column.type, Integer) else f"{seller}{number}"
    return row | ({OWN[table.name]: seller} if table.name in OWN else {})


def fill(connection: Connection) -> None:
    """Give every table some rows of each seller's."""
    for table in SQLModel.metadata.sorted_tables:
        rows = [row_of(table, seller, number) for seller in NUMBERS for number in NUMBERS[seller]]
        connection.execute(insert(table), rows)


def counts(connection: Connection) -> dict[str, int]:
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in SQLModel.metadata.sorted_tables
    }


@contextmanager
def raw(url: str, seller: str = "") -> Iterator[Raw]:
    """Connect as any program could; with a seller, after the words that the store says for one."""
    with psycopg.connect(url, autocommit=True) as connection:
        if seller:
            connection.execute("SELECT set_config('clearshot.seller', %s, false)", [f"={seller}"])
        yield connection


def said(words: LiteralString, *names: str) -> sql.Composed:
    """Put names of tables and columns into a statement."""
    return sql.SQL(words).format(*map(sql.Identifier, names))


def inserting(name: str, row: dict[str, Any]) -> sql.Composed:
    """Make the statement that inserts such a row."""
    columns, places = map(sql.Identifier, row), [sql.Placeholder()] * len(row)
    parts = sql.Identifier(name), sql.SQL(", ").join(columns), sql.SQL(", ").join(places)
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(*parts)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'clearshot.db'}"
    return str(request.getfixturevalue("postgres_server").database())


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStorage]:
    found = open_storage(url, owner="one", now=lambda: datetime.now(UTC))
    await found.upgrade()
    await found._database.run(fill)
    yield found
    await found.close()


on_postgres = pytest.mark.parametrize(
    "url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def test_every_table_has_its_place_before_or_behind_the_wall() -> None:
    tables = SQLModel.metadata.tables
    named = {
        name
        for name, table in tables.items()
        if {"seller", "desk", "agent", "case"} & {column.name for column in table.columns}
    }

    assert named <= set(WALLED)
    assert set(tables) == OPEN | set(WALLED)


@on_postgres
async def test_policies_bind_the_tables_owner_too(url: str, store: SqlStorage) -> None:
    with raw(url) as connection:
        bound = connection.execute(
            "SELECT relname FROM pg_class JOIN pg_policies ON tablename = relname AND policyname = 'wall' AND cmd = 'ALL'"
            " WHERE relrowsecurity AND relforcerowsecurity AND pg_get_userbyid(relowner) = current_user"
        ).fetchall()

    assert {name for (name,) in bound} == set(WALLED)
    assert await store.unbound() == ""


@on_postgres
async def test_a_raw_connection_sees_and_touches_its_own_rows_alone(url: str, store: SqlStorage) -> None:
    found = {}

    with raw(url, "acme") as connection:
        for name in WALLED:
            column = SQLModel.metadata.tables[name].columns.keys()[-1]
            with connection.transaction(force_rollback=True):
                seen = connection.execute(said("SELECT * FROM {}", name)).fetchall()
                changed = connection.execute(said("UPDATE {} SET {} = {}", name, column, column)).rowcount
                deleted = connection.execute(said("DELETE FROM {}", name)).rowcount
                connection.execute("SELECT set_config('clearshot.seller', '', true)")
                left = connection.execute(said("SELECT * FROM {}", name)).rowcount
            found[name] = (len(seen), changed, deleted, left, "bolt" in repr(seen))

    own = len(NUMBERS["acme"])
    theirs = (own, own, own, HOW_MANY - own, False)
    assert found == {name: theirs if name not in CLOSED else (0, 0, 0, HOW_MANY, False) for name in WALLED}


@on_postgres
async def test_a_raw_connection_puts_nothing_on_the_other_side(url: str, store: SqlStorage) -> None:
    with raw(url, "acme") as connection:
        for name in WALLED:
            row, column = row_of(SQLModel.metadata.tables[name], "bolt", 19), OWN.get(name, "agent")
            row |= {"agent": "bolt11"} if name in OF_AGENTS else {}
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(inserting(name, row), list(row.values()))
            if name not in CLOSED:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(said("UPDATE {} SET {} = %s", name, column), [row[column]])

    assert set((await store._database.read(counts)).values()) == {HOW_MANY}


@on_postgres
async def test_a_seller_without_rows_sees_none_whatever_the_name(url: str, store: SqlStorage) -> None:
    for name in ("", "ACME", "acme' OR '1'='1", "=acme", "acm%", "nobody"):
        seen = await store._database.read(counts, seller=name)

        assert {table: count for table, count in seen.items() if count} == dict.fromkeys(OPEN, HOW_MANY), name


async def test_the_migration_goes_up_and_down_on_a_full_database(url: str, store: SqlStorage) -> None:
    def down(connection: Connection) -> None:
        command.downgrade(configuration(connection), "0004")

    full = await store._database.read(counts)

    await store._database.run(down)
    below = await store._database.read(counts)
    open_to_all = await store._database.read(counts, seller="acme")
    await store.upgrade()

    assert full == below == open_to_all == await store._database.read(counts)
    assert set(full.values()) == {HOW_MANY}
    walled = await store._database.read(counts, seller="acme")
    assert (walled != full) is url.startswith("postgres")
