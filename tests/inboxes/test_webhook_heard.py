"""Signed calls of a seller's system; the standard's own library signs them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from bot.inboxes.webhook.heard import heard_in
from bot.ports import Call, Heard, HookRefused
from tests.inboxes.test_email import hostile_strings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = bytes(range(32))
OLD = bytes(range(32, 64))


def call_of(
    body: bytes,
    *,
    key: str = "evt_1",
    at: datetime = NOW,
    secret: bytes = SECRET,
    forged: dict[str, str] | None = None,
) -> Call:
    signed = (
        Webhook(f"whsec_{base64.b64encode(secret).decode()}").sign(key, at, body.decode("latin-1"))
        if body.isascii()
        else ""
    )
    given_headers = {
        "webhook-id": key, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signed, **(forged or {}),
    }  # fmt: skip
    return Call(headers=given_headers, query={}, body=body)


def told(kind: str = "case.answered", **data: Any) -> bytes:
    return json.dumps(
        {"type": kind, "timestamp": NOW.isoformat(), "data": {"case": "K7F3QX", **data}}
    ).encode()


def hear(call: Call) -> list[Heard]:
    return list(heard_in(call, secrets=[SECRET, OLD], now=NOW))


@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_what_the_standard_s_library_signs_is_heard(secret: bytes) -> None:
    assert hear(call_of(told(text="Sorry", author="Ann"), secret=secret)) == [
        Heard(kind="answer", case="K7F3QX", key="evt_1", text="Sorry", author="Ann")
    ]
    assert hear(call_of(told("case.photo_wished", labels=["A_B"]), secret=secret)) == [
        Heard(kind="photo", case="K7F3QX", key="evt_1", labels=("A_B",))
    ]
    assert hear(call_of(told("case.settled"), secret=secret)) == [
        Heard(kind="settled", case="K7F3QX", key="evt_1")
    ]


def test_a_type_of_no_interest_needs_nothing_done() -> None:
    assert hear(call_of(told("order.shipped"))) == []


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (call_of(told(text="x"), secret=bytes(32)), 401),
        (call_of(told(text="x"), at=NOW - timedelta(minutes=6)), 401),
        (call_of(told(text="x"), at=NOW + timedelta(minutes=6)), 401),
        (call_of(told(text="x"), forged={"webhook-id": "evt_2"}), 401),
        (call_of(told(text="x"), forged={"webhook-timestamp": str(int(NOW.timestamp()) + 1)}), 401),
        (call_of(told(text="x"), forged={"webhook-timestamp": "²"}), 401),
        (call_of(told(text="x"), forged={"webhook-signature": "v1"}), 401),
        (call_of(told(text="x"), forged={"webhook-signature": "v1,€,x v2,a"}), 401),
        (Call(headers={}, query={}, body=told(text="x")), 401),
        (call_of(b"{"), 400),
        (call_of(b"[]"), 400),
        (call_of(b'{"type": 1}'), 400),
        (call_of(b'{"type": "case.settled"}'), 400),
        (call_of(told(case=5)), 400),
        (call_of(told(text="")), 400),
        (call_of(told("case.photo_wished")), 400),
        (call_of(told("case.photo_wished", labels="A")), 400),
        (call_of(told(text=["x"])), 400),
    ],
)
def test_forged_late_and_garbled_calls_are_refused(call: Call, status: int) -> None:
    with pytest.raises(HookRefused) as refusal:
        hear(call)

    assert refusal.value.status == status


def test_one_changed_byte_is_a_forgery() -> None:
    call = call_of(told(text="Sorry"))
    body = call.body.replace(b"Sorry", b"sorry")

    with pytest.raises(HookRefused, match="signature"):
        hear(Call(headers=call.headers, query={}, body=body))


@given(body=st.binary(max_size=200), headers=st.dictionaries(st.sampled_from(
    ["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text(max_size=40)))  # fmt: skip
def test_nothing_else_than_a_refusal_comes_of_noise(body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(HookRefused):
        hear(Call(headers=headers, query={}, body=body))


def test_hostile_words_come_through_as_they_are(sample_data: Path) -> None:
    for text in hostile_strings(sample_data)[::11]:
        if text.strip():
            [heard] = hear(call_of(told(text=text)))
            assert heard.text in {text, text.encode("utf-8", "replace").decode()}
