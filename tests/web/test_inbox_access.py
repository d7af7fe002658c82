"""Who may see what: every route of the inbox, tried by strangers, by another seller, and by forged forms."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.inbox.acting import ACTS
from bot.web.inbox.people import CHANGES
from bot.web.inbox.site import ASSETS, InboxSite
from storage.seller_ports import Agent, Canned
from tests.web.cases import Cases
from tests.web.conftest import Inbox, desk_of

PUBLIC = {*(f"/inbox/{name}" for name in ASSETS), "/inbox/enter/{token}", "/inbox/as/{seller}"}
"""What can be asked for without a session; none of it knows a case."""
ENDLESS = {"/inbox/live"}
SECRETS = ("Zora Zebrastripe", "Secret samovar", "canary note for bolt", "bolt's own answer", "Boris of Bolt")


def addresses(case: str, file: str) -> Iterator[tuple[str, str]]:
    """Every route of the app itself, (method, path), with another seller's case filled in."""
    for route in InboxSite().routes():
        if route.path in PUBLIC | ENDLESS:
            continue
        path = route.path
        acts = ["/{act}"] if "{act:" in path else [""]
        for _ in acts:
            path = re.sub(r"\{case:[^}]*\}\}", case, path)
            path = re.sub(r"\{bundle:[^}]*\}\}", "1", path).replace("{file}", file)
            if "{act:" in path:
                yield from ((route.method, re.sub(r"\{act:[^}]*\}", one, path)) for one in ACTS)
            elif "{what:" in path:
                yield from ((route.method, re.sub(r"\{what:[^}]*\}", one, path)) for one in CHANGES)
            else:
                assert "{" not in path, f"a route that this test does not know: {route.path}"
                yield route.method, path


async def bolt_s_secrets(inbox: Inbox) -> tuple[str, str, Agent, Canned]:
    """Give the other seller a case, a person and an answer worth stealing."""
    code = await inbox.cases.add("bolt", customer="Zora Zebrastripe", item="Secret samovar")
    await inbox.desk.actions("bolt").remark(code, "canary note for bolt")
    now = inbox.desk.now()
    boris = await inbox.desk.agents.invite("bolt", name="Boris of Bolt", role="owner", locale="de", at=now)
    canned = await inbox.desk.agents.save_canned(
        Canned(seller="bolt", title="Secret", text="bolt's own answer")
    )
    return code, "ProductDefect_FrontView.jpg", boris, canned


async def test_no_route_shows_or_changes_anything_of_another_seller(inbox: Inbox) -> None:
    code, file, boris, canned = await bolt_s_secrets(inbox)
    own = await inbox.cases.add("acme", customer="Anna")
    ann = await inbox.person("acme")
    await ann.open("/inbox")
    before = await inbox.lines(code)
    tried = 0

    for method, path in addresses(code, file):
        tried += 1
        if method == "GET":
            answer = await ann.client.get(path, allow_redirects=False)
        else:
            stolen = {
                "text": "hello",
                "name": "Mallory",
                "agent": boris.id,
                "canned": canned.id,
                "access": "no",
            }
            answer = await ann.send(path, **stolen) if "leave" not in path else answer
        text = await answer.text(errors="replace")
        assert code not in text, path
        assert not [secret for secret in SECRETS if secret in text], path
        if f"/{code}" in path:
            assert answer.status == 404, path

    assert tried > 20
    assert await inbox.lines(code) == before
    assert (await inbox.desk.agents.of_seller("bolt"))[0].disabled is False
    assert [one.title for one in await inbox.desk.agents.canned("bolt")] == ["Secret"]
    assert "Anna" in (await ann.open(f"/inbox/{own}")).words


async def test_the_matrix_is_not_blind_bolt_sees_all_of_it(inbox: Inbox) -> None:
    code, file, *_ = await bolt_s_secrets(inbox)
    ben = await inbox.person("bolt", name="Ben")

    seen = "".join([(await ben.open(path)).words for path in ("/inbox", f"/inbox/{code}", "/inbox/settings")])
    photo = await ben.client.get(f"/inbox/{code}/1/{file}")

    assert all(secret.split()[0] in seen for secret in SECRETS), seen
    assert (photo.status, (await photo.read())[:2]) == (200, b"\xff\xd8")


async def test_no_route_answers_a_stranger(inbox: Inbox) -> None:
    code, file, *_ = await bolt_s_secrets(inbox)
    stranger = await inbox.browser()
    stale = await inbox.browser()
    stale.session.cookie_jar.update_cookies({"clearshot_inbox": "x" * 43})

    for method, path in [*addresses(code, file), ("GET", "/inbox/live")]:
        for client in (stranger, stale):
            answer = await client.request(method, path, allow_redirects=False)
            assert answer.status == 401, path
            assert not [secret for secret in SECRETS if secret in await answer.text()], path


