"""Many bundles through servers that fail: some answer 5xx or 429, some take what they get and then break the connection.

Through the real relay and outbox, on a clock that is moved on, so that hours of patience pass in seconds. What is promised:
everything is delivered, and each key has one effect. A mail has no key but its Message-ID: repeats are counted.
"""

import asyncio
import base64
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.inboxes.chatwoot.adapter import ChatwootInbox
from bot.inboxes.email.adapter import EmailInbox
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.webhook.adapter import WebhookInbox
from bot.inboxes.webhook.settings import WebhookSettings
from bot.inboxes.zammad.adapter import ZammadInbox
from bot.inboxes.zendesk.adapter import ZendeskInbox
from bot.ports import SellerInbox
from bot.testing.customer import Playground
from bot.testing.fakes import picture
from flows.conversation import ChatState
from flows.effects import DeliverBundle
from flows.events import Delivered, DeliveryFailed, Event, Garbled
from flows.outcome import Outcome
from flows.values import Bundle
from storage.ports import Arrival
from tests.bench.full_inbox import code_of
from tests.bench.spread import against
from tests.inboxes import chatwoot_server, zammad_server, zendesk_server
from tests.inboxes.arrivals import Arrived
from tests.inboxes.chatwoot_server import chatwoot_office
from tests.inboxes.parcels import parcel_with
from tests.inboxes.zammad_server import zammad_office
from tests.inboxes.zendesk_server import zendesk_office
from tests.mail_server import Mailbox, free_port
from tests.web.cases import ACME, catalogue_of

SHARES = {"5xx": 0.15, "429": 0.07, "broken": 0.14}
"""Of all deliveries attempted."""
SEED = 5
PATIENCE = timedelta(hours=76)
STEP = timedelta(seconds=20)
Fate = Literal["5xx", "429", "broken", "taken"]


@dataclass
class Weather:
    """Draws what becomes of each attempt, the same every time for one seed."""

    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    drawn: Counter[str] = field(default_factory=Counter)

    def draw(self) -> Fate:
        value, fate = self.chance.random(), "taken"
        for name, part in SHARES.items():
            if 0 <= value < part:
                fate = name
            value -= part
        self.drawn[fate] += 1
        return fate  # type: ignore[return-value]


# -- servers that fail -----------------------------------------------------------------------------------------


@asynccontextmanager
async def failing_proxy(upstream: str, weather: Weather) -> AsyncIterator[str]:
    """Stand before a server: what changes something there meets the weather, reading does not."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def forward(request: web.Request) -> web.StreamResponse:
            fate: Fate = weather.draw() if request.method in {"POST", "PUT"} else "taken"
            if fate == "5xx":
                return web.Response(status=weather.chance.choice((500, 502, 503)))
            if fate == "429":
                return web.Response(status=429, headers={"Retry-After": "3"})
            headers = {
                name: value
                for name, value in request.headers.items()
                if name not in {"Host", "Content-Length"}
            }
            url, body = f"{upstream}{request.path_qs}", await request.read()
            async with session.request(request.method, url, data=body, headers=headers) as answer:
                content = await answer.read()
            if fate == "broken" and request.transport is not None:
                request.transport.abort()
            return web.Response(
                status=answer.status, body=content, headers={"Content-Type": answer.content_type}
            )

        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", forward)
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/")


class FailingMailbox(Mailbox):
    """An SMTP server in the same weather: 4xx codes stand for 5xx and 429."""

    def __init__(self, weather: Weather) -> None:
        super().__init__(port=free_port())
        self.weather = weather

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        fate = self.weather.draw()
        if fate in {"5xx", "429"}:
            return "451 try later" if fate == "5xx" else "421 too many"
        said = await super().handle_DATA(server, session, envelope)
        if fate == "broken":
            server.transport.abort()
        return said


# -- the ring --------------------------------------------------------------------------------------------------


class Sending:
    """An engine that only sends: a chat's one event puts its bundle into the outbox; what came of it is noted."""

    def __init__(self, bundles: Sequence[Bundle]) -> None:
        self.bundles = {str(place): bundle for place, bundle in enumerate(bundles)}
        self.delivered: list[str] = []
        self.failed: list[str] = []

    def step(self, state: ChatState, event: Event) -> Outcome:
        """Send, or note."""
        if isinstance(event, Delivered):
            self.delivered.append(f"{event.case}.{event.number}")
        if isinstance(event, DeliveryFailed):
            self.failed.append(f"{event.case}.{event.number}")
        sent = (DeliverBundle(bundle=self.bundles[event.what]),) if isinstance(event, Garbled) else ()
        return Outcome(state=state, effects=sent)


