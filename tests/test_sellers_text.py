"""One seller's lines of the sellers file: cut out without secrets, and put back as they were."""

import pytest

from bot.console_desk import secrets_in
from bot.sellers_text import block_of, put_back

FILE = """\
# who sells here
sellers:
  acme:
    name: Acme
    inbox: email
    settings: {host: h.example, password: "canary 1", imap: {host: i.example, username: u, password: canary-2}}
  # the other one
  bolt:
    name: Bolt
support:
  name: Support
"""


def test_a_block_is_cut_out_without_its_secrets_and_put_back_with_them() -> None:
    block = block_of("s.yaml", FILE, "acme", secrets=secrets_in(FILE, "acme"))

    assert block is not None
    assert (block.first, block.last) == (3, 7)
    assert "canary" not in block.text
    assert 'password: "(kept 1)"' in block.text or 'password: "(kept 2)"' in block.text
    assert put_back(FILE, block, block.text) == FILE
    assert put_back(FILE, block, block.text.replace("name: Acme", "name: Acme Outdoor")) == FILE.replace(
        "name: Acme", "name: Acme Outdoor"
    )


@pytest.mark.parametrize(("seller", "lines"), [("bolt", (8, 9)), ("support", (10, 11))])
def test_a_block_ends_where_the_next_begins(seller: str, lines: tuple[int, int]) -> None:
    block = block_of("s.yaml", FILE, seller, secrets=())

    assert block is not None
    assert (block.first, block.last) == lines


@pytest.mark.parametrize(
    ("text", "seller"),
    [
        ("sellers: {acme: {name: Acme}, bolt: {name: Bolt}}\n", "acme"),
        ("sellers:\n  acme: {name: Acme}\n", "bolt"),
        ("sellers: [", "acme"),
        ('sellers:\n  acme:\n    name: A\n    settings: {password: "can\\u0061ry"}\n', "acme"),
    ],
)
def test_what_cannot_be_told_apart_or_hidden_is_not_shown(text: str, seller: str) -> None:
    assert block_of("s.yaml", text, seller, secrets=secrets_in(text, seller)) is None


def test_whatever_stands_under_a_name_that_nobody_knows_is_a_secret() -> None:
    text = "sellers:\n  acme:\n    settings: {host: h, pasword: a, secrets: [b, c], imap: {password: 5, port: 993}, token: t}\n"

    assert secrets_in(text, "acme") == ["5", "a", "b", "c", "t"]
