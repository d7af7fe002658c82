"""Statements of the hot path, built once: building one took as long as the work of the database. They know no table."""

from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    String,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Compare with a list that is given under `name`."""
    return column.in_(bindparam(name, expanding=True))


@cache
def updating(target: Table, names: tuple[str, ...], firsts: frozenset[str]) -> Update:
    """Set columns by id, where the revision `was` is the one loaded; those in `firsts` stay once they are set."""
    return (
        update(target)
        .where(target.c.id == bindparam("key"), target.c.revision == bindparam("was"))
        .values({name: _new(target, name, first=name in firsts) for name in names})
    )


@cache
def inserting(target: Table) -> Insert:
    """Insert rows."""
    return insert(target)


@cache
def marking(target: Table, dialect: str) -> ReturningInsert[Any]:
    """Insert the rows that are not there yet, and return the keys of those."""
    once = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return once(target).on_conflict_do_nothing().returning(*target.primary_key.columns)


@cache
def deleting(target: Table) -> Delete:
    """Delete rows by their `ids`."""
    return delete(target).where(among(target.c.id, "ids"))


@cache
def holding(slots: Table, outbox: Table, dialect: str) -> Insert:
    """Let a message hold a slot, if the row that showed it is still there and ours, or none is named."""
    row, mine = bindparam("row", type_=String), bindparam("mine", type_=String)
    # locked, so that it does not go with its chat in the same moment
    own = select(outbox.c.id).where(outbox.c.id == row, outbox.c.owner == mine).with_for_update().exists()
    given = [bindparam(f"new_{column.name}", type_=column.type) for column in slots.columns]
    values = select(*given).where(or_(row == "", own))
    names = [column.name for column in slots.columns]
    upsert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = upsert(slots).from_select(names, values)
    news = {name: statement.excluded[name] for name in names if name not in slots.primary_key.columns}
    return statement.on_conflict_do_update(index_elements=list(slots.primary_key.columns), set_=news)


def _new(target: Table, name: str, *, first: bool) -> ColumnElement[Any]:
    given = bindparam(f"new_{name}", type_=target.c[name].type)
    return func.coalesce(target.c[name], given) if first else given
