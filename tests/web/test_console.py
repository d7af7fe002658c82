"""The operators' console over a real store and a real sellers file; nobody else gets in, nothing secret gets out."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientResponse, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.bootstrap import read_profiles
from bot.console_desk import console_desk
from bot.settings import Settings
from bot.web.console.desk import ConsoleDesk
from bot.web.console.door import link_for
from bot.web.console.site import ConsoleSite
from bot.web.inbox.site import InboxSite
from flows.events import Garbled
from storage.ports import Arrival
from tests.web.cases import BEGAN, Cases
from tests.web.conftest import MARK, desk_of

SELLERS = """\
sellers:
  acme:
    name: Acme Outdoor
    inbox: email
    settings: {host: 127.0.0.1, port: 9, security: none, sender: a@b.example, recipient: c@d.example, password: "canary-1"}
    photos: {names: "{case}_{n}"}
  bolt:
    name: Bolt & <b>Co</b>
"""
OF = re.compile(r'name="of" value="(\w+)"')


@dataclass
class Console:
    """The running console, and a browser."""

    desk: ConsoleDesk
    client: TestClient[web.Request, web.Application]
    file: Path
    cases: Cases
    mark: str = ""
    of: str = ""

    async def enter(self, name: str = "Olga") -> ClientResponse:
        token = await link_for(name, agents=self.desk.people.agents, now=datetime.now(UTC))
        return await self.client.post(f"/console/enter/{token}", allow_redirects=False)

    async def open(self, path: str, *, status: int = 200) -> str:
        return await self._read(await self.client.get(path), status)

    async def send(self, path: str, *, status: int = 200, **fields: str) -> str:
        sent = {"csrf": self.mark, "of": self.of, **fields}
        return await self._read(await self.client.post(path, data=sent, allow_redirects=False), status)

    async def _read(self, answer: ClientResponse, status: int) -> str:
        text = await answer.text()
        assert answer.status == status, text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        self.mark, self.of = (
            (found[1] if (found := pattern.search(text)) else old)
            for pattern, old in ((MARK, self.mark), (OF, self.of))
        )
        return text


@pytest.fixture
async def console(cases: Cases, tmp_path: Path) -> AsyncIterator[Console]:
    file = tmp_path / "sellers.yaml"
    file.write_text(SELLERS)
    file.chmod(0o640)
    settings = Settings(sellers=file, blobs=str(tmp_path / "blobs"))
    desk = console_desk(
        settings, cases.storage, read_profiles(settings), desk_of(cases), photos=lambda: (8, 2), changes=True
    )
    site, inbox, app = ConsoleSite(), InboxSite(), web.Application()
    app.add_routes([*site.routes(), *inbox.routes()])
    site.open(desk)
    inbox.open(desk_of(cases))
    server = TestServer(app)
    client: TestClient[web.Request, web.Application] = TestClient(server, cookie_jar=CookieJar(unsafe=True))
    async with server, client:
        yield Console(desk=desk, client=client, file=file, cases=cases)
    await inbox.aclose()


def block_in(page: str) -> str:
    """What stands in the page's text field."""
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL)
    assert found
    return found[1].replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


PAGES = ("/console", "/console/dead", "/console/sellers", "/console/sellers/acme", "/console/sellers/support")


async def test_strangers_and_sellers_people_get_no_page_and_change_nothing(console: Console) -> None:
    agents, now = console.desk.people.agents, datetime.now(UTC)
    ann = await agents.invite("acme", name="Ann", role="owner", locale="en", at=now)

    for cookie in ("", "x" * 300):
        console.client.session.cookie_jar.update_cookies({"clearshot_console": cookie})
        for page in PAGES:
            assert "one-time" not in await console.open(page, status=401)
    token = await agents.link(ann.id, at=now, expires=now + timedelta(hours=1))
    await console.send(f"/console/enter/{token}", status=410)
    signed_in = await agents.redeem(
        await agents.link(ann.id, at=now, expires=now + timedelta(hours=1)), at=now
    )
    assert signed_in is not None
    console.client.session.cookie_jar.update_cookies({"clearshot_console": signed_in.token})
    for page in PAGES:
        await console.open(page, status=401)
    await console.send("/console/sellers/acme/save", status=401, text="acme: {name: Mallory}")

    assert console.file.read_text() == SELLERS


async def test_an_operators_session_opens_no_seller_s_inbox(console: Console) -> None:
    await console.enter()
    [cookie] = [one for one in console.client.session.cookie_jar if one.key == "clearshot_console"]
    console.client.session.cookie_jar.update_cookies({"clearshot_inbox": cookie.value})

    assert (await console.client.get("/inbox")).status == 401


