"""Bundles by e-mail, at a real SMTP server."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.inboxes.email.adapter import EmailInbox
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.email.wire import EXPECTED, mails
from bot.ports import PermanentFailure, TransientFailure
from flows.effects import ForwardText
from flows.values import Item, MissingShot, Order, Seller
from tests.inboxes.parcels import parcel_with
from tests.mail_server import Mailbox

pytestmark = pytest.mark.mail
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def settings(port: int, **changes: Any) -> EmailSettings:
    given = {
        "host": "127.0.0.1", "port": port, "security": "none", "sender": "bot@clearshot.example",
        "recipient": "claims@acme.example", "timeout": 5, **changes,
    }  # fmt: skip
    return EmailSettings(**given)


def note(text: str = "It was a gift", number: int = 1) -> ForwardText:
    return ForwardText(
        case="K7F3QX", number=number, text=text, seller=Seller(id="acme", name="Acme"), subject="Mug",
        customer_name="Anna", locale="en",
    )  # fmt: skip


async def test_the_mail_carries_the_labelled_photos_byte_for_byte(
    mail_server: Callable[..., Mailbox],
) -> None:
    mailbox = mail_server()
    parcel = parcel_with()

    await EmailInbox(settings(mailbox.port)).deliver(parcel, idempotency_key="K7F3QX.1")

    [mail] = mailbox.mails
    attached = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert list(attached) == ["ShippingDamage_Packaging.jpg", "ShippingDamage_CloseUp_1.jpg", "manifest.json"]
    assert attached["ShippingDamage_Packaging.jpg"] == parcel.files[0].content
    assert all(part.get_content_disposition() == "attachment" for part in mail.iter_attachments())
    assert mail["Subject"] == "[K7F3QX] Mug: damaged in transit"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",))
    assert text is not None
    assert "2. ShippingDamage_CloseUp_1.jpg: Title of ShippingDamage_CloseUp_1 [blur]" in text.get_content()
    assert "- Box: thrown away" in text.get_content()


async def test_a_repeat_carries_the_same_message_id(mail_server: Callable[..., Mailbox]) -> None:
    mailbox = mail_server()
    inbox = EmailInbox(settings(mailbox.port))

    for _ in range(2):
        await inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")

    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


async def test_notes_and_follow_ups_are_in_the_case_s_thread(mail_server: Callable[..., Mailbox]) -> None:
    mailbox = mail_server()
    inbox = EmailInbox(settings(mailbox.port))
    await inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")

    await inbox.deliver(parcel_with(number=2), idempotency_key="K7F3QX.2")
    await inbox.forward(note(), idempotency_key="K7F3QX.note.1")

    first, second, third = mailbox.mails
    assert second["In-Reply-To"] == third["References"] == first["Message-ID"]
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 3
    assert second["Subject"].startswith("Re: [K7F3QX]")


async def test_a_bundle_over_the_budget_goes_in_several_mails(mail_server: Callable[..., Mailbox]) -> None:
    mailbox = mail_server()
    labels = tuple(f"ShippingDamage_CloseUp_{n}" for n in range(1, 6))
    parcel = parcel_with(labels=labels)
    budget = settings(mailbox.port).model_copy(update={"budget": 2 * len(parcel.files[0].content) + 10})

    await EmailInbox(budget).deliver(parcel, idempotency_key="K7F3QX.1")

    names = [part.get_filename() for mail in mailbox.mails for part in mail.iter_attachments()]
    assert len(mailbox.mails) == 3
    assert [name for name in names if name != "manifest.json"] == [f"{label}.jpg" for label in labels]
    assert mailbox.mails[1]["Subject"].endswith("(2/3)")


async def test_a_server_that_is_down_is_worth_another_attempt(mail_server: Callable[..., Mailbox]) -> None:
    mailbox = mail_server()
    inbox = EmailInbox(settings(1))

    with pytest.raises(TransientFailure):
        await inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")

    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("answer", "failure"),
    [("451 try later", TransientFailure), ("452 full", TransientFailure), ("554 refused", PermanentFailure)],
)
async def test_refusals_that_pass_and_refusals_that_stay(
    mail_server: Callable[..., Mailbox], answer: str, failure: type[Exception]
) -> None:
    mailbox = mail_server()
    mailbox.refuse = answer

    with pytest.raises(failure):
        await EmailInbox(settings(mailbox.port)).deliver(parcel_with(), idempotency_key="K7F3QX.1")


async def test_the_check_greets_the_server(mail_server: Callable[..., Mailbox]) -> None:
    mailbox = mail_server()

    assert "answers" in await EmailInbox(settings(mailbox.port)).check()
    with pytest.raises(TransientFailure):
        await EmailInbox(settings(1)).check()


def test_the_reply_address_is_bound_to_its_case() -> None:
    configured = settings(25, reply_domain="in.clearshot.example", reply_secret="pepper and salt for all")

    [mine] = mails(parcel_with(), key="K7F3QX.1", settings=configured, now=NOW)
    [other] = mails(parcel_with(case="K7F3QY"), key="K7F3QY.1", settings=configured, now=NOW)

    assert mine["Reply-To"].startswith("case+K7F3QX.")
    assert mine["Reply-To"].split(".")[1] != other["Reply-To"].split(".")[1]


def hostile_strings(sample_data: Path) -> list[str]:
    folder = sample_data / "hostile-text"
    found = list(json.loads((folder / "blns.json").read_text(encoding="utf-8")))
    for line in (folder / "email_header_injection.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        found += [
            value
            for value in (entry.values() if isinstance(entry, dict) else [entry])
            if isinstance(value, str)
        ]
    return [text for text in found if isinstance(text, str)]


@pytest.mark.sample_data
def test_hostile_words_add_no_header_no_recipient_and_no_attachment(sample_data: Path) -> None:
    from email import message_from_bytes, policy  # noqa: PLC0415

    for text in hostile_strings(sample_data):
        parcel = parcel_with(
            summary=text,
            message=text,
            customer_name=text,
            item=Item(title=text),
            order=Order(number=text, seller="acme"),
            missing=(MissingShot(label="X", title=text, reason=text),),
            answers=((text, text),),
        )

        [mail] = mails(parcel, key="K7F3QX.1", settings=settings(25), now=NOW)
        parsed = message_from_bytes(mail.as_bytes(), policy=policy.default)

        assert {name.lower() for name in parsed.keys()} <= EXPECTED  # noqa: SIM118
        assert parsed["To"] == "claims@acme.example"
        assert sum(1 for _ in mail.iter_attachments()) == 3
