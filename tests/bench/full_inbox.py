"""A sellers' inbox with very many cases in it, copied from one real case, and somebody signed in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert, select

from bot.app.attachments import Attachments
from bot.app.case_actions import CaseActions
from bot.app.clock import SystemClock
from bot.photos.pool import PhotoPool
from bot.web.inbox.desk import Desk
from bot.web.inbox.site import InboxSite
from storage.open import open_storage
from storage.sql.group import CONVERSATIONS
from tests.web.cases import ACME, BOLT, Cases, catalogue_of

LETTERS = "23456789BCDFGHJKLMNPQRSTVWXZ"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


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
    clock, judge = SystemClock(), PhotoPool(workers=1)
    desk = Desk(
        cases=storage.seller_cases, agents=storage.agents, blobs=cases.blobs,
        actions=lambda seller: CaseActions(streams=storage.streams, clock=clock, source=seller),
        catalogue=cases.catalogue, names={"acme": "Acme Outdoor"}, now=clock.now,
        attachments=Attachments(blobs=cases.blobs, judge=judge),
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
    await judge.aclose()
    await storage.close()
