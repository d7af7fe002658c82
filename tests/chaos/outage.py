"""Outage: a seller's server is down for a day of the product's clock; all is delivered within the hour after, each once.

Through the real relay, outbox and adapters against real ports, closed and then open, on a clock that is moved on: what
waits for hours is waited for as it is, only sooner.
"""

import argparse
import asyncio
import base64
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.inboxes.email.adapter import EmailInbox
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.webhook.adapter import WebhookInbox
from bot.inboxes.webhook.settings import WebhookSettings
from bot.ports import Parcel, Receipt, SellerInbox
from bot.testing.customer import Playground
from bot.testing.fakes import picture
from flows.conversation import ChatState
from flows.events import Delivered, DeliveryDelayed, Event, Garbled
from flows.outcome import Outcome
from storage.ports import Arrival
from tests.bench.full_inbox import code_of
from tests.bench.outages import Sending
from tests.inboxes.parcels import parcel_with
from tests.mail_server import Mailbox, free_port
from tests.web.cases import ACME, catalogue_of

HOURS = 24
STEP = timedelta(minutes=5)
WITHIN = timedelta(hours=1)
LONGEST = timedelta(hours=3)
"""How long after its end the campaign looks on."""
SEED = 7


class Dated(Sending):
    """Sends, and notes when each bundle was delivered, and whose customer was told that it takes longer."""

    def __init__(self, bundles: list[Any]) -> None:
        super().__init__(bundles)
        self.when: dict[str, datetime] = {}
        self.told: Counter[str] = Counter()

    def step(self, state: ChatState, event: Event) -> Outcome:
        if isinstance(event, Delivered):
            self.when[event.case] = event.at
        if isinstance(event, DeliveryDelayed):
            self.told[event.case] += 1
        return super().step(state, event)


@dataclass
class Tried:
    """The real inbox, with a count of attempts."""

    inbox: SellerInbox
    attempts: int = 0

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        self.attempts += 1
        return await self.inbox.deliver(parcel, idempotency_key=idempotency_key)

    async def aclose(self) -> None:
        await self.inbox.aclose()


@dataclass(kw_only=True)
class Server:
    """A seller's server that is down until `up` is entered; `keys` is what arrived, by what tells repeats apart."""

    inbox: SellerInbox
    up: Callable[[], AbstractAsyncContextManager[None]]
    keys: list[str] = field(default_factory=list)


def mail_server() -> Server:
    mailbox = Mailbox(port=free_port())
    settings = EmailSettings(
        host="127.0.0.1", port=mailbox.port, security="none", sender="bot@shop.example",
        recipient="claims@acme.example", timeout=10,
    )  # fmt: skip

    @asynccontextmanager
    async def up() -> AsyncIterator[None]:
        with mailbox.serving():
            yield
        server.keys = [str(mail["Message-ID"]) for mail in mailbox.mails]

    server = Server(inbox=EmailInbox(settings), up=up)
    return server


def web_server() -> Server:
    port = free_port()
    secret = f"whsec_{base64.b64encode(bytes(32)).decode()}"
    settings = {"url": f"http://127.0.0.1:{port}/in", "secrets": [secret], "allow_private": True}

    async def take(request: web.Request) -> web.Response:
        server.keys.append(request.headers["webhook-id"])
        return web.Response(status=204)

    @asynccontextmanager
    async def up() -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/in", take)
        async with TestServer(app, port=port):
            yield

    server = Server(inbox=WebhookInbox(WebhookSettings.model_validate(settings)), up=up)
    return server


SERVERS = {"mail": mail_server, "webhook": web_server}


async def _post(playground: Playground, sending: Dated, number: int) -> None:
    """Let a customer send one bundle now."""
    place = str(number)
    bundle = sending.bundles[place]
    [photo] = bundle.photos
    key = await playground.blobs.put(bundle.case, picture(serial=number))
    sending.bundles[place] = replace(bundle, photos=(replace(photo, photo=replace(photo.photo, key=key)),))
    event = Garbled(what=place, at=playground.clock.now(), nonce=f"{number:016x}")
    await playground.storage.streams.post(Arrival(source="outage", id=place, chat=1000 + number, event=event))


async def _day(playground: Playground, sending: Dated, hours: int) -> None:
    """Let the hours pass, and bundles be sent at moments of chance, the first one at once."""
    chance = random.Random(SEED)
    moments = sorted(chance.uniform(0, hours) for _ in sending.bundles)
    moments[0] = 0.0
    begun, sent = playground.clock.now(), 0
    while (passed := playground.clock.now() - begun) < timedelta(hours=hours):
        while sent < len(moments) and timedelta(hours=moments[sent]) <= passed:
            await _post(playground, sending, sent)
            sent += 1
        await playground.pass_time(STEP)
    while sent < len(moments):
        await _post(playground, sending, sent)
        sent += 1


async def outage(kind: str, *, bundles: int, hours: int = HOURS) -> dict[str, Any]:
    """Run one campaign."""
    server = SERVERS[kind]()
    parcels = [parcel_with(case=code_of(number), labels=("MorePhotos_1",)) for number in range(bundles)]
    sending = Dated([parcel.bundle for parcel in parcels])
    tried = Tried(server.inbox)
    async with Playground(catalogue_of(ACME), engine=sending) as playground:  # type: ignore[arg-type]
        playground.inboxes["acme"] = tried  # type: ignore[assignment]
        await _day(playground, sending, hours)
        early, attempts, ended = len(sending.when), tried.attempts, playground.clock.now()
        async with server.up():
            while len(sending.when) < bundles and playground.clock.now() - ended < LONGEST:
                await playground.pass_time(STEP)
        await tried.aclose()
    late = [when - ended for when in sending.when.values()]
    found = _judged(sending, Counter(server.keys), bundles=bundles, slowest=max(late, default=LONGEST))
    return {
        "server": kind, "hours_down": hours, "bundles": bundles, "attempts_while_down": attempts,
        "delivered_while_down": early, **found,
    }  # fmt: skip


def _judged(sending: Dated, keys: Counter[str], *, bundles: int, slowest: timedelta) -> dict[str, Any]:
    lost, doubled = bundles - len(keys), keys.total() - len(keys)
    told = [case for case, count in sending.told.items() if count == 1]
    wrong = [f"given up: {one}" for one in sending.failed]
    wrong += [f"the slowest took {slowest}"] if slowest > WITHIN else []
    wrong += [f"told twice: {case}" for case, count in sending.told.items() if count > 1]
    return {
        "delivered": len(sending.when), "lost": lost, "doubled": doubled, "customers_told": len(told),
        "slowest_minutes_after": round(slowest.total_seconds() / 60, 1), "wrong_at": wrong,
    }  # fmt: skip


async def outages(*, bundles: int, hours: int) -> dict[str, Any]:
    """Run one after the other for each kind of server."""
    found = [await outage(kind, bundles=bundles, hours=hours) for kind in SERVERS]
    sums = {name: sum(one[name] for one in found) for name in ("bundles", "lost", "doubled")}
    return {
        "campaign": "outage", "kills": 0, **sums, "servers": found,
        "wrong_at": [line for one in found for line in one["wrong_at"]],
    }  # fmt: skip


def main(arguments: list[str]) -> dict[str, Any]:
    """Read the command's own options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos outage", description=__doc__)
    parser.add_argument("--bundles", type=int, default=200)
    parser.add_argument("--hours", type=int, default=HOURS, help="of the product's clock")
    parser.add_argument("--small", action="store_true", help="12 bundles")
    given = parser.parse_args(arguments)
    return asyncio.run(outages(bundles=12 if given.small else given.bundles, hours=given.hours))
