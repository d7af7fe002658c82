"""What receipts say, in lines as they are read."""

import pytest

from bot.printed import Printed, facts, masked

ENGLISH = [
    "RESTORAN WAN SHENG", "GST REG NO: 001335787520", "INV No.: 1128461 Cashier: Thandar",
    "Date : 06-05-2018 12:22:06", "Teh (B)  1 x  2.20  2.20  SR", "Total QTY: 2", "Total(Excluding GST):  4.72",
    "GST payable (6%):  0.28", "Total (Inclusive of GST):  5.00", "TOTAL:  5.00", "CASH :  5.00",
]  # fmt: skip
GERMAN = [
    "Bestellnummer: A-2026-0815",
    "vom 3. März 2026",
    "Zwischensumme 1.199,00 €",
    "MwSt 19% 191,43 €",
    "Gesamtbetrag  1.299,00 €",
]
SPANISH = [
    "Pedido nº 77-1234",
    "Fecha: 23/11/2026",
    "Subtotal 10,00 €",
    "IVA 21% 2,10 €",
    "TOTAL A PAGAR",
    "12,10 €",
]


def test_an_english_receipt() -> None:
    assert facts(ENGLISH) == Printed(order_number="1128461", date="06-05-2018", amount="5.00")


def test_a_german_order() -> None:
    assert facts(GERMAN, order_number="A-2026-0815") == Printed(
        order_number="A-2026-0815",
        order_as_ordered=True,
        date="3. März 2026",
        iso_date="2026-03-03",
        amount="1.299,00 €",
    )


def test_a_spanish_bill_of_another_order() -> None:
    assert facts(SPANISH, order_number="B-99") == Printed(
        order_number="77-1234",
        order_as_ordered=False,
        date="23/11/2026",
        iso_date="2026-11-23",
        amount="12,10 €",
    )


def test_an_order_number_is_found_however_it_is_set() -> None:
    assert facts(["Ihre Bestellung A 17 4711 ist da"], order_number="A17-4711").order_as_ordered is True
    assert facts(["A-17"], order_number="A-17").order_as_ordered is True
    assert facts(["Aisle 317, 200 g"], order_number="17").order_as_ordered is None


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("2026-11-23", "2026-11-23"),
        ("23.11.2026", "2026-11-23"),
        ("05.06.26", "2026-06-05"),
        ("13/05/2026", "2026-05-13"),
        ("05/06/2026", ""),
        ("Nov 23, 2026", "2026-11-23"),
        ("23 de noviembre de 2026", "2026-11-23"),
        ("23 Dez. 2026", "2026-12-23"),
    ],
)
def test_a_date_is_told_as_printed_and_as_a_day_where_it_is_certain(line: str, iso: str) -> None:
    found = facts([f"Date: {line} 10:22"])

    assert found.date == line
    assert found.iso_date == iso


@pytest.mark.parametrize(
    "line", ["", "12.5.3.4", "31/31/2026", "99-99-99", "Version 3.11.7", "tel 03-55250588", "1234"]
)
def test_what_is_no_date_is_none(line: str) -> None:
    assert facts([line]).date == ""


def test_card_numbers_are_masked_and_other_long_numbers_stay() -> None:
    assert masked("VISA 4111 1111 1111 1111 OK") == "VISA •••• 1111 OK"
    assert masked("4111-1111-1111-1111") == "•••• 1111"
    assert (
        masked("EUR 9.00 4111 1111 1111 1111 12:00, 378282246310005") == "EUR 9.00 •••• 1111 12:00, •••• 0005"
    )
    for line in ("EAN 4006381333931 4006381333932", "IMEI 356938035643809", "4111 1111 1111 1112"):
        assert masked(line) == line


def test_nonsense_takes_no_time_and_gives_nothing() -> None:
    assert facts(["1 " * 2000, "total " * 700, "9" * 4000, "order " * 700]) == Printed()
