"""Rows on their way to the engine: on SQLite straight to its driver.

There the toolkit takes most of the time of a statement, and a group has a handful of them. It still makes each text and
says how a value is written, once; what it would do again at each execution is left out. On PostgreSQL the round trip is
what takes time, and everything goes the toolkit's way. Failures are the driver's own (storage.sql.database names both).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.dml import UpdateBase

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a statement: of the row by `name`, or the statement's own; `written` makes it the driver's."""

    name: str
    of_row: bool
    own: Any
    written: Callable[[Any], Any] | None

    def of(self, row: Row) -> Any:
        """Return it as the driver wants it; a row that lacks it raises KeyError."""
        value = row[self.name] if self.of_row else self.own
        return value if self.written is None else self.written(value)


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement as SQLite's driver takes it."""

    text: str
    values: tuple[Value, ...]

    def of(self, row: Row) -> tuple[Any, ...]:
        """Put a row's values in order."""
        return tuple([value.of(row) for value in self.values])


def write(
    connection: Connection, statement: UpdateBase, rows: Sequence[Row], *, columns: tuple[str, ...] = ()
) -> int:
    """Execute for each row; returns how many rows changed. `columns` are those of a plain insert."""
    if connection.dialect.name != "sqlite":
        return connection.execute(statement, rows).rowcount
    plan = _plan(statement, columns, connection.dialect)
    changed: int = _driver(connection).executemany(plan.text, [plan.of(row) for row in rows]).rowcount
    return changed


def returned(connection: Connection, statement: UpdateBase, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Execute an insert of rows that name all columns; returns what it returns, in any order.

    Several rows go the toolkit's way on either engine: it makes one statement of them, which the driver does not.
    """
    if connection.dialect.name != "sqlite" or len(rows) > 1:
        return [tuple(row) for row in connection.execute(statement, rows)]
    plan = _plan(statement, (), connection.dialect)
    return [found for row in rows for found in _driver(connection).execute(plan.text, plan.of(row))]


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


@cache
def _plan(statement: Any, columns: tuple[str, ...], dialect: Dialect) -> Plan:
    compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)
    return Plan(
        str(compiled), tuple(_value(compiled.binds[name], name, dialect) for name in compiled.positiontup)
    )


def _value(parameter: Any, name: str, dialect: Dialect) -> Value:
    written = parameter.type.dialect_impl(dialect).bind_processor(dialect)
    return Value(name, parameter.required, parameter.value, written)
