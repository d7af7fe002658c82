"""Databases with very much in them: copies of one real case under other keys, made by the database itself, on either engine.

Half of the cases are in the making, each with its timer; half were sent and lie on a seller's desk. Three cases to a chat.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    case,
    create_engine,
    event,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.engine import make_url

from flows.values import Item, Order
from storage.codec import encode
from storage.sql.group import CHATS, CONVERSATIONS, FINGERPRINTS, OUTBOX, SEEN, SLOTS
from storage.sql.orders import FACTS, LINKS, ORDERS, TOKENS
from storage.sql.tables import LATER

SLICE = 200_000
"""Rows of one transaction."""
FIRST = 100_000_000
"""Number of the first chat: no guest of the traffic has it."""
DAYS = 80
"""Over so many days everything is spread: nothing is old enough to be forgotten while it is measured."""

Number = ColumnElement[Any]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is kept."""

    cases: int
    orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Rows of one real case."""

    chat: Values
    conversation: Values
    slot: Values
    timer: Values


def model_of(file: Path) -> Model:
    """Read the first of each from a bot's file."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:

        def first(table: Table, *conditions: Any) -> Values:
            row = connection.execute(select(table).where(*conditions).limit(1)).mappings().one()
            return dict(row)

        model = Model(
            chat=first(CHATS),
            conversation=first(CONVERSATIONS),
            slot=first(SLOTS),
            timer=first(OUTBOX, OUTBOX.c.timer.is_not(None)),
        )
    engine.dispose()
    return model


def fill(url: str, model: Model, size: Size) -> None:
    """Fill a database whose schema is there."""
    engine = _engine(url)
    words = _Words(engine.dialect.name, now=datetime.now(UTC))
    for table, count, values in _plan(model, size, words):
        for low in range(1, count + 1, SLICE):
            with engine.begin() as connection:
                _copy(connection, table, values, low=low, high=min(count, low + SLICE - 1))
    if engine.dialect.name == "postgresql":  # what its own chores do after so many rows
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(text("CHECKPOINT"))
    engine.dispose()
    if url.startswith("sqlite"):  # else the disk is busy with it while the bot is measured
        with Path(make_url(url).database or "").open("rb+") as file:
            os.fsync(file.fileno())


def _engine(url: str) -> Engine:
    """Nothing is durable until it is filled: that would take hours."""
    if url.startswith("sqlite"):
        engine = create_engine(url)

        @event.listens_for(engine, "connect")
        def _hurry(connection: Any, _record: object) -> None:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-600000"):
                connection.execute(f"PRAGMA {pragma}")

        return engine
    options = "-c synchronous_commit=off -c timezone=UTC"
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), connect_args={"options": options}
    )


class _Words:
    """What the engines say differently."""

    def __init__(self, engine: str, *, now: datetime) -> None:
        self._sqlite = engine == "sqlite"
        self._now = now

    def key(self, before: str, number: Number, after: str = "") -> ColumnElement[Any]:
        """Nine digits between two texts."""
        if self._sqlite:
            return func.printf(f"{before}%09d{after}", number)
        return literal(before) + func.to_char(number, "FM000000000") + literal(after)

    def moment(self, number: Number, *, count: int, days: float) -> ColumnElement[Any]:
        """Spread moments evenly over days before now, after it where `days` is negative."""
        seconds = number * literal(round(-days * 86400 / count, 3))
        if self._sqlite:
            now = self._now.strftime("%Y-%m-%d %H:%M:%S")
            return func.strftime("%Y-%m-%d %H:%M:%S.000000", now, func.printf("%+f seconds", seconds))
        return literal(self._now) + seconds * literal(timedelta(seconds=1))


