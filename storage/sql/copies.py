"""Every row of one moment, out of a database and into an empty one; the same on both engines, so that one may follow the other.

Who holds a lease and who is signed in is of the moment, and left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from alembic import command
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, DateTime, Table, delete, insert, select, text, tuple_
from sqlmodel import SQLModel

from storage.ports import StorageFailure
from storage.sql import seller_tables, tables  # noqa: F401 - they declare the tables
from storage.sql.leases import NOBODY
from storage.sql.migrate import configuration
from storage.sql.times import aware

Row = Mapping[str, Any]
Take = Callable[[str, Sequence[Row]], None]
"""Takes some rows of the table with that name."""

LEFT_OUT = {"owners", "agent_sessions", "agent_links"}
NUMBERED = {"inbox", "tries"}
"""Their keys are the engine's to give: a copy keeps the order, not the numbers."""
TELLING = ("chats", "conversations", "orders", "agents")
"""A database with a row in one of these is somebody's."""
AT_ONCE = 500


def schema_version(connection: Connection) -> str:
    """Tell the version of the schema, "" where there is none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def copy_out(connection: Connection, take: Take) -> str:
    """Hand over every row, table by table, on a snapshot; tells the schema's version."""
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))
    version = schema_version(connection)
    for table in _copied():
        for rows in _pages(connection, table):
            take(str(table.name), rows)
    return version


def _copied() -> list[Table]:
    return [table for table in SQLModel.metadata.sorted_tables if table.name not in LEFT_OUT]


def _pages(connection: Connection, table: Table) -> Iterator[list[Row]]:
    """Walk along the primary key: no cursor, no more than a page in memory."""
    key = list(table.primary_key.columns)
    after: tuple[Any, ...] = ()
    while True:
        query = select(table).order_by(*key).limit(AT_ONCE)
        if after:
            query = query.where(tuple_(*key) > tuple_(*after))
        found = connection.execute(query).mappings().all()
        if not found:
            return
        yield [{str(name): _plain(value) for name, value in row.items()} for row in found]
        after = tuple(found[-1][column.name] for column in key)


def _plain(value: Any) -> Any:
    return aware(value).isoformat() if isinstance(value, datetime) else value


def copy_in(connection: Connection, rows: Mapping[str, Iterator[Row]], *, version: str) -> int:
    """Fill an empty database with rows of that schema version, then bring it to this release's; tells how many.

    Raises StorageFailure where there is something already, or the version is not known here.
    """
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))
    found = schema_version(connection)
    if found not in {"", version}:
        raise StorageFailure(
            f"the copy is of schema {version}, here is {found}: restore into an empty database"
        )
    try:
        command.upgrade(configuration(connection), version)
    except CommandError:
        raise StorageFailure(f"the copy is of schema {version}, which this release does not know") from None
    _refuse_what_is_in_use(connection)
    known = {table.name: table for table in _copied()}
    count = sum(_fill(connection, known[name], rows[name]) for name in known if name in rows)
    command.upgrade(configuration(connection), "head")
    return count


def _refuse_what_is_in_use(connection: Connection) -> None:
    known = {table.name: table for table in _copied()}
    for name in TELLING:
        if connection.execute(select(known[name]).limit(1)).first() is not None:
            raise StorageFailure("this database is in use: restore into an empty one")


def _fill(connection: Connection, table: Table, rows: Iterator[Row]) -> int:
    connection.execute(delete(table))
    moments = {column.name for column in table.columns if isinstance(column.type, DateTime)}
    count = 0
    while page := [_as_stored(table.name, row, moments) for row in islice(rows, AT_ONCE)]:
        connection.execute(insert(table), page)
        count += len(page)
    return count


def _as_stored(table: str, row: Row, moments: set[str]) -> dict[str, Any]:
    """Give times their type back; what waits in the outbox is nobody's until a bot comes."""
    values = {name: _moment(value) if name in moments else value for name, value in row.items()}
    if table in NUMBERED:
        del values["id"]
    if table == "outbox":
        values |= {"owner": NOBODY, "handed": False}
    return values


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).astimezone(UTC) if value else None
