"""What a receipt or label says, out of the lines that were read on it: order number, date, amount; card numbers masked.

Pure: lines in, facts out. A fact is told as it is printed, beside it what it means where that is certain.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar enero ene", "feb february februar febrero", "mar march märz maerz marzo",
            "apr april abril abr", "may mai mayo", "jun june juni junio", "jul july juli julio",
            "aug august agosto ago", "sep sept september septiembre", "oct october oktober okt octubre",
            "nov november noviembre", "dec december dezember dez diciembre dic",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
YEARS = range(2000, 2100)
CENTURY = 2000

DIGITS = re.compile(r"\d(?:[ -]?\d)*")
ISSUED = re.compile(r"3[47]\d{13}|3[068]\d{12}|[2-6]\d{15}")
"""Cards of the large issuers; product codes and the numbers of phones are other lengths or begin otherwise."""
CARD_LENGTHS = (16, 15, 14)
CARD_SHOWN = 4
NUMERIC_DATE = re.compile(r"(?<![\d.,/-])(\d{1,4})([./-])(\d{1,2})\2(\d{2,4})(?![\d/-])")
WORDED_DATE = re.compile(
    r"(?<!\d)(\d{1,2})\.?\s*(?:de\s+)?([A-Za-zä]{3,10})\.?,?\s*(?:de\s+)?(\d{4}|\d{2})(?!\d)"
)
MONTH_FIRST = re.compile(r"(?<![A-Za-z])([A-Za-zä]{3,10})\.?\s+(\d{1,2}),?\s+(\d{4})(?!\d)")
MONEY = re.compile(
    r"(?<![\d.,-])(?:(€|\$|£|EUR|USD|GBP|CHF|RM)\s?)?(\d{1,3}(?:[.,' ]\d{3})+[.,]\d{2}|\d{1,6}[.,]\d{2})(?![\d%.,]|\s?%)(?:\s?(€|\$|£|EUR|USD|GBP|CHF))?"
)
SUM_WORDS = re.compile(
    r"\b(grand total|total|amount due|amount paid|balance due|summe|gesamt\w*|zu zahlen|betrag|endbetrag|importe|a pagar)\b",
    re.IGNORECASE,
)
PART_WORDS = re.compile(
    r"\b(sub ?-?total|zwischensumme|subtotal|excl\w*|excluding|netto|tax|gst|vat|mwst|ust|iva|steuer|qty|discount|rabatt|descuento|change|rückgeld|cambio)\b",
    re.IGNORECASE,
)
NUMBERED = re.compile(
    r"\b(?:order|bestell\w*|auftrag\w*|pedido|invoice|inv|rechnung\w*|beleg\w*|factura|receipt|doc|bill)\b[\s.]*"
    r"(?:no|nr|number|nummer|num|id|n[º°.])?[\s.:#º°]*([A-Z0-9][A-Z0-9/-]{3,24})(?![A-Za-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Facts that were found, "" or None where there are none."""

    order_number: str = ""
    order_as_ordered: bool | None = None  # None = the order's own number is not known
    date: str = ""  # as printed
    iso_date: str = ""  # YYYY-MM-DD where it can only mean one day
    amount: str = ""  # as printed, with its currency


def masked(text: str) -> str:
    """Leave only the last digits of what is as long as a card number."""
    for start, end in reversed(card_spans(text)):
        digits = "".join(sign for sign in text[start:end] if sign.isdigit())
        text = f"{text[:start]}•••• {digits[-CARD_SHOWN:]}{text[end:]}"
    return text


def card_spans(text: str) -> list[tuple[int, int]]:
    """Tell where card numbers stand, (first, behind the last): whole groups of digits, beside others or alone."""
    found: list[tuple[int, int]] = []
    for run in DIGITS.finditer(text):
        places = [place for place in range(*run.span()) if text[place].isdigit()]
        first = 0
        while first < len(places):
            length = _card_length(text, places[first:])
            if length:
                found.append((places[first], places[first + length - 1] + 1))
            first += length or 1
    return found


def _card_length(text: str, places: Sequence[int]) -> int:
    """Tell how many of these digits are a card number that begins here, 0 when none does."""
    if text[places[0] - 1 : places[0]].isdigit():
        return 0
    for length in CARD_LENGTHS:
        if len(places) < length or text[places[length - 1] + 1 :][:1].isdigit():
            continue
        if _is_card("".join(text[place] for place in places[:length])):
            return length
    return 0


def facts(lines: Sequence[str], *, order_number: str = "") -> Printed:
    """Look for the facts that settle a purchase; `order_number` is what the order is known by."""
    number, as_ordered = _order_number(lines, order_number)
    day, iso = _date(lines)
    return Printed(
        order_number=number, order_as_ordered=as_ordered, date=day, iso_date=iso, amount=_amount(lines)
    )


def _is_card(digits: str) -> bool:
    """Tell by the issuer, the length and the check digit (ISO/IEC 7812-1)."""
    if not ISSUED.fullmatch(digits):
        return False
    turned = [int(digit) for digit in reversed(digits)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in turned[1::2]]
    return (sum(turned[::2]) + sum(doubled)) % 10 == 0


def _order_number(lines: Sequence[str], known: str) -> tuple[str, bool | None]:
    if known and _bare(known) in (_bare(line) for line in lines for line in (line, *line.split())):
        return known, True
    if known and len(_bare(known)) >= CARD_SHOWN and any(_bare(known) in _bare(line) for line in lines):
        return known, True
    for line in lines:
        for found in NUMBERED.finditer(line):
            if any(sign.isdigit() for sign in found[1]):
                return found[1], False if known else None
    return "", None


def _bare(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum()).upper()


def _date(lines: Sequence[str]) -> tuple[str, str]:
    for line in lines:
        for pattern, read in ((NUMERIC_DATE, _numeric), (WORDED_DATE, _worded), (MONTH_FIRST, _month_first)):
            for found in pattern.finditer(line):
                days = read(found)
                if days:
                    return found[0].strip(), days[0].isoformat() if len(set(days)) == 1 else ""
    return "", ""


def _numeric(found: re.Match[str]) -> list[date]:
    first, second, third = found[1], found[3], found[4]
    if len(first) == len("2026"):
        return _days((int(first), int(second), int(third)))
    if len(third) not in {2, 4} or len(first) > len("31"):
        return []
    year = int(third) + (CENTURY if len(third) == len("26") else 0)
    day_first = (year, int(second), int(first))
    return _days(day_first) if found[2] == "." else _days(day_first, (year, int(first), int(second)))


def _worded(found: re.Match[str]) -> list[date]:
    year = int(found[3]) + (CENTURY if len(found[3]) == len("26") else 0)
    return _days((year, MONTHS.get(found[2].lower(), 0), int(found[1])))


def _month_first(found: re.Match[str]) -> list[date]:
    return _days((int(found[3]), MONTHS.get(found[1].lower(), 0), int(found[2])))


def _days(*candidates: tuple[int, int, int]) -> list[date]:
    days = []
    for year, month, day in candidates:
        try:
            if year in YEARS:
                days.append(date(year, month, day))
        except ValueError:
            continue
    return days


def _amount(lines: Sequence[str]) -> str:
    """The sum that is named one, the last of them; else nothing: a price alone says little."""
    best = ""
    for index, line in enumerate(lines):
        if not SUM_WORDS.search(line) or PART_WORDS.search(line):
            continue
        following = lines[index + 1] if index + 1 < len(lines) else ""
        found = list(MONEY.finditer(line)) or list(MONEY.finditer(following))[:1]
        best = found[-1][0].strip() if found else best
    return best
