"""CSV text -> orders and faults with their lines; pure. Several lines of one order are its items."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from bot.orders.csv_file.settings import COLUMNS, FACTS, REQUIRED
from flows.values import Item, Order

TRUE = {"1", "true", "yes", "ja", "si", "sí", "x"}
LONGEST_FIELD = 2000
MOST_PIECES = 100_000
ENCODINGS = ("utf-8-sig", "cp1252")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedOrder:
    """An order and the facts that prove it is somebody's."""

    order: Order
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFault:
    """A line that could not be used, and why."""

    line: int
    message: str


def decoded(content: bytes) -> str:
    """Read the bytes as UTF-8, else as Windows' western European."""
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def read(text: str) -> tuple[list[ImportedOrder], list[LineFault]]:
    """Read orders; lines that cannot be used are told, the others count."""
    if "\x00" in text:
        return [], [LineFault(line=1, message="this is no text file")]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        heading = next(rows, [])
        names = _columns(heading)
        absent = [name for name in REQUIRED if name not in names]
        if absent:
            return [], [
                LineFault(line=1, message=f"no column {', '.join(absent)}; there are: {', '.join(heading)}")
            ]
        return _collected(rows, names)
    except csv.Error as fault:
        return [], [LineFault(line=rows.line_num, message=f"no CSV: {fault}")]


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _columns(heading: list[str]) -> dict[str, int]:
    places = {words.strip().casefold(): place for place, words in reversed(list(enumerate(heading)))}
    return {
        name: next(places[known] for known in knowns if known in places)
        for name, knowns in COLUMNS.items()
        if any(known in places for known in knowns)
    }


def _collected(
    rows: Iterator[list[str]], names: Mapping[str, int]
) -> tuple[list[ImportedOrder], list[LineFault]]:
    found: dict[tuple[str, str], ImportedOrder] = {}
    faults: list[LineFault] = []
    line = 1
    for row in rows:
        line = getattr(rows, "line_num", line + 1)
        if not any(field.strip() for field in row):
            continue
        fields = {name: row[place].strip() for name, place in names.items() if place < len(row)}
        try:
            order = _order(fields)
        except ValueError as fault:
            faults.append(LineFault(line=line, message=str(fault)))
            continue
        key = (order.seller, order.number)
        facts = tuple(fields[name] for name in FACTS if fields.get(name))
        before = found.get(key)
        found[key] = (
            ImportedOrder(order=order, facts=facts) if before is None else _joined(before, order, facts)
        )
    return list(found.values()), faults


def _joined(before: ImportedOrder, order: Order, facts: tuple[str, ...]) -> ImportedOrder:
    items = (*before.order.items, *order.items)
    known = tuple(dict.fromkeys((*before.facts, *facts)))
    return ImportedOrder(order=replace(before.order, items=items), facts=known)


def _order(fields: Mapping[str, str]) -> Order:
    for name in REQUIRED:
        if not fields.get(name):
            raise ValueError(f"{name} is empty")
    if any(len(value) > LONGEST_FIELD for value in fields.values()):
        raise ValueError(f"a field is longer than {LONGEST_FIELD} characters")
    return Order(
        number=fields["number"].lstrip("#"),
        seller=fields["seller"],
        items=(_item(fields),),
        placed_on=_date(fields, "placed_on"),
        delivered_on=_date(fields, "delivered_on"),
        customer_name=fields.get("customer_name", ""),
        hazardous=fields.get("hazardous", "").casefold() in TRUE,
    )


def _item(fields: Mapping[str, str]) -> Item:
    quantity = fields.get("quantity") or "1"
    if not quantity.isdigit() or not 1 <= int(quantity) <= MOST_PIECES:
        raise ValueError(f"quantity is no number: {quantity[:20]!r}")
    return Item(
        title=fields["item"],
        sku=fields.get("sku", ""),
        quantity=int(quantity),
        image=fields.get("image", ""),
        barcode=fields.get("barcode", ""),
        personalization=fields.get("personalization", ""),
    )


def _date(fields: Mapping[str, str], name: str) -> date | None:
    text = fields.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is no date like 2026-11-23: {text[:20]!r}") from None
