"""Orders from a CSV file."""

from datetime import date

import pytest

from bot.orders.csv_file.adapter import SAMPLE, read_file
from bot.orders.csv_file.wire import decoded, read


async def test_the_sample_has_three_shops_and_every_line_counts() -> None:
    orders, faults = await read_file(SAMPLE)

    assert faults == []
    assert {one.order.seller for one in orders} == {"acme", "lumen", "casaluz"}
    tent = next(one for one in orders if one.order.number == "A-1018")
    assert [item.title for item in tent.order.items] == ["Two-person tent", "Tent pegs (10)"]
    assert tent.order.placed_on == date(2026, 11, 9)
    assert tent.facts == ("anna@example.com", "10115")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_usual_signs_between_fields_are_understood(sign: str) -> None:
    text = (
        sign.join(["Bestellnummer", "shop", "Artikel", "PLZ"])
        + "\r\n"
        + sign.join(["#A1", "acme", "Becher", "10115"])
    )

    [found], faults = read(text)

    assert faults == []
    assert (found.order.number, found.order.items[0].title, found.facts) == ("A1", "Becher", ("10115",))


def test_bad_lines_are_told_with_their_number_and_good_ones_count() -> None:
    text = "number,seller,item,quantity,placed_on\nA1,acme,Mug,2,\nA2,,Mug,1,\nA3,acme,Mug,many,\nA4,acme,Mug,1,soon\nA5,acme,Mug,1,2026-01-02\n"

    orders, faults = read(text)

    assert [one.order.number for one in orders] == ["A1", "A5"]
    assert [(fault.line, fault.message.split(":")[0]) for fault in faults] == [
        (3, "seller is empty"),
        (4, "quantity is no number"),
        (5, "placed_on is no date like 2026-11-23"),
    ]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x00", b"one,two\n1,2\n", b'"never closed'])
def test_what_is_no_list_of_orders_is_one_clear_fault(content: bytes) -> None:
    orders, faults = read(decoded(content))

    assert orders == []
    assert len(faults) == 1


def test_a_byte_order_mark_and_windows_letters_are_understood() -> None:
    assert read(decoded("\ufeffnumber,seller,item\n1,a,Größe".encode()))[0][0].order.items[0].title == "Größe"
    assert (
        read(decoded("number,seller,item\n1,a,Größe".encode("cp1252")))[0][0].order.items[0].title == "Größe"
    )


def test_a_hundred_thousand_lines_are_read_as_many_orders() -> None:
    text = "number,seller,item\n" + "".join(f"N{n},acme,Mug\n" for n in range(100_000))

    orders, _ = read(text)

    assert len(orders) == 100_000
