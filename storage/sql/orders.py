"""Imported orders, proofs of ownership, single-use links, and limits on guessing, in SQL."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from flows.facts import hashed, normal, normal_number, token_hash
from flows.values import Order
from storage.codec import decode, encode
from storage.ports import OrderRecord
from storage.sql.database import Database
from storage.sql.group import table
from storage.sql.tables import FactRow, LinkRow, OrderRow, TokenRow, TryRow
from storage.sql.times import aware

ORDERS, FACTS, LINKS, TOKENS, TRIES = (
    table(OrderRow),
    table(FactRow),
    table(LinkRow),
    table(TokenRow),
    table(TryRow),
)
CHUNK = 500


class SqlOrders:
    """See storage.ports.Orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, records: Sequence[OrderRecord]) -> int:
        """Keep orders; one that is known is replaced, facts included."""
        for start in range(0, len(records), CHUNK):
            chunk = records[start : start + CHUNK]
            await self._database.run(lambda c, chunk=chunk: _save(c, chunk))  # type: ignore[misc]
        return len(records)

    async def find(self, number: str, fact: str) -> Order | None:
        """Find by number and second fact; the work is the same whether the order, the fact or nothing fits."""
        wanted = hashed(number, fact)
        query = (
            select(ORDERS.c.body)
            .join(FACTS, (FACTS.c.seller == ORDERS.c.seller) & (FACTS.c.number == ORDERS.c.number))
            .where(ORDERS.c.folded == normal_number(number), FACTS.c.hash == wanted)
        )
        rows = await self._database.read(lambda c: c.execute(query).all())
        order: Order | None = decode(rows[0].body, expected=Order) if len(rows) == 1 else None
        return replace(order, verified=True) if order is not None and normal(fact) else None

    async def get(self, number: str, *, seller: str = "") -> Order | None:
        """Find by number alone: for the seller's side, never for a customer."""
        query = select(ORDERS.c.body).where(ORDERS.c.folded == normal_number(number))
        if seller:
            query = query.where(ORDERS.c.seller == seller)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return decode(rows[0].body, expected=Order) if len(rows) == 1 else None

    async def link(self, chat: int, order: Order, *, at: datetime) -> None:
        """Remember that the chat proved to own the order."""
        await self._database.run(lambda c: _link(c, chat, order, at))

    async def linked(self, chat: int, *, limit: int = 50) -> Sequence[Order]:
        """The orders of a chat, newest proof first."""
        query = select(LINKS.c.body).where(LINKS.c.chat == chat).order_by(LINKS.c.at.desc()).limit(limit)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [replace(decode(row.body, expected=Order), verified=True) for row in rows]

    async def mint(self, number: str, *, seller: str, at: datetime, expires: datetime) -> str:
        """Make a token for one order; raises KeyError when there is no such order."""
        order = await self.get(number, seller=seller)
        if order is None:
            raise KeyError(number)
        token = secrets.token_urlsafe(16)
        values = {
            "hash": token_hash(token),
            "seller": order.seller,
            "number": order.number,
            "expires": max(expires, at),
        }
        await self._database.run(lambda c: c.execute(insert(TOKENS).values(values)))
        return token

    async def redeem(self, token: str, *, chat: int, at: datetime) -> Order | None:
        """Use a token up for this chat."""
        return await self._database.run(lambda c: _redeem(c, token, chat, at))

    async def count_try(self, key: str, *, at: datetime, limit: int, per_seconds: int) -> bool:
        """Count one try in a sliding window."""
        return await self._database.run(lambda c: _count_try(c, key, at, limit, per_seconds))


def _save(connection: Connection, records: Sequence[OrderRecord]) -> None:
    newest = {(record.order.seller, record.order.number): record for record in records}
    for seller, number in newest:
        for target in (ORDERS, FACTS):
            connection.execute(delete(target).where(target.c.seller == seller, target.c.number == number))
    orders = [_order_columns(record) for record in newest.values()]
    facts = [
        {"seller": seller, "number": number, "hash": one}
        for (seller, number), record in newest.items()
        for one in sorted({hashed(number, fact) for fact in record.facts if normal(fact)})
    ]
    connection.execute(insert(ORDERS), orders)
    if facts:
        connection.execute(insert(FACTS), facts)


def _order_columns(record: OrderRecord) -> dict[str, Any]:
    order = record.order
    return {
        "seller": order.seller, "number": order.number, "folded": normal_number(order.number),
        "body": encode(replace(order, verified=False)), "updated": record.updated or datetime.now(UTC),
    }  # fmt: skip


def _link(connection: Connection, chat: int, order: Order, at: datetime) -> None:
    own = (LINKS.c.chat == chat) & (LINKS.c.seller == order.seller) & (LINKS.c.number == order.number)
    connection.execute(delete(LINKS).where(own))
    values = {"chat": chat, "seller": order.seller, "number": order.number, "body": encode(order), "at": at}
    connection.execute(insert(LINKS).values(values))


def _redeem(connection: Connection, token: str, chat: int, at: datetime) -> Order | None:
    query = select(TOKENS).where(TOKENS.c.hash == token_hash(token))
    row = connection.execute(
        query.with_for_update() if connection.dialect.name == "postgresql" else query
    ).first()
    if row is None or row.chat not in {None, chat} or aware(row.expires) < at:
        return None
    found = connection.execute(
        select(ORDERS.c.body).where(ORDERS.c.seller == row.seller, ORDERS.c.number == row.number)
    ).first()
    if found is None:
        return None
    connection.execute(update(TOKENS).where(TOKENS.c.hash == row.hash).values(chat=chat))
    order: Order = replace(decode(found.body, expected=Order), verified=True)
    _link(connection, chat, order, at)
    return order


def _count_try(connection: Connection, key: str, at: datetime, limit: int, per_seconds: int) -> bool:
    since = at - timedelta(seconds=per_seconds)
    if connection.dialect.name == "postgresql":  # two replicas must not both take the last try
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    connection.execute(delete(TRIES).where(TRIES.c.key == key, TRIES.c.at <= since))
    tried = connection.execute(select(func.count()).select_from(TRIES).where(TRIES.c.key == key)).scalar_one()
    if tried >= limit:
        return False
    connection.execute(insert(TRIES).values(key=key, at=at, until=at + timedelta(seconds=per_seconds)))
    return True
