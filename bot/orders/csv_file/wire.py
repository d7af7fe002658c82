"""CSV text -> orders and faults with their lines; pure. Several lines of one order are its items."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from bot.orders.csv_file.settings import COLUMNS, FACTS, REQUIRED
from flows.values import Item, Order

TRUE = {"1", "true", "yes", "ja", "si", "sí", "x"}
LONGEST_FIELD = 2000
MOST_PIECES = 100_000
ENCODINGS = ("utf-8-sig", "cp1252")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BEFORE_HEADING = re.compile(r'(([ \t;,]*|"?sep=[;,\t]"?)(\r\n|\n|\r))+', re.IGNORECASE)
"""Empty lines, and the hint on the sign between fields that spreadsheets understand."""
OPEN_QUOTE = "is a quote opened here and never closed?"


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
    """Read the bytes as UTF-8, else as Windows' western European; a spreadsheet's "Unicode text" is UTF-16."""
    encodings = ("utf-16",) if content.startswith(UTF_16) else ENCODINGS
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def read(text: str) -> tuple[list[ImportedOrder], list[LineFault]]:
    """Read orders; lines that cannot be used are told, the others count."""
    if "\x00" in text:
        return [], [LineFault(line=1, message="this is no text file")]
    before = BEFORE_HEADING.match(text)
    skipped = len(before[0].splitlines()) if before else 0
    lines = list(io.StringIO(text, newline=""))[skipped:]
    records = _records(lines, skipped)
    heading = next(records, Record(line=1, fields=[]))
    names = _columns(heading.fields)
    absent = [name for name in REQUIRED if name not in names]
    if absent:
        there = ", ".join(heading.fields) or "none, the file is empty"
        message = f"no column {', '.join(absent)}; there are: {there}"
        return [], [LineFault(line=heading.line, message=heading.fault or message)]
    return _collected(records, names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the file holds from a line on, or why it cannot be read."""

    line: int
    fields: list[str]
    fault: str = ""


def _records(lines: list[str], skipped: int) -> Iterator[Record]:
    """Read record after record; a quote that is opened and never closed ends it, for it swallows the rest."""
    delimiter = _delimiter(lines[0] if lines else "")
    rows = csv.reader(lines, delimiter=delimiter)
    first = 0
    try:
        for row in rows:
            swallowed = rows.line_num == len(lines) and _never_closed(lines[first:], delimiter)
            yield Record(line=first + skipped + 1, fields=row, fault=OPEN_QUOTE if swallowed else "")
            first = rows.line_num
    except csv.Error as fault:
        yield Record(line=first + skipped + 1, fields=[], fault=f"no CSV: {fault}; {OPEN_QUOTE}")


def _never_closed(lines: list[str], delimiter: str) -> bool:
    """Tell whether a record of several lines ends within a quote."""
    if len(lines) == 1:
        return False
    try:
        for _ in csv.reader(lines, delimiter=delimiter, strict=True):
            pass
    except csv.Error as fault:
        return "unexpected end" in str(fault)
    return False


def _delimiter(heading: str) -> str:
    return max(",;\t", key=heading.count)


def _columns(heading: list[str]) -> dict[str, int]:
    places = {words.strip().casefold(): place for place, words in reversed(list(enumerate(heading)))}
    return {
        name: next(places[known] for known in knowns if known in places)
        for name, knowns in COLUMNS.items()
        if any(known in places for known in knowns)
    }


def _collected(
    records: Iterable[Record], names: Mapping[str, int]
) -> tuple[list[ImportedOrder], list[LineFault]]:
    found: dict[tuple[str, str], ImportedOrder] = {}
    faults: list[LineFault] = []
    for record in records:
        row = record.fields
        if not record.fault and not any(field.strip() for field in row):
            continue
        fields = {name: row[place].strip() for name, place in names.items() if place < len(row)}
        try:
            order = _order(fields, fault=record.fault)
        except ValueError as fault:
            faults.append(LineFault(line=record.line, message=str(fault)))
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


def _order(fields: Mapping[str, str], *, fault: str) -> Order:
    if fault:
        raise ValueError(fault)
    for name in REQUIRED:
        if not fields.get(name):
            raise ValueError(f"{name} is empty")
        if "\n" in fields[name] or "\r" in fields[name]:
            raise ValueError(f"{name} goes over several lines; {OPEN_QUOTE}")
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
    if not quantity.isdecimal() or not 1 <= int(quantity) <= MOST_PIECES:
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
