"""Every page of the console in a real browser, on a phone and on a desk, by day and by night.

With CLEARSHOT_LOOK=FOLDER the pages are also pictured there, for looking at.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.bootstrap import read_profiles
from bot.console_desk import console_desk
from bot.settings import Settings
from bot.web.console.site import ConsoleSite
from bot.web.inbox.site import InboxSite
from flows.events import Garbled
from storage.ports import Arrival
from tests.journeys.visitor import browser_page
from tests.web.cases import Cases
from tests.web.conftest import desk_of
from tests.web.looking import Looker
from tests.web.test_console import SELLERS

pytestmark = pytest.mark.browser


async def dead_letter(cases: Cases) -> None:
    """Leave something that could not be done."""
    odd = Garbled(what="x", nonce="0f", at=datetime.now(UTC))
    rows = (await cases.storage.streams.post(Arrival(source="test", id="1", chat=7, event=odd))).rows
    await cases.storage.outbox.bury(rows[0].id, error="PermanentFailure: mail server says 550")


async def test_the_pages_of_the_console_are_pleasant(cases: Cases, tmp_path: Path) -> None:
    file = tmp_path / "sellers.yaml"
    file.write_text(SELLERS)
    for _ in range(3):
        await cases.add()
    await dead_letter(cases)
    settings = Settings(sellers=file, blobs=str(tmp_path / "blobs"))
    desk = console_desk(
        settings, cases.storage, read_profiles(settings), desk_of(cases), photos=lambda: (8, 2), changes=True
    )
    site, app = ConsoleSite(demo=True), web.Application()
    app.add_routes([*site.routes(), *InboxSite().routes()])
    site.open(desk)
    named = os.environ.get("CLEARSHOT_LOOK")
    async with TestServer(app) as server, browser_page() as page:
        looker = Looker(page=page, folder=Path(named) if named else None)
        for name in ("", "/dead", "/sellers", "/sellers/acme", "/sellers/nobody"):
            await page.goto(str(server.make_url(f"/console{name}")))
            await looker.look(f"console{name.replace('/', '-')}")
        await page.goto(str(server.make_url("/console/sellers/acme")))
        await page.locator("textarea").fill("  acme:\n    name: Acme\n    inbox: fax\n")
        await page.get_by_role("button", name="Check").click()
        await page.get_by_text("there is no inbox").first.wait_for()
        await looker.look("console-wrong")

    assert looker.faults == []
