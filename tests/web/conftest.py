"""The web inbox over a real store with real cases, and people who sign in with real links."""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from aiohttp import ClientResponse, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Page

from bot.app.attachments import Attachments
from bot.app.case_actions import CaseActions
from bot.app.clock import SystemClock
from bot.photos.pool import PhotoPool
from bot.web.inbox.desk import Desk
from bot.web.inbox.site import InboxSite
from flows.conversation import Conversation
from storage.seller_ports import Agent, Role
from tests.journeys.visitor import browser_page
from tests.web.cases import Cases, cases_in
from tests.web.looking import Looker

NAMES = {"acme": "Acme Outdoor", "bolt": "Bolt & Co", "support": "Support"}
MARK = re.compile(r'name="csrf" value="(\w+)"')


class Reader(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def values(self, tag: str, attribute: str) -> list[str]:
        return [value for name, attrs in self.tags if name == tag and (value := attrs.get(attribute))]


@dataclass
class Person:
    """Somebody at a seller's, with a browser of their own."""

    agent: Agent
    client: TestClient[web.Request, web.Application]
    mark: str = ""

    async def open(self, path: str, *, status: int = 200) -> Reader:
        answer = await self.client.get(path)
        text = await answer.text()
        assert answer.status == status, text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        found = MARK.search(text)
        self.mark = found[1] if found else self.mark
        return Reader(text)

    async def send(self, path: str, **fields: str) -> ClientResponse:
        """Send a form as a page of ours would."""
        if not self.mark:
            await self.open("/inbox")
        return await self.client.post(path, data={"csrf": self.mark, **fields}, allow_redirects=False)


@dataclass
class Inbox:
    """The running inbox."""

    cases: Cases
    desk: Desk
    server: TestServer
    clients: list[TestClient[web.Request, web.Application]] = field(default_factory=list)

    async def browser(self) -> TestClient[web.Request, web.Application]:
        client: TestClient[web.Request, web.Application] = TestClient(
            self.server, cookie_jar=CookieJar(unsafe=True)
        )
        self.clients.append(client)
        return client

    async def person(
        self, seller: str = "acme", *, name: str = "Ann", role: Role = "owner", locale: str = "en"
    ) -> Person:
        """Invite somebody and let them sign in."""
        now = self.desk.now()
        agent = await self.desk.agents.invite(seller, name=name, role=role, locale=locale, at=now)
        token = await self.desk.agents.link(agent.id, at=now, expires=now + timedelta(hours=1))
        client = await self.browser()
        answer = await client.post(f"/inbox/enter/{token}", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/inbox")
        return Person(agent=agent, client=client)

    async def case(self, code: str) -> Conversation:
        chat = await self.cases.storage.streams.chats_of(code)
        assert chat is not None
        return (await self.cases.storage.streams.load(chat)).conversations[code]

    async def lines(self, code: str) -> list[tuple[str, str, str]]:
        """What happened to a case after its delivery, (kind, author, text)."""
        timeline = (await self.case(code)).timeline
        return [(one.kind, one.author, one.text) for one in timeline if one.kind not in {"sent", "delivered"}]


@pytest.fixture
async def cases(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Cases]:
    """A store on SQLite; on PostgreSQL for tests that say so, by parametrizing this."""
    on_postgres = getattr(request, "param", "sqlite") == "postgres"
    url = request.getfixturevalue("postgres_server").database() if on_postgres else ""
    async with cases_in(tmp_path, url=url) as cases:
        yield cases


POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)
on_both = pytest.mark.parametrize("cases", ["sqlite", POSTGRES], indirect=True)
on_postgres = pytest.mark.parametrize("cases", [POSTGRES], indirect=True)


def desk_of(cases: Cases, judge: PhotoPool | None = None) -> Desk:
    """Put the pages' desk together as the application does."""

    def actions(seller: str) -> CaseActions:
        return CaseActions(streams=cases.storage.streams, clock=SystemClock(), source=f"seller:{seller}")

    return Desk(
        cases=cases.storage.seller_cases, agents=cases.storage.agents, blobs=cases.blobs, actions=actions,
        catalogue=cases.catalogue, names=NAMES, now=SystemClock().now,
        attachments=Attachments(blobs=cases.blobs, judge=judge or PhotoPool(workers=1)),
    )  # fmt: skip


@pytest.fixture
async def inbox(cases: Cases) -> AsyncIterator[Inbox]:
    site = InboxSite()
    judge = PhotoPool(workers=1)  # its worker starts with the first picture
    app = web.Application()
    app.add_routes(site.routes())
    server = TestServer(app)
    async with server:
        inbox = Inbox(cases=cases, desk=desk_of(cases, judge), server=server)
        site.open(inbox.desk)
        yield inbox
        await site.aclose()
        await judge.aclose()
        for client in inbox.clients:
            await client.session.close()


@dataclass
class Desktop:
    """A browser before the running inbox."""

    inbox: Inbox
    page: Page
    looker: Looker

    async def open(self, path: str) -> None:
        await self.page.goto(str(self.inbox.server.make_url(path)))

    async def invite(
        self, seller: str = "acme", *, name: str = "Ann Lee", locale: str = "en"
    ) -> tuple[str, str]:
        """Invite an owner; returns their id, and the path that signs them in."""
        now = self.inbox.desk.now()
        agents = self.inbox.desk.agents
        agent = await agents.invite(seller, name=name, role="owner", locale=locale, at=now)
        token = await agents.link(agent.id, at=now, expires=now + timedelta(hours=1))
        return agent.id, f"/inbox/enter/{token}"

    async def enter(self, path: str) -> None:
        await self.open(path)
        await self.page.locator("button.main").click()
        await self.page.wait_for_url("**/inbox")

    async def sign_in(self, seller: str = "acme", *, locale: str = "en") -> str:
        """Come in as a new owner; returns their id."""
        agent, path = await self.invite(seller, locale=locale)
        await self.enter(path)
        return agent


@pytest.fixture
async def desktop(inbox: Inbox) -> AsyncIterator[Desktop]:
    named = os.environ.get("CLEARSHOT_LOOK")
    folder = Path(named) if named else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    async with browser_page() as page:
        page.set_default_timeout(20_000)
        await page.emulate_media(reduced_motion="reduce")
        yield Desktop(inbox=inbox, page=page, looker=Looker(page=page, folder=folder))
