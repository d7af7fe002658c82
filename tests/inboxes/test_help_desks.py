"""What the help desks share: looking before making, limits, refusals in words without secrets, and their hooks."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from bot.inboxes.chatwoot.adapter import ChatwootInbox
from bot.inboxes.chatwoot.wire import heard_in as chatwoot_heard
from bot.inboxes.django_helpdesk.adapter import DjangoHelpdeskInbox
from bot.inboxes.django_helpdesk.settings import DjangoHelpdeskSettings
from bot.inboxes.zammad.adapter import ZammadInbox
from bot.inboxes.zammad.wire import heard_in as zammad_heard
from bot.inboxes.zendesk.adapter import ZendeskInbox
from bot.inboxes.zendesk.wire import TEMPLATE
from bot.inboxes.zendesk.wire import heard_in as zendesk_heard
from bot.ports import Call, Heard, HookRefused, PermanentFailure, TransientFailure
from flows.effects import ForwardText
from flows.values import Seller
from tests.inboxes import chatwoot_server, zammad_server, zendesk_server
from tests.inboxes.chatwoot_server import chatwoot_office
from tests.inboxes.parcels import parcel_with
from tests.inboxes.zammad_server import zammad_office
from tests.inboxes.zendesk_server import zendesk_office

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MANY = tuple(f"MorePhotos_{n}" for n in range(1, 33))


def note(text: str = "It was a gift", thread: str = "") -> ForwardText:
    return ForwardText(
        case="K7F3QX", number=1, text=text, seller=Seller(id="acme", name="Acme"), subject="Mug", customer_name="Anna",
        locale="en", thread=thread,
    )  # fmt: skip


# -- looking before making -------------------------------------------------------------------------------------


async def test_zammad_what_was_taken_before_the_connection_broke_is_not_made_again() -> None:
    async with zammad_office() as office:
        for number in (1, 2):
            office.breaks_after = 1
            with pytest.raises(TransientFailure):
                await office.inbox.deliver(parcel_with(number=number), idempotency_key=f"K7F3QX.{number}")
            await office.inbox.deliver(parcel_with(number=number), idempotency_key=f"K7F3QX.{number}")

        assert len(office.tickets) == 1
        assert [one["subject"] for one in office.articles] == ["Clearshot K7F3QX.1", "Clearshot K7F3QX.2"]


async def test_zammad_opens_a_closed_ticket_again_and_splits_what_is_too_large() -> None:
    async with zammad_office() as office:
        receipt = await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
        office.tickets[0]["state"] = "closed"
        await office.inbox.forward(note(thread=receipt.reference), idempotency_key="K7F3QX.note.1")
        assert office.tickets[0]["state"] == "open"

        await office.inbox.deliver(parcel_with(case="K7F3QY", labels=MANY * 2), idempotency_key="K7F3QY.1")

    pictures = [len(one["attachments"]) for one in office.articles if one["ticket_id"] == 12]
    assert pictures == [50, 14]


async def test_zammad_finds_what_it_made_among_many_older_tickets() -> None:
    async with zammad_office() as office:
        office.tickets += [{"id": n, "title": f"[OLD{n}] Tent", "state": "open"} for n in range(1, 151)]
        office.breaks_after = 1
        with pytest.raises(TransientFailure):
            await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")

        await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")

    assert sum("K7F3QX" in one["title"] for one in office.tickets) == 1


async def test_zammad_opens_a_closed_ticket_though_the_answer_to_the_words_was_lost() -> None:
    async with zammad_office() as office:
        receipt = await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
        office.tickets[0]["state"] = "closed"
        office.breaks_after = 1
        for _ in range(2):
            with suppress(TransientFailure):
                await office.inbox.forward(note(thread=receipt.reference), idempotency_key="K7F3QX.note.1")

    assert (office.tickets[0]["state"], len(office.articles)) == ("open", 2)


async def test_chatwoot_begins_a_deleted_conversation_anew() -> None:
    async with chatwoot_office() as office:
        first = await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
        office.conversations.clear()
        again = await office.inbox.forward(note(thread=first.reference), idempotency_key="K7F3QX.note.1")
        office.contacts.clear()
        office.conversations.clear()
        last = await office.inbox.deliver(
            parcel_with(number=2, thread=again.reference), idempotency_key="K7F3QX.2"
        )

    assert [one["content"].rpartition(" ")[2] for one in office.messages] == [
        "K7F3QX.1", "K7F3QX.note.1", "K7F3QX.2",
    ]  # fmt: skip
    assert last.reference in {f"{source}/{number}" for number, source in office.conversations.items()}


async def test_chatwoot_what_was_kept_with_an_error_is_not_sent_again() -> None:
    async with chatwoot_office() as office:
        office.fails_after = 1
        with pytest.raises(TransientFailure):
            await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")

        await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")

    assert (len(office.contacts), len(office.conversations), len(office.messages)) == (1, 1, 1)


async def test_chatwoot_takes_fifteen_photos_a_message_and_the_words_once() -> None:
    async with chatwoot_office() as office:
        await office.inbox.deliver(parcel_with(labels=MANY), idempotency_key="K7F3QX.1")
        await office.inbox.deliver(parcel_with(labels=MANY), idempotency_key="K7F3QX.1")

    assert [len(one["files"]) for one in office.messages] == [15, 15, 2]
    assert sum("my mug broke" in one["content"] for one in office.messages) == 1


async def test_zendesk_a_ticket_has_a_key_and_comments_are_looked_for() -> None:
    async with zendesk_office() as office:
        for number in (1, 2):
            office.breaks_after = 1
            with pytest.raises(TransientFailure):
                await office.inbox.deliver(parcel_with(number=number), idempotency_key=f"K7F3QX.{number}")
            await office.inbox.deliver(parcel_with(number=number), idempotency_key=f"K7F3QX.{number}")

    assert (len(office.tickets), len(office.comments)) == (1, 2)


async def test_zendesk_a_solved_ticket_opens_and_a_closed_one_is_followed_up() -> None:
    async with zendesk_office() as office:
        first = await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
        office.tickets[501]["status"] = "solved"
        await office.inbox.forward(note(thread=first.reference), idempotency_key="K7F3QX.note.1")
        assert office.tickets[501]["status"] == "open"

        office.tickets[501]["status"] = "closed"
        second = await office.inbox.deliver(parcel_with(number=2), idempotency_key="K7F3QX.2")

    assert (first.reference, second.reference) == ("501", "502")
    assert office.tickets[502]["external_id"] == "K7F3QX"


async def test_zendesk_words_after_a_ticket_is_closed_for_good_follow_it_up() -> None:
    async with zendesk_office() as office:
        first = await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")
        office.tickets[501]["status"] = "closed"
        office.breaks_after = 1
        for number in (1, 1, 2):
            with suppress(TransientFailure):
                await office.inbox.forward(
                    note(thread=first.reference), idempotency_key=f"K7F3QX.note.{number}"
                )

    assert (office.tickets[502]["external_id"], office.tickets[502]["subject"]) == ("K7F3QX", "[K7F3QX] Mug")
    assert [one["ticket"] for one in office.comments if "It was a gift" in one["body"]] == [502, 502]


async def test_zendesk_a_ticket_that_is_made_and_not_shown_yet_is_worth_another_attempt() -> None:
    async with zendesk_office() as office:
        office.keys["K7F3QX.1"] = ("made with photos of other tokens", 501)

        with pytest.raises(TransientFailure):
            await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")


async def test_zendesk_s_wait_is_kept() -> None:
    async with zendesk_office() as office:
        office.too_many = 1
        with pytest.raises(TransientFailure) as failure:
            await office.inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")

    assert failure.value.retry_after == 93.0


@pytest.mark.parametrize("kind", ["zammad", "chatwoot", "zendesk", "django_helpdesk"])
@pytest.mark.parametrize(
    "said", ["", "null", "7", '"x"', "[]", "{}", "[1]", "[{}]", '{"user": 1, "ticket": [], "tickets": null}']
)
async def test_what_is_no_answer_of_the_desk_is_one_of_the_two_failures(kind: str, said: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text=said, content_type="application/json")

    made: dict[str, Callable[[str], Any]] = {
        "zammad": lambda url: ZammadInbox(zammad_server.settings_for(url)),
        "chatwoot": lambda url: ChatwootInbox(chatwoot_server.settings_for(url)),
        "zendesk": lambda url: ZendeskInbox(zendesk_server.settings_for(url)),
        "django_helpdesk": lambda url: DjangoHelpdeskInbox(
            DjangoHelpdeskSettings(
                url=url, token="long enough", queue=1, submitter="a@b.example", allow_private=True
            )
        ),
    }
    site = web.Application()
    site.router.add_route("*", "/{rest:.*}", answer)
    async with TestServer(site) as server:
        inbox = made[kind](str(server.make_url("")))
        for attempt in (
            inbox.check(),
            inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1"),
            inbox.deliver(parcel_with(thread="5"), idempotency_key="K7F3QX.1"),
        ):
            with pytest.raises((TransientFailure, PermanentFailure)):
                await attempt
        with pytest.raises((TransientFailure, PermanentFailure)):
            await inbox.forward(note(thread="5"), idempotency_key="K7F3QX.note.1")
        await inbox.aclose()


# -- what is wrong is said in words ------------------------------------------------------------------------------


@pytest.mark.parametrize("desk", ["zammad", "chatwoot", "zendesk"])
async def test_a_wrong_secret_is_for_a_person_and_stays_unsaid(desk: str) -> None:
    offices: dict[str, Any] = {
        "zammad": zammad_office,
        "chatwoot": chatwoot_office,
        "zendesk": zendesk_office,
    }
    async with offices[desk]() as office:
        base = office.inbox._calls._base
        made: dict[str, Callable[[], Any]] = {
            "zammad": lambda: ZammadInbox(zammad_server.settings_for(base, token="canary-secret")),
            "chatwoot": lambda: ChatwootInbox(chatwoot_server.settings_for(base, hmac_token="canary-secret")),
            "zendesk": lambda: ZendeskInbox(zendesk_server.settings_for(base, token="canary-secret")),
        }
        wrong = made[desk]()
        with pytest.raises(PermanentFailure) as failure:
            await wrong.deliver(parcel_with(), idempotency_key="K7F3QX.1")
        await wrong.aclose()

    assert "canary" not in str(failure.value)
    assert "answers 401" in str(failure.value)
    assert office.arrived() == []


@pytest.mark.parametrize(
    "make", [zammad_server.settings_for, chatwoot_server.settings_for, zendesk_server.settings_for]
)
@pytest.mark.parametrize(
    "url",
    [
        "http://desk.example",
        "https://127.0.0.1",
        "https://[::1]/",
        "ftp://x",
        "desk",
        "https://a:b@c.example",
        "https://desk.example/#ticket/zoom/1",
        "https://desk example",
        "https://desk.example:https",
    ],
)
def test_an_address_that_is_private_or_none_is_refused(make: Callable[..., Any], url: str) -> None:
    with pytest.raises(ValidationError):
        make(url, allow_private=False)


# -- hooks -----------------------------------------------------------------------------------------------------


def zammad_call(
    article: dict[str, Any] | None = None, *, secret: str = zammad_server.SECRET, **ticket: Any
) -> Call:
    office = zammad_server.ZammadServer(tickets=[{"id": 11, "title": "[K7F3QX] Mug", "state": "open"}])
    written = {
        "id": 101, "ticket_id": 11, "sender": "Agent", "internal": False, "subject": "", "body": "Sorry &amp; more<br>Ann",
        "content_type": "text/html", "created_by": {"firstname": "Ann"}, **(article or {}),
    }  # fmt: skip
    body, headers = office.hook(written, **ticket)
    assert secret
    return Call(headers=headers, query={}, body=body)


def test_zammad_s_agents_are_heard_and_nobody_else() -> None:
    def hear(call: Call) -> list[Heard]:
        return list(zammad_heard(call, secret=zammad_server.SECRET, now=NOW))

    said = Heard(kind="answer", case="K7F3QX", key="article.101", text="Sorry & more\nAnn", author="Ann")
    assert hear(zammad_call()) == [said]
    assert hear(zammad_call({"internal": True})) == []
    assert hear(zammad_call({"sender": "Customer"})) == []
    assert hear(zammad_call({"subject": "Clearshot K7F3QX.1"})) == []
    assert hear(zammad_call(title="Another matter [K7F3QX]")) == []
    assert hear(zammad_call(title="Mug, to be replaced", note="Clearshot K7F3QX.1")) == [said]
    [wish] = hear(zammad_call({"body": "/photo the base", "content_type": "text/plain"}))
    assert (wish.kind, wish.text) == ("photo", "the base")
    settled = hear(
        zammad_call({"sender": "System"}, state={"name": "closed"}, close_at="2026-11-24T12:00:00Z")
    )
    assert hear(zammad_call({"created_at": "2026-11-18T11:59:59.000Z"})) == []
    assert hear(zammad_call({"internal": True}, state="closed", last_close_at="2026-11-18T11:59:59Z")) == []
    assert len(hear(zammad_call({"created_at": "2026-11-18T12:00:01Z"}))) == 1
    assert [(one.kind, one.key) for one in settled] == [("settled", "ticket.11.closed.2026-11-24T12:00:00Z")]


def test_chatwoot_s_agents_are_heard_and_nobody_else() -> None:
    def hear(**more: Any) -> list[Heard]:
        body = chatwoot_server.encoded(chatwoot_server.event(**more))
        call = Call(headers=chatwoot_server.signed(body, at=NOW), query={}, body=body)
        return list(chatwoot_heard(call, secret=chatwoot_server.SECRET, token="", now=NOW))

    assert hear() == [Heard(kind="answer", case="K7F3QX", key="message.41", text="Sorry", author="Ann")]
    assert hear(private=True) == []
    assert hear(message_type="incoming") == []
    assert hear(sender={"id": 1, "type": "agent_bot", "name": "Bot"}) == []
    assert hear(case="../x") == []
    assert [(one.text, one.left_out) for one in hear(attachments=[{}, {}])] == [("Sorry", 2)]
    assert [one.kind for one in hear(name="conversation_resolved")] == ["settled"]
    assert hear(name="conversation_typing_on") == []


def zendesk_call(stamp: str | None = None, **more: Any) -> Call:
    told = {
        "case": "K7F3QX", "ticket": "501", "status": "Open", "updated": "2026-11-24T12:00:00Z", "comment": "9",
        "text": "Sorry", "author": "Ann", "role": "Agent", **more,
    }  # fmt: skip
    body = json.dumps(told).encode()
    return Call(headers=zendesk_server.signed(body, stamp=stamp or NOW.isoformat()), query={}, body=body)


def test_zendesk_s_agents_are_heard_and_nobody_else() -> None:
    def hear(**more: Any) -> list[Heard]:
        return list(zendesk_heard(zendesk_call(**more), secret=zendesk_server.SECRET, now=NOW))

    assert hear() == [Heard(kind="answer", case="K7F3QX", key="comment.9", text="Sorry", author="Ann")]
    assert hear(role="end-user") == []
    assert hear(text="facts\n\nClearshot K7F3QX.1") == []
    assert hear(text="Anna: a gift Clearshot K7F3QX.note.1") == []
    [named] = hear(text="Thank you for using Clearshot today: we refund it.")
    assert named.text == "Thank you for using Clearshot today: we refund it."
    assert hear(case="") == []
    assert [one.kind for one in hear(status="Solved")] == ["answer", "settled"]
    assert sorted(json.loads(TEMPLATE)) == sorted(json.loads(zendesk_call().body))


LATE = NOW - timedelta(minutes=6)


@pytest.mark.parametrize("desk", ["zammad", "chatwoot", "chatwoot token", "zendesk"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"event": "message_created"}', b"\xff" * 50])
def test_forged_and_garbled_calls_are_refused(desk: str, body: bytes) -> None:
    hear: dict[str, Callable[[Call], Any]] = {
        "zammad": lambda call: zammad_heard(call, secret=zammad_server.SECRET, now=NOW),
        "chatwoot": lambda call: chatwoot_heard(call, secret=chatwoot_server.SECRET, token="", now=NOW),
        "chatwoot token": lambda call: chatwoot_heard(call, secret="", token="t" * 16, now=NOW),
        "zendesk": lambda call: zendesk_heard(call, secret=zendesk_server.SECRET, now=NOW),
    }
    for headers in (
        {},
        {"x-hub-signature": "sha1=€", "x-chatwoot-signature": "€", "x-zendesk-webhook-signature": "€"},
    ):
        with pytest.raises(HookRefused) as refusal:
            hear[desk](Call(headers=headers, query={"token": "guess"}, body=body))
        assert refusal.value.status == 401


def test_late_calls_are_refused_and_garbled_ones_that_are_signed_too() -> None:
    body = chatwoot_server.encoded(chatwoot_server.event())
    late = Call(headers=chatwoot_server.signed(body, at=LATE), query={}, body=body)
    refused: list[tuple[Callable[[], Any], int]] = [
        (lambda: chatwoot_heard(late, secret=chatwoot_server.SECRET, token="", now=NOW), 401),
        (lambda: zendesk_heard(zendesk_call(LATE.isoformat()), secret=zendesk_server.SECRET, now=NOW), 401),
        (lambda: zendesk_heard(zendesk_call("yesterday"), secret=zendesk_server.SECRET, now=NOW), 401),
        (lambda: zendesk_heard(zendesk_call("2026-11-24T12:00:00"), secret=zendesk_server.SECRET, now=NOW), 401),
        (lambda: chatwoot_heard(Call(headers=chatwoot_server.signed(b"[]", at=NOW), query={}, body=b"[]"),
                                secret=chatwoot_server.SECRET, token="", now=NOW), 400),
    ]  # fmt: skip
    for hear, status in refused:
        with pytest.raises(HookRefused) as refusal:
            hear()
        assert refusal.value.status == status


def test_nothing_is_heard_where_no_secret_is_set() -> None:
    with pytest.raises(HookRefused):
        zammad_heard(zammad_call(), secret="", now=NOW)
    with pytest.raises(HookRefused):
        zendesk_heard(zendesk_call(), secret="", now=NOW)
    with pytest.raises(HookRefused):
        chatwoot_heard(Call(headers={}, query={"token": ""}, body=b"{}"), secret="", token="", now=NOW)
