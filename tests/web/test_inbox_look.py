"""Every page of the inbox in a real browser, on a phone and on a desk, by day and by night.

With CLEARSHOT_LOOK=FOLDER the pages are also pictured there, for looking at.
"""

from dataclasses import replace

import pytest

from storage.seller_ports import Canned
from tests.web.conftest import Desktop
from tests.web.showcase import furnish

pytestmark = pytest.mark.browser
HEAVIEST = 60_000
"""Bytes of a page with its style and script, photos aside."""
LONG_NAME = "Maximiliane-Friederike von Hohenstein-Wolfenbüttel"


async def weight(desktop: Desktop, path: str) -> int:
    sizes = [
        len(await (await desktop.page.request.get(str(desktop.inbox.server.make_url(one)))).body())
        for one in (path, "/inbox/style.css", "/inbox/script.js")
    ]
    return sum(sizes)


async def test_the_pages_of_a_busy_inbox_are_pleasant(desktop: Desktop) -> None:
    inbox, looker = desktop.inbox, desktop.looker
    agent, link = await desktop.invite()
    code = await furnish(inbox.cases, agent=agent)
    await inbox.desk.agents.invite("acme", name=LONG_NAME, role="agent", locale="de", at=inbox.desk.now())
    for title, text in (("Sorry", "Hello {name},\nwe are sorry about your {item}. A new one is on its way.\n{me}"),
                        ("Donaudampfschifffahrtsgesellschaftskapitän", "Wir melden uns.")):  # fmt: skip
        await inbox.desk.agents.save_canned(Canned(seller="acme", title=title, text=text))

    await desktop.open("/inbox")
    await looker.look("needed")
    await desktop.open(link)
    await looker.look("enter")
    await desktop.enter(link)
    await looker.look("list")
    await desktop.open(link)
    await desktop.page.locator("button.main").click()
    await looker.look("gone")
    pages = {
        "search-empty": "/inbox?q=nothing+like+it", "settings": "/inbox/settings", "figures": "/inbox/figures",
        "figures-none": "/inbox/figures?since=2020-01-01&until=2020-02-01", "missing": "/inbox/AAAAAA",
        "case": f"/inbox/{code}",
    }  # fmt: skip
    for name, path in pages.items():
        await desktop.open(path)
        await looker.look(name)

    assert not looker.faults, "\n".join(looker.faults)
    heavy = {
        path: size
        for path in ("/inbox", *pages.values())
        if (size := await weight(desktop, path)) >= HEAVIEST
    }
    assert not heavy


async def test_what_happens_on_the_way_is_pleasant_too(desktop: Desktop) -> None:
    inbox, looker, page = desktop.inbox, desktop.looker, desktop.page
    agent = await desktop.sign_in(locale="de")
    await looker.look("list-none")
    code = await furnish(inbox.cases, agent=agent, count=2)
    [silent] = await inbox.cases.add_like(
        code, [{"bundles": (), "order": None, "item": None, "customer_name": ""}]
    )
    await desktop.open("/inbox/settings")
    await page.get_by_label("Name").first.fill(LONG_NAME)
    await page.get_by_role("button", name="Einladen").click()
    await looker.look("link")
    await desktop.open(f"/inbox/{code}")
    await page.locator("#compose textarea").fill("x" * 3600)
    await page.evaluate("document.querySelector('#compose textarea').removeAttribute('maxlength')")
    await page.locator("#compose textarea").fill("wort " * 800)
    await page.get_by_role("button", name="Senden").click()
    await looker.look("case-wrong")
    await desktop.open(f"/inbox/{code}")
    await page.locator("#compose textarea").fill("Neue Tasse kommt.")
    await page.get_by_role("button", name="Erledigt").click()
    await looker.look("case-settled")
    await page.keyboard.press("ArrowRight")
    await looker.look("case-upright", full=False)
    await page.keyboard.press("s")
    await looker.look("case-pair", full=False)
    await page.keyboard.press("s")
    await page.keyboard.press("z")
    await looker.look("case-zoomed", full=False)
    await inbox.cases.blobs.delete_case(code)
    await desktop.open(f"/inbox/{code}")
    await looker.look("case-gone")
    assert silent

    assert not looker.faults, "\n".join(looker.faults)


@pytest.mark.parametrize("locale", ["de", "es"])
async def test_other_languages_fit_as_well(desktop: Desktop, locale: str) -> None:
    agent = await desktop.sign_in(locale=locale)
    code = await furnish(desktop.inbox.cases, agent=agent, count=6)

    for name, path in {
        "list": "/inbox",
        "case": f"/inbox/{code}",
        "settings": "/inbox/settings",
        "figures": "/inbox/figures",
    }.items():
        await desktop.open(path)
        await desktop.looker.look(f"{locale}-{name}", widths=(390,), schemes=("light",))

    assert not desktop.looker.faults, "\n".join(desktop.looker.faults)


async def test_names_without_a_blank_fit_on_a_phone(desktop: Desktop) -> None:
    await desktop.sign_in()
    agent, _ = await desktop.invite(name="W" * 60)
    code = await desktop.inbox.cases.add(customer="M" * 64, item="Donaudampfschifffahrtsmütze" * 4)
    await desktop.inbox.cases.change(code, lambda case: replace(case, assigned=agent, issue_title="Q" * 100))

    for name, path in {"list": "/inbox", "case": f"/inbox/{code}?done=answer"}.items():
        await desktop.open(path)
        await desktop.looker.look(f"long-{name}", widths=(390, 320), schemes=("light",))

    assert not desktop.looker.faults, "\n".join(desktop.looker.faults)
