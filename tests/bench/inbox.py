"""The sellers' side at its size: `python -m tests.bench inbox --json`.

Pages of a seller with 100 000 cases on SQLite and PostgreSQL, over HTTP with a session; a bundle of ten photos by
e-mail and by webhook.
"""

import argparse
import asyncio
import base64
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert, select

from bot.app.case_actions import CaseActions
from bot.app.clock import SystemClock
from bot.inboxes.email.adapter import EmailInbox
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.webhook.adapter import WebhookInbox
from bot.inboxes.webhook.settings import WebhookSettings
from bot.ports import Parcel, SellerInbox
from bot.web.inbox.desk import Desk
from bot.web.inbox.site import InboxSite
from storage.open import open_storage
from storage.sql.group import CONVERSATIONS
from tests import postgres
from tests.cli.picture_files import photograph
from tests.inboxes.offices import linked
from tests.inboxes.parcels import parcel_with
from tests.mail_server import Mailbox, free_port
from tests.web.cases import ACME, BOLT, Cases, catalogue_of

CASES = 100_000
TIMES = 40
LETTERS = "23456789BCDFGHJKLMNPQRSTVWXZ"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAGES = {
    "open": "/inbox",
    "all": "/inbox?view=all",
    "settled": "/inbox?view=settled",
    "unread": "/inbox?view=unread",
    "issue": "/inbox?view=all&issue=product_defect",
    "search, found": "/inbox?view=all&q=customer77",
    "search, not found": "/inbox?view=all&q=nothing-like-it",
}
ASKED_MS = 100.0


def code_of(number: int) -> str:
    """Make the code of a case."""
    letters = []
    for _ in range(6):
        number, rest = divmod(number, len(LETTERS))
        letters.append(LETTERS[rest])
    return "".join(letters)


async def fill(cases: Cases, count: int) -> None:
    """Copy one real case many times: other codes, times, customers; two thirds settled."""
    seed = await cases.add()
    database: Any = cases.storage._database

    def work(connection: Any) -> None:
        [row] = connection.execute(select(CONVERSATIONS).where(CONVERSATIONS.c.id == seed)).mappings()
        for start in range(0, count, 2000):
            rows = [_copy(dict(row), number) for number in range(start, min(count, start + 2000))]
            connection.execute(insert(CONVERSATIONS), rows)

    await database.run(work)
    if database.name == "postgresql":
        await database.run(lambda c: c.exec_driver_sql("ANALYZE conversations"))
    else:
        await database.run(lambda c: c.exec_driver_sql("ANALYZE"))


def _copy(row: dict[str, Any], number: int) -> dict[str, Any]:
    at = NOW - timedelta(minutes=number)
    made = {**row, "id": code_of(number), "chat": 5_000_000 + number, "created": at, "changed": at}
    if number % 3:
        made |= {"phase": "settled"}
    for name in ("noted", "moved", "updated", "last"):
        if name in made:
            made[name] = at
    for name in ("customer_name", "customer"):
        if name in made:
            made[name] = f"Customer{number % 1000}"
    if "search" in made:
        made["search"] = f"{made['search']} customer{number % 1000}"
    return made


@asynccontextmanager
async def inbox_on(url: str, *, count: int) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """Serve the inbox over a full store, and sign somebody in."""
    storage = open_storage(url, owner="bench", now=lambda: datetime.now(UTC))
    await storage.upgrade()
    cases = Cases(storage=storage, catalogue=catalogue_of(ACME, BOLT))
    await storage.open(cases.step)
    await fill(cases, count)
    clock = SystemClock()
    desk = Desk(
        cases=storage.seller_cases, agents=storage.agents, blobs=cases.blobs,
        actions=lambda seller: CaseActions(streams=storage.streams, clock=clock, source=seller),
        catalogue=cases.catalogue, names={"acme": "Acme Outdoor"}, now=clock.now,
    )  # fmt: skip
    site = InboxSite()
    app = web.Application()
    app.add_routes(site.routes())
    site.open(desk)
    agent = await storage.agents.invite("acme", name="Ann", role="owner", locale="en", at=clock.now())
    token = await storage.agents.link(agent.id, at=clock.now(), expires=clock.now() + timedelta(hours=1))
    async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as client:
        await client.post(f"/inbox/enter/{token}", allow_redirects=False)
        yield client
    await site.aclose()
    await storage.close()


async def timed(call: Callable[[], Awaitable[Any]], times: int) -> dict[str, float]:
    """Time a call: median and p95 in ms."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - begun) * 1000)
    return {
        "p50_ms": round(statistics.median(taken), 1),
        "p95_ms": round(sorted(taken)[int(len(taken) * 0.95)], 1),
    }


async def pages(url: str, *, count: int) -> dict[str, Any]:
    """Time every page of the list, cold caches aside."""
    async with inbox_on(url, count=count) as client:

        async def get(path: str) -> None:
            answer = await client.get(path)
            text = await answer.text()
            if answer.status != 200 or "</html>" not in text:
                raise RuntimeError(f"{path} answers {answer.status}")

        found = {}
        for name, path in PAGES.items():
            await get(path)
            found[name] = await timed(lambda path=path: get(path), TIMES)  # type: ignore[misc]
    return found


def ten_photos(number: int) -> Parcel:
    """Make a bundle of ten photos of 1280 pixels."""
    parcel = parcel_with(case=code_of(number), labels=tuple(f"MorePhotos_{n}" for n in range(1, 11)))
    content = photograph(1)
    return linked(replace(parcel, files=tuple(replace(file, content=content) for file in parcel.files)))


async def delivered(inbox: SellerInbox, times: int) -> dict[str, float]:
    """Time deliveries."""
    numbers = iter(range(10**6))

    async def deliver() -> None:
        parcel = ten_photos(next(numbers))
        await inbox.deliver(parcel, idempotency_key=f"{parcel.bundle.case}.1")

    return await timed(deliver, times)


async def deliveries(times: int) -> dict[str, Any]:
    """Time e-mail and webhook against real servers on this machine."""
    mailbox = Mailbox(port=free_port())
    with mailbox.serving():
        mail = EmailInbox(EmailSettings(
            host="127.0.0.1", port=mailbox.port, security="none", sender="bot@shop.example",
            recipient="claims@acme.example", budget=20_000_000,
        ))  # fmt: skip
        by_mail = await delivered(mail, times)

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/in", take)
    async with TestServer(app) as server:
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        settings = {"url": str(server.make_url("/in")), "secrets": [secret], "allow_private": True}
        hook = WebhookInbox(WebhookSettings.model_validate(settings))
        by_webhook = await delivered(hook, times)
        await hook.aclose()
    return {"e-mail": by_mail, "webhook": by_webhook}


async def measure(urls: dict[str, str], *, count: int) -> dict[str, Any]:
    """Measure everything."""
    lists = {name: await pages(url, count=count) for name, url in urls.items()}
    worst = max(
        one["p95_ms"] for found in lists.values() for name, one in found.items() if "search" not in name
    )
    return {
        "cases": count,
        "pages": lists,
        "list_p95_ms": worst,
        "list_asked_ms": ASKED_MS,
        "ten_photos": await deliveries(10),
        "ten_photos_asked_ms": 1000.0,
    }


def main(arguments: list[str]) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench inbox")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cases", type=int, default=CASES)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, postgres.running() as server:
        urls = {"sqlite": f"sqlite:///{Path(folder) / 'bench.db'}", "postgresql": server.database()}
        found = asyncio.run(measure(urls, count=given.cases))
    print(json.dumps(found, indent=None if given.json else 2))
