"""What a person reads of an HTML text is what comes out of it as plain words."""

import pytest

from bot.text_of_html import text_of_html


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (
            'Print <a href="https://shop.example/label?a=1&amp;b=2">your <b>label</b></a>, please',
            "Print your label (https://shop.example/label?a=1&b=2), please",
        ),
        ('See <a href="https://shop.example/a">https://shop.example/a</a>', "See https://shop.example/a"),
        ('See <a href="https://shop.example/a/">shop.example/a</a>', "See shop.example/a"),
        ('<a href="https://shop.example"><img src="logo.png"></a>Hello', "Hello"),
        ('<a href="mailto:max@shop.example">Max</a>, <a href="javascript:x()">x</a>, <a>y</a>', "Max, x, y"),
        ('<blockquote><a href="https://shop.example">old</a></blockquote>New', "New"),
    ],
)
def test_where_a_link_leads_is_said_beside_its_words(page: str, words: str) -> None:
    assert text_of_html(page) == words


def test_the_cells_of_a_table_stand_apart() -> None:
    assert text_of_html("<table><tr><td>Order</td><td>A-17</td></tr><tr><th>Sum</th></tr></table>") == (
        "Order A-17\nSum"
    )


@pytest.mark.parametrize("head", ["<head><meta charset=utf-8>", "<head><style>p {}</style>"])
def test_a_head_that_is_not_closed_hides_nothing(head: str) -> None:
    assert text_of_html(f"<html>{head}<body><p>Hello</p></body></html>") == "Hello"
