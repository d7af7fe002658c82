"""The sellers' side at its size: `python -m tests.bench inbox --json`.

Pages of a seller with 100 000 cases on SQLite and PostgreSQL, over HTTP with a session; a bundle of ten photos by
e-mail and by webhook; 500 bundles through servers that fail (see tests/bench/outages.py).
"""

import asyncio
import base64
import logging
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.inboxes.email.adapter import EmailInbox
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.webhook.adapter import WebhookInbox
from bot.inboxes.webhook.settings import WebhookSettings
from bot.ports import Parcel, SellerInbox
from tests import postgres
from tests.bench import outages
from tests.bench.full_inbox import code_of, inbox_on
from tests.bench.spread import against, share, spread
from tests.cli.picture_files import photograph
from tests.inboxes.offices import linked
from tests.inboxes.parcels import parcel_with
from tests.mail_server import Mailbox, free_port

CASES = 100_000
TIMES = 40
BUNDLES, DESK_BUNDLES = 500, 100
PAGES = {
    "open": "/inbox",
    "all": "/inbox?view=all",
    "settled": "/inbox?view=settled",
    "unread": "/inbox?view=unread",
    "issue": "/inbox?view=all&issue=product_defect",
    "search": "/inbox?view=all&q=customer77",
    "search_in_vain": "/inbox?view=all&q=nothing-like-it",
}
PAGE_MS = 100.0
TEN_PHOTOS_MS = 1000.0


def run() -> dict[str, Any]:
    """Measure everything; milliseconds, the 95th percentile is held against the limit."""
    logging.disable(logging.ERROR)  # servers that fail give much to say
    found: dict[str, Any] = {"cases": CASES}
    with tempfile.TemporaryDirectory() as folder, postgres.running() as server:
        urls = {"sqlite": f"sqlite:///{Path(folder) / 'bench.db'}", "postgresql": server.database()}
        for name, url in urls.items():
            found[f"list_{name}"] = asyncio.run(pages(url, count=CASES))
    found |= asyncio.run(deliveries(TIMES))
    return found | asyncio.run(outages.measure(bundles=BUNDLES, desk_bundles=DESK_BUNDLES))


async def timed(call: Callable[[], Awaitable[Any]], times: int) -> tuple[list[float], float]:
    """Time a call, in ms, and tell this process's own work for each; the first one, which opens connections, is left out."""
    taken: list[float] = []
    worked = 0.0
    for _ in range(times + 1):
        begun, work = time.perf_counter(), time.process_time()
        await call()
        taken.append((time.perf_counter() - begun) * 1000)
        worked += (time.process_time() - work) * 1000 * bool(len(taken) > 1)
    return taken[1:], worked / times


def told(taken: list[float], worked: float) -> dict[str, Any]:
    """Say how long it took, and how much of that was work of this process: the rest is other machines' and waiting."""
    return spread(taken) | {"work": round(worked, 1)}


async def pages(url: str, *, count: int) -> dict[str, Any]:
    """Time every page of the list; the slowest kind of page counts."""
    async with inbox_on(url, count=count) as client:

        async def get(path: str) -> None:
            answer = await client.get(path)
            text = await answer.text()
            if answer.status != 200 or "</html>" not in text:
                raise RuntimeError(f"{path} answers {answer.status}")

        taken = {
            name: await timed(lambda path=path: get(path), TIMES)  # type: ignore[misc]
            for name, path in PAGES.items()
        }
    worst = max(share(one, 0.95) for one, _ in taken.values())
    return against(worst, PAGE_MS) | {name: told(*one) for name, one in taken.items()}


def ten_photos(number: int) -> Parcel:
    """Make a bundle of ten photos of 1280 pixels."""
    parcel = parcel_with(case=code_of(number), labels=tuple(f"MorePhotos_{n}" for n in range(1, 11)))
    content = photograph(1)
    return linked(replace(parcel, files=tuple(replace(file, content=content) for file in parcel.files)))


async def delivered(inbox: SellerInbox, times: int) -> dict[str, Any]:
    """Time deliveries."""
    numbers = iter(range(10**6))

    async def deliver() -> None:
        parcel = ten_photos(next(numbers))
        await inbox.deliver(parcel, idempotency_key=f"{parcel.bundle.case}.1")

    taken, worked = await timed(deliver, times)
    return against(share(taken, 0.95), TEN_PHOTOS_MS) | {"spread": told(taken, worked)}


class TakingMailbox(Mailbox):
    """A mail server that takes what comes and reads none of it: that work is not ours."""

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - the library's name
        return "250 OK"


async def deliveries(times: int) -> dict[str, Any]:
    """Time e-mail and webhook against real servers on this machine."""
    mailbox = TakingMailbox(port=free_port())
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
    return {"ten_photos_email": by_mail, "ten_photos_webhook": by_webhook}
