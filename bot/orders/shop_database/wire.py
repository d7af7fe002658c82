"""Rows of a shop's table -> an order, when a fact fits; pure."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flows.facts import normal
from flows.values import Item, Order

Row = Mapping[str, Any]


def order_of(rows: Sequence[Row], *, seller: str, fact: str) -> Order | None:
    """Make the order of its rows, None when there are none or no fact fits; every fact is compared either way.

    A number can be given twice (two years, two shops): a row with other facts is somebody else's, and left out.
    """
    wanted = normal(fact).encode()
    facts = [_facts(row) for row in rows] or [("-",)]
    fits = [[hmac.compare_digest(normal(one).encode(), wanted) for one in of_row] for of_row in facts]
    if not rows or not wanted or not any(any(of_row) for of_row in fits):
        return None
    rows = [row for row, of_row in zip(rows, fits, strict=True) if any(of_row) or not of_row]
    first = next(row for row in rows if _facts(row))
    return Order(
        number=str(first["number"]),
        seller=seller,
        items=tuple(_item(row) for row in rows),
        placed_on=_date(first.get("placed_on")),
        delivered_on=_date(first.get("delivered_on")),
        customer_name=str(first.get("customer_name") or ""),
        hazardous=bool(first.get("hazardous")),
        verified=True,
    )


def _facts(row: Row) -> tuple[str, ...]:
    return tuple(str(value) for name, value in row.items() if name.startswith("fact") and value)


def _item(row: Row) -> Item:
    return Item(
        title=str(row["item"]),
        sku=str(row.get("sku") or ""),
        quantity=int(row.get("quantity") or 1),
        image=str(row.get("image") or ""),
        barcode=str(row.get("barcode") or ""),
        personalization=str(row.get("personalization") or ""),
    )


def _date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None