async def send_all(inbox: SellerInbox, count: int) -> Sending:
    """Send so many bundles to one inbox at once, and let time pass until nothing is owed any more."""
    content = picture()
    bundles = [parcel_with(case=code_of(number), labels=("MorePhotos_1",)).bundle for number in range(count)]
    sending = Sending(bundles)
    async with Playground(catalogue_of(ACME), engine=sending) as playground:  # type: ignore[arg-type]
        playground.inboxes["acme"] = inbox  # type: ignore[assignment]
        for place, bundle in sending.bundles.items():
            key = await playground.blobs.put(bundle.case, content)
            [photo] = bundle.photos
            photos = (replace(photo, photo=replace(photo.photo, key=key)),)
            sending.bundles[place] = replace(bundle, photos=photos)
            event = Garbled(what=place, at=playground.clock.now(), nonce=f"{int(place):016x}")
            await playground.storage.streams.post(
                Arrival(source="outage", id=place, chat=1000 + int(place), event=event)
            )
        passed = timedelta(0)
        while len(sending.delivered) + len(sending.failed) < count and passed < PATIENCE:
            await playground.pass_time(STEP)
            passed += STEP
    await inbox.aclose()
    return sending


def told(sending: Sending, weather: Weather, keys: Sequence[str], *, count: int) -> dict[str, Any]:
    """Hold against what is promised: nothing undelivered, and as many effects as keys."""
    effects = Counter(keys)
    wrong = count - len(set(sending.delivered)) + abs(count - len(effects))
    return against(wrong, 0) | {
        "bundles": count, "delivered": len(set(sending.delivered)), "given_up": len(sending.failed), "keys": len(effects),
        "arrivals": len(keys), "attempts": dict(sorted(weather.drawn.items())),
    }  # fmt: skip


# -- each inbox ------------------------------------------------------------------------------------------------


async def webhook(count: int) -> dict[str, Any]:
    """A receiver that keeps every `webhook-id` that it was sent: what it has seen it drops."""
    weather, keys = Weather(), []

    async def take(request: web.Request) -> web.Response:
        keys.append(request.headers["webhook-id"])
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/in", take)
    async with TestServer(app) as server, failing_proxy(str(server.make_url("")).rstrip("/"), weather) as url:
        secret = f"whsec_{base64.b64encode(bytes(32)).decode()}"
        settings = {"url": f"{url}/in", "secrets": [secret], "allow_private": True}
        inbox = WebhookInbox(WebhookSettings.model_validate(settings))
        sending = await send_all(inbox, count)
    return told(sending, weather, keys, count=count)


async def mail(count: int) -> dict[str, Any]:
    """A mail server: the Message-ID is all the key that there is, so repeats arrive, and can be told as such."""
    weather = Weather()
    mailbox = FailingMailbox(weather)
    with mailbox.serving():
        settings = EmailSettings(
            host="127.0.0.1", port=mailbox.port, security="none", sender="bot@shop.example",
            recipient="claims@acme.example", timeout=10,
        )  # fmt: skip
        sending = await send_all(EmailInbox(settings), count)
    keys = [str(mail["Message-ID"]) for mail in mailbox.mails]
    return told(sending, weather, keys, count=count) | {"repeats": len(keys) - len(set(keys))}


DESKS: dict[str, tuple[Callable[[], Any], Callable[..., Any], Callable[[Any], SellerInbox]]] = {
    "zammad": (zammad_office, zammad_server.settings_for, ZammadInbox),
    "zendesk": (zendesk_office, zendesk_server.settings_for, ZendeskInbox),
    "chatwoot": (chatwoot_office, chatwoot_server.settings_for, ChatwootInbox),
}


async def desk(kind: str, count: int) -> dict[str, Any]:
    """A help desk: every case must be there once, with its one bundle."""
    opened, settings_for, make = DESKS[kind]
    weather = Weather()
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(opened())
        proxy = failing_proxy(office.inbox._calls._base, weather)
        inbox = make(settings_for(await stack.enter_async_context(proxy)))
        sending = await send_all(inbox, count)
        arrived: list[Arrived] = office.arrived()
    found = told(sending, weather, [one.case for one in arrived], count=count)
    doubled = len(arrived) - len({one.case for one in arrived})
    return found | against(found["value"] + doubled, 0)


async def measure(*, bundles: int, desk_bundles: int) -> dict[str, Any]:
    """Send through every kind of server; a figure counts what is missing or double."""
    found = {"outage_webhook": await webhook(bundles), "outage_mail": await mail(bundles)}
    for kind in DESKS:
        found[f"outage_{kind}"] = await desk(kind, desk_bundles)
        await asyncio.sleep(0)
    return found
