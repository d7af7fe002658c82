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


def test_a_spreadsheet_saved_as_unicode_text_is_understood() -> None:
    content = "number\tseller\titem\r\n1\ta\tGröße\r\n".encode("utf-16")

    [found], faults = read(decoded(content))

    assert (found.order.items[0].title, faults) == ("Größe", [])


def test_empty_lines_and_a_spreadsheets_hint_before_the_heading_are_passed_over() -> None:
    [found], faults = read("\n;;\nsep=;\nnumber;seller;item\nA1;acme;Mug, blue\nA2;acme\n")

    assert found.order.items[0].title == "Mug, blue"
    assert [(fault.line, fault.message) for fault in faults] == [(6, "item is empty")]


@pytest.mark.parametrize(
    "text",
    [
        'number,seller,item,note\nA1,acme,Mug,\nA2,acme,Mug,"24 inch\nA3,acme,Mug,\n',
        'number,seller,item,note\nA1,acme,Mug,\nA2,acme,"Mug,\nA3,acme,Mug,"blue"\n',
    ],
    ids=["to the end", "to the next quote"],
)
def test_lines_that_an_open_quote_swallows_are_told_and_not_lost_in_silence(text: str) -> None:
    orders, faults = read(text)

    assert [one.order.number for one in orders] == ["A1"]
    assert [fault.line for fault in faults] == [3]
    assert "quote" in faults[0].message


@pytest.mark.parametrize("quantity", ["²", "0", "1.5", "9" * 5000])
def test_a_quantity_that_is_none_is_told_in_our_words(quantity: str) -> None:
    _, [fault] = read(f"number,seller,item,quantity\nA1,acme,Mug,{quantity[:1999]}\n")

    assert fault.message.startswith("quantity is no number")


def test_a_hundred_thousand_lines_are_read_as_many_orders() -> None:
    text = "number,seller,item\n" + "".join(f"N{n},acme,Mug\n" for n in range(100_000))

    orders, _ = read(text)

    assert len(orders) == 100_000