async def test_a_form_that_no_page_of_ours_made_changes_nothing(inbox: Inbox) -> None:
    code = await inbox.cases.add()
    ann, other = await inbox.person(), await inbox.person(name="Olga")
    await ann.open(f"/inbox/{code}")
    await other.open(f"/inbox/{code}")
    before = await inbox.lines(code)
    path, said = f"/inbox/{code}/answer", {"text": "forged"}

    found = [
        (await ann.client.post(path, data=said)).status,
        (await ann.client.post(path, data={**said, "csrf": ""})).status,
        (await ann.client.post(path, data={**said, "csrf": other.mark})).status,
        (await ann.client.post(path, data={**said, "csrf": "€" * 40})).status,
        (
            await ann.client.post(
                path, data={**said, "csrf": ann.mark}, headers={"Origin": "https://evil.example"}
            )
        ).status,
        (
            await ann.client.post(
                path, data={**said, "csrf": ann.mark}, headers={"Sec-Fetch-Site": "cross-site"}
            )
        ).status,
        (await ann.client.get(f"{path}?text=forged")).status,
    ]

    assert found == [403] * 6 + [405]
    assert await inbox.lines(code) == before


async def test_a_link_signs_in_once_and_only_when_pressed(inbox: Inbox) -> None:
    now = inbox.desk.now()
    agent = await inbox.desk.agents.invite("acme", name="Ann", role="agent", locale="en", at=now)
    token = await inbox.desk.agents.link(agent.id, at=now, expires=now + timedelta(hours=1))
    scanner, ann, thief = [await inbox.browser() for _ in range(3)]

    looked = await scanner.get(f"/inbox/enter/{token}")  # a mail scanner follows the link
    used = await ann.post(f"/inbox/enter/{token}", allow_redirects=False)
    again = await thief.post(f"/inbox/enter/{token}", allow_redirects=False)

    assert (looked.status, used.status, again.status) == (200, 303, 410)
    cookie = used.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "Path=/"))
    assert (await ann.get("/inbox")).status == 200
    assert [(await one.get("/inbox")).status for one in (scanner, thief)] == [401, 401]


async def test_signing_out_ends_the_session_for_good(inbox: Inbox) -> None:
    ann = await inbox.person()
    await ann.open("/inbox")
    [cookie] = [one.value for one in ann.client.session.cookie_jar]

    assert (await ann.send("/inbox/leave")).status == 303

    ann.client.session.cookie_jar.update_cookies({"clearshot_inbox": cookie})
    assert (await ann.client.get("/inbox")).status == 401


async def test_an_agent_cannot_change_who_reads_the_inbox(inbox: Inbox) -> None:
    owner = await inbox.person(name="Olga")
    agent = await inbox.person(name="Ann", role="agent")

    page = await agent.open("/inbox/settings")
    invited = await agent.send("/inbox/settings/invite", name="Mallory")
    disabled = await agent.send("/inbox/settings/access", agent=owner.agent.id, access="no")
    linked = await agent.send("/inbox/settings/link", agent=owner.agent.id)

    assert "Invite" not in page.words
    assert [one.status for one in (invited, disabled, linked)] == [403, 403, 403]
    assert [one.name for one in await inbox.desk.agents.of_seller("acme")] == ["Ann", "Olga"]


async def test_somebody_who_is_let_in_no_more_is_out_at_once(inbox: Inbox) -> None:
    owner, ann = await inbox.person(name="Olga"), await inbox.person(name="Ann", role="agent")
    await ann.open("/inbox")

    await owner.send("/inbox/settings/access", agent=ann.agent.id, access="no")
    await owner.send("/inbox/settings/access", agent=owner.agent.id, access="no")

    assert (await ann.client.get("/inbox")).status == 401
    await owner.open("/inbox/settings")


async def test_an_owner_invites_and_the_link_works(inbox: Inbox) -> None:
    owner = await inbox.person(name="Olga")

    shown = await (await owner.send("/inbox/settings/invite", name="Ben", role="agent", locale="de")).text()
    [link] = re.findall(r'value="(http[^"]+/inbox/enter/[^"]+)"', shown)
    ben = await inbox.browser()
    answer = await ben.post(link.partition(str(inbox.server.make_url("")).rstrip("/"))[2])

    assert answer.status == 200
    assert "Fälle" in await answer.text()
    assert link not in await (await owner.client.get("/inbox/settings")).text()


@pytest.mark.parametrize("seller", ["acme", "bolt"])
async def test_the_demo_lets_everybody_in_and_the_real_inbox_nobody(cases: Cases, seller: str) -> None:
    code = await cases.add(seller)
    found = {}
    for demo in (True, False):
        site = InboxSite(demo=demo)
        app = web.Application()
        app.add_routes(site.routes())
        site.open(desk_of(cases))
        async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as visitor:
            page = await visitor.get("/inbox")
            case = await visitor.get(f"/inbox/{code}")
            into = await visitor.get(f"/inbox/as/{seller}", allow_redirects=False)
            found[demo] = (page.status, case.status, into.status, code in await page.text())
        await site.aclose()

    assert found == {True: (200, 200, 303, True), False: (401, 401, 404, False)}
