"""Signed events at a real HTTP server, checked with the library of the specification."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from bot.inboxes.webhook.adapter import WebhookInbox
from bot.inboxes.webhook.settings import WebhookSettings
from bot.inboxes.webhook.wire import MOST_BYTES, bundle_event, failure, note_event
from bot.ports import PermanentFailure, TransientFailure
from flows.values import Item, MissingShot, Order
from tests.inboxes.offices import linked
from tests.inboxes.parcels import parcel_with
from tests.inboxes.test_email import hostile_strings, note

OLD, NEW = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Receiver:
    """A shop's endpoint: keeps what comes, and answers as it is told."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.taken.append((dict(request.headers), await request.read()))
        if self.silent:
            await asyncio.sleep(30)
        return web.Response(status=self.status, headers=self.headers)

    def event(self, secret: str = NEW) -> Any:
        """The newest event, its signature checked as the specification's library does."""
        headers, body = self.taken[-1]
        lowered = {name.lower(): value for name, value in headers.items()}
        Webhook(secret).verify(body, lowered)
        return json.loads(body)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    site = web.Application()
    site.router.add_post("/hook", receiver.take)
    async with TestServer(site) as server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver


def settings(url: str, **changes: Any) -> WebhookSettings:
    return WebhookSettings(
        **{"url": url, "secrets": (NEW, OLD), "allow_private": True, "timeout": 5, **changes}
    )


@pytest.fixture
async def inbox(receiver: Receiver) -> AsyncIterator[WebhookInbox]:
    inbox = WebhookInbox(settings(receiver.url))
    yield inbox
    await inbox.aclose()


@pytest.mark.parametrize("secret", [NEW, OLD])
async def test_the_event_is_signed_with_every_secret_and_links_each_photo(
    receiver: Receiver, inbox: WebhookInbox, secret: str
) -> None:
    parcel = linked(parcel_with())

    receipt = await inbox.deliver(parcel, idempotency_key="K7F3QX.1")

    event = receiver.event(secret)
    assert event["type"] == "bundle.delivered"
    assert event["data"]["case"] == "K7F3QX"
    assert [photo["url"] for photo in event["data"]["photos"]] == [file.link for file in parcel.files]
    assert [photo["sha256"] for photo in event["data"]["photos"]] == [file.sha256 for file in parcel.files]
    assert receiver.taken[0][0]["webhook-id"] == receipt.reference == "K7F3QX.1"


async def test_what_was_changed_on_the_way_is_known_by_its_signature(
    receiver: Receiver, inbox: WebhookInbox
) -> None:
    await inbox.forward(note(), idempotency_key="K7F3QX.note.1")
    headers, body = receiver.taken[0]
    receiver.taken.append((headers, body.replace(b"gift", b"theft")))

    with pytest.raises(WebhookVerificationError):
        receiver.event()


async def test_a_repeat_carries_the_same_id(receiver: Receiver, inbox: WebhookInbox) -> None:
    for _ in range(2):
        await inbox.forward(note(), idempotency_key="K7F3QX.note.1")

    assert {headers["webhook-id"] for headers, _ in receiver.taken} == {"K7F3QX.note.1"}
    assert receiver.event()["data"]["text"] == "It was a gift"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 429, 500, 503])
async def test_every_answer_but_2xx_is_worth_another_attempt(
    receiver: Receiver, inbox: WebhookInbox, status: int
) -> None:
    receiver.status, receiver.headers = status, {"Location": receiver.url, "Retry-After": "120"}

    with pytest.raises(TransientFailure, match=str(status)) as refusal:
        await inbox.forward(note(), idempotency_key="K7F3QX.note.1")

    assert refusal.value.retry_after == 120
    assert len(receiver.taken) == 1


async def test_a_receiver_that_is_gone_is_asked_no_more(receiver: Receiver, inbox: WebhookInbox) -> None:
    receiver.status = 410

    for _ in range(3):
        with pytest.raises(PermanentFailure, match="410"):
            await inbox.forward(note(), idempotency_key="K7F3QX.note.1")
    assert len(receiver.taken) == 1

    receiver.status = 200
    assert "signed trial" in await inbox.check()
    assert receiver.event()["type"] == "trial"
    await inbox.forward(note(), idempotency_key="K7F3QX.note.1")


async def test_a_receiver_that_is_silent_or_away_is_asked_again(receiver: Receiver) -> None:
    receiver.silent = True
    silent, away = (
        WebhookInbox(settings(url, timeout=0.3)) for url in (receiver.url, "http://127.0.0.1:1/hook")
    )

    for one in (silent, away):
        with pytest.raises(TransientFailure):
            await one.forward(note(), idempotency_key="K7F3QX.note.1")
        await one.aclose()


