"""What a marketplace lets through, what stands as it is, and the errand that is made of a parcel."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.bootstrap import INBOXES, preparations
from bot.inboxes.marketplace.adapter import MarketplaceInbox
from bot.inboxes.marketplace.rules import EMAIL, LINK, allowed, fitted, is_gtin, is_phone
from bot.inboxes.marketplace.settings import MarketplaceSettings
from bot.inboxes.marketplace.wire import errand_of
from bot.ports import PermanentFailure
from bot.sellers import parse_sellers
from flows.values import Item, Order
from tests.inboxes.parcels import parcel_with
from tests.inboxes.test_email import hostile_strings


@pytest.mark.parametrize(
    "phone",
    [
        "+49 171 2345678", "+34612345678", "0171 2345678", "01712345678", "030/1234567", "(555) 123-4567",
        "555-123-4567", "1-800-555-0199", "0049 30 123456", "612 34 56 78", "612 345 678", "+1 (555) 123 4567",
    ],
)  # fmt: skip
def test_phone_numbers_go(phone: str) -> None:
    said = allowed(f"Please call, {phone}, in the evening")

    assert said == "Please call, […], in the evening"


@pytest.mark.parametrize(
    "number",
    [
        "302-1234567-1234567", "D01-7654321-0000001", "4006381333931", "0012345678905", "1Z999AA10123456784",
        "00340434161094042557", "A-1018", "SN 20261101774", "23.11.2026", "2026-11-23", "12345678", "3 x 19,99",
        "1280 x 960", "M-5521-77", "RX-100-2000-33", "100 200 300",
    ],
)  # fmt: skip
def test_order_tracking_and_serial_numbers_stay(number: str) -> None:
    assert allowed(f"It says {number} on it") == f"It says {number} on it"


def test_an_order_number_stays_even_when_it_looks_like_a_phone_number() -> None:
    said = allowed("Order 0171 2345678, phone 0171 2345679", kept=["0171 2345678"])

    assert said == "Order 0171 2345678, phone […]"


@pytest.mark.parametrize(
    "called", ["call me: 5551234", "Tel. 5551234567", "WhatsApp 15551234567", "llámeme al 912345678"]
)
def test_a_number_with_a_word_before_it_that_says_so_goes(called: str) -> None:
    assert "555" not in allowed(called)
    assert "912" not in allowed(called)


@pytest.mark.parametrize(
    "written",
    [
        "anna@example.org", "anna (at) example.org", "anna [at] example [dot] org", "https://shop.example/x?y=1",
        "http://10.0.0.1/", "www.example.com/a", "example.com", "t.me/somebot", "sub.example.de/path",
        "mailto:anna@example.org", "javascript:alert(1)", "ftp://x.y/z",
    ],
)  # fmt: skip
def test_addresses_and_links_go(written: str) -> None:
    said = allowed(f"See {written} please")

    assert said.startswith("See […]")
    assert said.endswith("please")
    assert EMAIL.search(said) is None
    assert LINK.search(said) is None


def test_file_names_abbreviations_and_sums_stay() -> None:
    text = "ShippingDamage_Packaging.jpg, e.g. the lid. It cost 19.99 EUR.\nNext line"

    assert allowed(text, kept=["ShippingDamage_Packaging.jpg"]) == text
    assert allowed("<b>bold</b>") == "‹b›bold‹/b›"


@given(st.text(max_size=200))
def test_what_was_allowed_is_allowed(text: str) -> None:
    said = allowed(text)

    assert LINK.search(said) is None
    assert EMAIL.search(said) is None
    assert "<" not in said


def test_hostile_strings_hold_nothing_that_is_refused(sample_data: Path) -> None:
    for text in hostile_strings(sample_data):
        said = allowed(text)
        assert "://" not in said.replace("://[…]", "") or LINK.search(said) is None
        assert EMAIL.search(said) is None


def test_check_digits_tell_trade_numbers_from_phones() -> None:
    assert is_gtin("4006381333931")
    assert not is_gtin("4006381333932")
    assert is_phone("0012345678906")
    assert not is_phone("0012345678905")


# -- the errand ------------------------------------------------------------------------------------------------


def test_the_errand_is_the_message_what_is_missing_the_photos_and_the_case() -> None:
    settings = MarketplaceSettings(
        way={"de": "Meine Bestellungen"}, orders_url="https://www.amazon.de/orders"
    )
    parcel = parcel_with(
        message="My mug broke. Mail anna@example.org or 0171 2345678, order 0171-99999-1.",
        order=Order(number="0171-99999-1", seller="acme", items=(Item(title="Mug"),)),
    )

    errand = errand_of(parcel, settings)

    assert errand.text == (
        "My mug broke. Mail […] or […], order 0171-99999-1.\n\n- Box: thrown away\n\n"
        "1. ShippingDamage_Packaging.jpg: Title of ShippingDamage_Packaging\n"
        "2. ShippingDamage_CloseUp_1.jpg: Title of ShippingDamage_CloseUp_1\n\n(K7F3QX)"
    )
    assert (errand.place, errand.way, errand.url) == (
        "Amazon", "Meine Bestellungen", "https://www.amazon.de/orders",
    )  # fmt: skip


def test_what_does_not_fit_is_left_out_from_the_end_and_the_case_stays() -> None:
    settings = MarketplaceSettings(most_text=300)

    short = errand_of(parcel_with(message="word " * 50), settings).text
    long = errand_of(parcel_with(message="word " * 900), settings).text

    assert short.endswith("word\n\n- Box: thrown away\n\n(K7F3QX)")
    assert long.endswith("word…\n\n(K7F3QX)")
    assert max(len(short), len(long)) <= 300
    assert fitted(["x" * 50, "y"], most=20) == f"{'x' * 19}…"


async def test_files_that_are_too_heavy_together_are_for_a_person() -> None:
    parcel = parcel_with()
    heavy = replace(parcel, files=tuple(replace(file, content=bytes(5_000_001)) for file in parcel.files))

    with pytest.raises(PermanentFailure, match="bundle_bytes"):
        await MarketplaceInbox(MarketplaceSettings()).deliver(heavy, idempotency_key="K7F3QX.1")


@pytest.mark.parametrize(
    "wrong", [{"orders_url": "http://x.example"}, {"most_text": 9000}, {"most_bytes": 11_000_000}]
)
def test_settings_beyond_the_marketplace_s_limits_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MarketplaceSettings.model_validate(wrong)


@pytest.mark.parametrize(
    ("photos", "most"),
    [
        ("", 10_000_000),
        (", photos: {bundle_bytes: 4000000}", 4_000_000),
        (", settings: {most_bytes: 3000000}, photos: {bundle_bytes: 4000000}", 3_000_000),
    ],
)
def test_a_marketplace_s_bundles_are_made_to_fit_whatever_the_seller_wishes(photos: str, most: int) -> None:
    text = (
        f"sellers: {{acme: {{name: Acme, inbox: marketplace{photos}}}, bolt: {{name: Bolt, inbox: folder}}}}"
    )
    sellers = parse_sellers("sellers.yaml", text, inboxes=INBOXES)

    how = preparations(sellers)

    assert (how["acme"].bundle_bytes, how["bolt"].bundle_bytes) == (most, 0)


@pytest.mark.parametrize("text", ["-" * 20_000, "a." * 10_000, "1" * 20_000, "a (at) b " * 2_000])
def test_long_words_hold_nobody_up(text: str) -> None:
    begun = time.process_time()

    allowed(text)

    assert time.process_time() - begun < 2  # seconds: the square of the length took ten


def test_addresses_that_touch_are_taken_out_both() -> None:
    assert "@" not in allowed("write to anna@shop.example+ben@shop.example please")