def _plan(model: Model, size: Size, words: _Words) -> list[tuple[Table, int, Callable[[Number], Values]]]:
    """Every table, how many rows it gets, and what they hold by their number; the rest is as in the model."""
    cases, chats = size.cases, max(1, size.cases // 3)

    def past(number: Number, count: int, days: float = DAYS) -> ColumnElement[Any]:
        return words.moment(number, count=count, days=days)

    def conversation(i: Number) -> Values:
        sent = i % 2 == 0
        told = {name: case((sent, past(i, cases))) for name in ("moved", "noted", "delivered")}
        return {
            **model.conversation, **told, "id": words.key("Z", i), "chat": FIRST + i // 3, "created": past(i, cases),
            "changed": past(i, cases), "desk": case((sent, literal("acme"))), "bundles": case((sent, 1), else_=0),
            "unread": (i % 20 == 0), "turn": case((sent, literal("seller")), else_=literal("")),
            "closed": (i % 10 < 8), "search": words.key("z", i, " customer"),
        }  # fmt: skip

    def timer(i: Number) -> Values:
        due = past(i + cases // 10, cases, days=-3)
        return {
            **model.timer, "id": words.key("bench-", i), "chat": FIRST + i * 2 // 3, "owner": LATER, "handed": False,
            "timer": words.key("Z", i * 2, "/waiting"), "due": due,
        }  # fmt: skip

    item = Item(title="Trail backpack 40 l, green", sku="TB-40-G")
    body = encode(Order(number="B-000000001", seller="acme", items=(item,)))
    old = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        (CHATS, chats, lambda i: {**model.chat, "id": FIRST + i, "touched": past(i, chats)}),
        (CONVERSATIONS, cases, conversation),
        (SLOTS, cases, lambda i: {**model.slot, "chat": FIRST + i // 3, "name": words.key("prompt:Z", i)}),
        (OUTBOX, cases // 2, timer),
        (SEEN, 2 * cases, lambda i: {
            "source": "telegram", "id": words.key("", FIRST + i), "at": past(i, 2 * cases, days=6)}),
        (FINGERPRINTS, cases // 2, lambda i: {
            "case": words.key("Z", i * 2), "hash": words.key("0" * 55, i), "seller": "acme", "at": past(i, cases // 2)}),
        (ORDERS, size.orders, lambda i: {
            "seller": "acme", "number": words.key("B-", i), "folded": words.key("b-", i), "body": body, "updated": old}),
        (FACTS, size.orders, lambda i: {
            "seller": "acme", "number": words.key("B-", i), "hash": words.key("0" * 55, i)}),
        (LINKS, chats, lambda i: {
            "chat": FIRST + i, "seller": "acme", "number": words.key("B-", i), "body": body, "at": past(i, chats)}),
        (TOKENS, chats, lambda i: {
            "hash": words.key("0" * 55, i), "seller": "acme", "number": words.key("B-", i),
            "expires": past(i, chats, days=-7), "chat": None}),
    ]  # fmt: skip


def _copy(
    connection: Connection, table: Table, values: Callable[[Number], Values], *, low: int, high: int
) -> None:
    numbers = select(literal(low).label("i")).cte("n", recursive=True)
    numbers = numbers.union_all(select(numbers.c.i + 1).where(numbers.c.i < high))
    made = values(numbers.c.i)
    names = [column.name for column in table.columns if column.name in made]
    columns = [
        made[name] if isinstance(made[name], ColumnElement) else literal(made[name], table.c[name].type)
        for name in names
    ]
    connection.execute(insert(table).from_select(names, select(*columns)))


def sizes(url: str, size: Size) -> dict[str, int]:
    """Bytes of each table with its indexes, and of all of it for each case."""
    engine = _engine(url)
    by_table = {"sqlite": _SQLITE_SIZES, "postgresql": _POSTGRES_SIZES}[engine.dialect.name]
    with engine.connect() as connection:
        rows = connection.execute(text(by_table)).all()
    engine.dispose()
    found = {str(name): int(number) for name, number in rows if number > 2**20 / 2}
    whole = sum(int(number) for _, number in rows)
    of_orders = sum(found.get(name, 0) for name in ("orders", "order_facts"))
    return {
        **found, "all": whole, "each_case": round((whole - of_orders) / size.cases),
        "each_order": round(of_orders / size.orders),
    }  # fmt: skip


_SQLITE_SIZES = """SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name
    WHERE s.aggregate = 1 GROUP BY m.tbl_name ORDER BY 2 DESC"""
_POSTGRES_SIZES = """SELECT relname, pg_total_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC"""