async def test_a_link_lets_in_once_and_a_form_needs_its_mark(console: Console) -> None:
    token = await link_for("Olga", agents=console.desk.people.agents, now=datetime.now(UTC))
    assert "Enter" in await console.open(f"/console/enter/{token}")  # a preview of it uses nothing up

    first = await console.client.post(f"/console/enter/{token}", allow_redirects=False)
    again = await console.client.post(f"/console/enter/{token}", allow_redirects=False)
    await console.open("/console/sellers/acme")
    await console.send("/console/dead/retry", status=403, csrf="0" * 40, id="x")
    await console.send("/console/leave", status=303)

    assert (first.status, again.status) == (303, 410)
    assert "HttpOnly" in first.headers["Set-Cookie"]
    await console.open("/console", status=401)


async def test_the_overview_counts_what_there_is(console: Console) -> None:
    await console.cases.add()
    await console.cases.add("bolt")
    await console.enter()

    figures = await console.desk.overviews.overview(now=BEGAN + timedelta(hours=1))
    page = await console.open("/console")

    assert (figures.waiting, figures.days[0].sent, len(figures.days)) == (2, 2, 7)
    assert "2 of 8 since" in page
    assert "25 %" in page


async def test_preferences_are_shown_without_secrets_or_markup(console: Console) -> None:
    await console.enter()

    pages = "".join([await console.open(page) for page in PAGES])

    assert "{case}_{n}" in pages
    assert "canary" not in pages
    assert "(kept 1)" in pages
    assert "Bolt &amp; &lt;b&gt;Co&lt;/b&gt;" in pages


async def test_an_edited_block_is_checked_at_its_line_and_saved_only_when_it_is_right(
    console: Console,
) -> None:
    await console.enter()
    block = block_in(await console.open("/console/sellers/acme"))

    wrong = await console.send(
        "/console/sellers/acme/save", status=422, text=block.replace("{case}_{n}", "{case}_{m}")
    )
    assert console.file.read_text() == SELLERS
    right = await console.send("/console/sellers/acme/check", text=block.replace("Acme Outdoor", "Acme"))
    assert console.file.read_text() == SELLERS
    saved = await console.send("/console/sellers/acme/save", text=block.replace("Acme Outdoor", "Acme"))

    assert "Line 5, character 14:" in wrong
    assert "there is no field &#39;m&#39;" in wrong
    assert "Nothing is wrong with it" in right
    assert "when the bot is started anew" in saved
    assert console.file.read_text() == SELLERS.replace("Acme Outdoor", "Acme")
    assert (console.file.stat().st_mode & 0o777, console.file.with_name("sellers.yaml.bak").read_text()) == (
        0o640,
        SELLERS,
    )
    assert "has changed since the bot was started" in await console.open("/console/sellers")


async def test_what_somebody_else_changed_meanwhile_is_not_written_over(console: Console) -> None:
    await console.enter()
    block = block_in(await console.open("/console/sellers/acme"))
    theirs = SELLERS.replace("Acme Outdoor", "Acme of theirs")
    console.file.write_text(theirs)

    said = await console.send("/console/sellers/acme/save", text=block.replace("Acme Outdoor", "Ours"))

    assert "changed by somebody else" in said
    assert console.file.read_text() == theirs


async def test_a_trial_is_made_and_its_outcome_told(console: Console) -> None:
    await console.enter()
    await console.open("/console/sellers/bolt")

    well = await console.send("/console/sellers/bolt/try")
    ill = await console.send("/console/sellers/acme/try")

    assert "took a test bundle" in well
    assert "Not well" in ill
    await console.send("/console/sellers/nobody/try", status=404)


async def test_a_dead_letter_is_listed_and_tried_again(console: Console) -> None:
    storage = console.cases.storage
    garbled = Arrival(source="test", id="1", chat=77, event=Garbled(what="sticker", nonce="0f", at=BEGAN))
    [row, *_] = (await storage.streams.post(garbled)).rows
    await storage.outbox.bury(row.id, error="PermanentFailure: mail server says 550")
    await console.enter()

    listed = await console.open("/console/dead")
    await console.send("/console/dead/retry", id=row.id)

    assert "mail server says 550" in listed
    assert "Nothing lies here" in await console.open("/console/dead")


async def test_a_garbled_form_and_a_page_loaded_again_get_a_page_of_ours(console: Console) -> None:
    await console.enter()
    await console.open("/console")

    for kind, body in (
        ("multipart/form-data", "x"),
        ("application/x-www-form-urlencoded; charset=bogus", f"csrf={console.mark}&id=a"),
    ):
        answer = await console.client.post("/console/dead/retry", data=body, headers={"Content-Type": kind})
        assert "could not be read" in await console._read(answer, 400)
    assert "no such page" in await console.open("/console/nowhere", status=404)
    for address, above in (
        ("/console/dead/retry", "Dead letters"),
        ("/console/sellers/acme/check", "Acme Outdoor"),
        ("/console/", "Overview"),
    ):
        assert above in await console.open(address)
