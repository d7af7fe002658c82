"""Every page of the inbox in a real browser, on a phone and on a desk, by day and by night.

With CLEARSHOT_LOOK=FOLDER the pages are also pictured there, for looking at.
"""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.journeys.visitor import browser_page
from tests.web.conftest import Inbox
from tests.web.looking import Looker
from tests.web.showcase import furnish

pytestmark = pytest.mark.browser


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browser_page() as page:
        page.set_default_timeout(10_000)
        yield page


@pytest.fixture
def looker(page: Page) -> Looker:
    named = os.environ.get("CLEARSHOT_LOOK")
    folder = Path(named) if named else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return Looker(page=page, folder=folder)


async def link_for(inbox: Inbox, seller: str = "acme", *, locale: str = "en") -> tuple[str, str]:
    """Invite an owner; returns their id, and the address that signs them in."""
    now = inbox.desk.now()
    agent = await inbox.desk.agents.invite(seller, name="Ann Lee", role="owner", locale=locale, at=now)
    token = await inbox.desk.agents.link(agent.id, at=now, expires=now + timedelta(hours=1))
    return agent.id, str(inbox.server.make_url(f"/inbox/enter/{token}"))


def address(inbox: Inbox, path: str) -> str:
    return str(inbox.server.make_url(path))


async def sign_in(page: Page, link: str) -> None:
    await page.goto(link)
    await page.locator("button.main").click()
    await page.wait_for_url("**/inbox")


async def test_the_pages_of_a_busy_inbox_are_pleasant(inbox: Inbox, page: Page, looker: Looker) -> None:
    agent, link = await link_for(inbox)
    code = await furnish(inbox.cases, agent=agent)
    await inbox.desk.agents.invite(
        "acme",
        name="Maximiliane-Friederike von Hohenstein-Wolfenbüttel",
        role="agent",
        locale="de",
        at=inbox.desk.now(),
    )

    await page.goto(address(inbox, "/inbox"))
    await looker.look("needed")
    await page.goto(link)
    await looker.look("enter")
    await sign_in(page, link)
    await looker.look("list")
    await page.goto(link)
    await page.locator("button.main").click()
    await looker.look("gone")
    for name, path in {
        "search-empty": "/inbox?q=nothing+like+it&view=all",
        "settings": "/inbox/settings",
        "figures": "/inbox/figures",
        "figures-none": "/inbox/figures?since=2020-01-01&until=2020-02-01",
        "missing": "/inbox/AAAAAA",
        "case": f"/inbox/{code}",
    }.items():
        await page.goto(
            address(inbox, path),
        )
        await looker.look(name)

    assert not looker.faults, "\n".join(looker.faults)