async def test_a_name_that_leads_to_this_machine_is_refused_for_good(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    inbox = WebhookInbox(settings(f"https://localhost:{port}/hook", allow_private=False))

    with pytest.raises(PermanentFailure, match="no public host"):
        await inbox.forward(note(), idempotency_key="K7F3QX.note.1")

    await inbox.aclose()
    assert receiver.taken == []


async def test_photos_without_a_link_are_not_kept_quiet(inbox: WebhookInbox, receiver: Receiver) -> None:
    with pytest.raises(PermanentFailure, match="CLEARSHOT_PUBLIC_URL"):
        await inbox.deliver(parcel_with(), idempotency_key="K7F3QX.1")

    assert receiver.taken == []


@pytest.mark.parametrize(
    ("url", "changes"),
    [
        ("http://shop.example/hook", {}),
        ("https://127.0.0.1/hook", {}),
        ("https://[::ffff:10.0.0.1]/hook", {}),
        ("https://0x7f.1/hook", {}),
        ("https://2130706433/", {}),
        ("https://user:pass@shop.example/", {}),
        ("ftp://shop.example/", {"allow_private": True}),
        ("https://shop.example/", {"secrets": ("whsec_c2hvcnQ=",)}),
        ("https://shop.example/", {"secrets": ("canary no base64",)}),
        ("https://shop.example/", {"secrets": ()}),
    ],
)
def test_an_address_or_secret_that_cannot_be_used_is_refused_and_not_repeated(
    url: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refusal:
        settings(url, **{"allow_private": False, **changes})

    assert "canary" not in str(refusal.value)


def test_of_hostile_addresses_only_plain_names_are_left_to_the_resolver(sample_data: Path) -> None:
    lines = (sample_data / "hostile-text" / "webhook_urls.jsonl").read_text(encoding="utf-8").splitlines()
    urls = [str(json.loads(line)["url"]) for line in lines]
    taken = []
    for url in urls:
        try:
            taken.append(urlsplit(settings(url, allow_private=False).url).hostname)
        except ValidationError:
            continue

    assert len(urls) > 30
    assert taken == ["rebind.test", "redirect.test", "slow.test", "big.test"]


def test_an_event_stays_below_20_kb_and_names_what_was_left_out() -> None:
    labels = tuple(f"Shot_{n}" for n in range(60))
    parcel = linked(parcel_with(labels=labels, message="long " * 5000))

    told = bundle_event(parcel, now=NOW)

    event = json.loads(told)["data"]
    assert len(told) < MOST_BYTES
    assert event["left_out"] == ["photos.text", "answers", "order.items", "texts", "photos.details"]
    assert len(event["photos"]) == 60
    assert event["manifest_url"] == parcel.manifest_link
    assert len(note_event(note(text="\U0001f4a5" * 9000), now=NOW)) < MOST_BYTES


def test_what_else_was_ordered_goes_before_words_and_photos() -> None:
    items = tuple(
        Item(title=f"{n}: a title as marketplaces have them, {'very ' * 30}long") for n in range(100)
    )
    order = Order(number="A-17", seller="acme", items=items, verified=True)

    event = json.loads(bundle_event(linked(parcel_with(order=order, item=items[7])), now=NOW))["data"]

    assert "order.items" in event["left_out"]
    assert (event["item"]["title"], event["order"]["number"]) == (items[7].title, "A-17")
    assert ("my mug broke" in event["message"], len(event["photos"])) == (True, 2)
    assert event["photos"][0]["width"] == 64


def test_many_long_reasons_do_not_make_an_event_too_large() -> None:
    missing = tuple(MissingShot(label=f"X{n}", title="Box", reason="\U0001f4a5" * 300) for n in range(20))

    told = bundle_event(linked(parcel_with(missing=missing)), now=NOW)

    event = json.loads(told)["data"]
    assert len(told) < MOST_BYTES
    assert ([one["label"] for one in event["missing"]], len(event["photos"])) == (
        [one.label for one in missing],
        2,
    )


def test_hostile_strings_are_carried_as_they_are(sample_data: Path) -> None:
    for text in hostile_strings(sample_data):
        told = json.loads(note_event(note(text=text), now=NOW))["data"]
        assert told["text"][:200] == text.encode("utf-8", "replace").decode()[:200]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("²", None),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60.0),
        ("99999999999", 86_400.0),  # a slip of theirs: no bundle waits for years
        ("Wed, 21 Oct 2099 07:28:00 GMT", 86_400.0),
    ],
)
def test_how_long_to_wait_is_read_as_seconds_or_as_a_date(said: str, seconds: float | None) -> None:
    assert failure(503, said, now=NOW).retry_after == seconds
    assert failure(503, "Mon, 23 Nov 2026 12:01:00 GMT", now=NOW + timedelta(hours=1)).retry_after == 0
