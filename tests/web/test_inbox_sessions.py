"""Sessions of the inbox: how they begin, how long they last, what ends them; and what owners and agents may do."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.inbox.people import CHANGES
from bot.web.inbox.site import InboxSite
from storage.seller_ports import Canned
from tests.web.cases import Cases
from tests.web.conftest import Inbox, desk_of


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


async def test_signing_in_again_begins_another_session_and_ends_the_one_before(inbox: Inbox) -> None:
    ann = await inbox.person()
    await ann.open("/inbox")
    [old] = [one.value for one in ann.client.session.cookie_jar]
    now = inbox.desk.now()
    token = await inbox.desk.agents.link(ann.agent.id, at=now, expires=now + timedelta(hours=1))

    await ann.client.post(f"/inbox/enter/{token}")
    [new] = [one.value for one in ann.client.session.cookie_jar]
    thief = await inbox.browser()
    thief.session.cookie_jar.update_cookies({"clearshot_inbox": old})

    assert new != old
    assert (await ann.client.get("/inbox")).status == 200
    assert (await thief.get("/inbox")).status == 401


async def test_a_lost_device_is_signed_out_from_another(inbox: Inbox) -> None:
    ann, olga = await inbox.person(), await inbox.person(name="Olga")
    now = inbox.desk.now()
    token = await inbox.desk.agents.link(ann.agent.id, at=now, expires=now + timedelta(hours=1))
    lost = await inbox.browser()
    await lost.post(f"/inbox/enter/{token}")

    await ann.send("/inbox/settings/everywhere")

    assert [(await one.get("/inbox")).status for one in (lost, ann.client, olga.client)] == [401, 401, 200]


async def test_over_https_the_cookie_is_the_host_s_alone_and_nothing_of_it_is_kept(cases: Cases) -> None:
    site = InboxSite(secure=True)
    app = web.Application()
    app.add_routes(site.routes())
    desk = desk_of(cases)
    site.open(desk)
    now = desk.now()
    agent = await desk.agents.invite("acme", name="Ann", role="owner", locale="en", at=now)
    token = await desk.agents.link(agent.id, at=now, expires=now + timedelta(hours=1))

    async with TestClient(TestServer(app)) as visitor:
        answer = await visitor.post(f"/inbox/enter/{token}", allow_redirects=False)
    await site.aclose()

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-clearshot_inbox=")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "Path=/", "Secure"))
    assert "Domain" not in cookie
    session = cookie.partition("=")[2].partition(";")[0]
    kept = b"".join(file.read_bytes() for file in cases.folder.iterdir() if file.is_file())
    assert agent.id.encode() in kept
    assert session.encode() not in kept
    assert token.encode() not in kept


@pytest.mark.parametrize(("idle", "began"), [(timedelta(days=7), 0), (timedelta(days=6), 5)])
async def test_a_session_ends_unused_after_a_week_and_used_after_a_month(
    cases: Cases, idle: timedelta, began: int
) -> None:
    """`began`: how often it is used, each time after six days, before it is tried."""
    moment = [datetime(2026, 11, 1, tzinfo=UTC)]
    site, desk = InboxSite(), replace(desk_of(cases), now=lambda: moment[0])
    app = web.Application()
    app.add_routes(site.routes())
    site.open(desk)
    agent = await desk.agents.invite("acme", name="Ann", role="owner", locale="en", at=moment[0])
    token = await desk.agents.link(agent.id, at=moment[0], expires=moment[0] + timedelta(hours=1))

    async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as ann:
        await ann.post(f"/inbox/enter/{token}")
        [cookie] = [one.value for one in ann.session.cookie_jar]
        found = []
        for _ in range(began):
            found.append((await ann.get("/inbox", headers={"Cookie": f"clearshot_inbox={cookie}"})).status)
            moment[0] += timedelta(days=6)
        moment[0] += idle - timedelta(days=6) if began else idle
        last = (await ann.get("/inbox", headers={"Cookie": f"clearshot_inbox={cookie}"})).status
    await site.aclose()

    assert (found, last) == ([200] * began, 401)


async def test_an_agent_changes_neither_people_nor_prepared_answers(inbox: Inbox) -> None:
    owner = await inbox.person(name="Olga")
    agent = await inbox.person(name="Ann", role="agent")
    canned = await inbox.desk.agents.save_canned(Canned(seller="acme", title="Sorry", text="We are sorry."))
    given = {
        "name": "Mallory",
        "agent": owner.agent.id,
        "access": "no",
        "role": "agent",
        "canned": canned.id,
        "text": "x",
    }

    owners = set(CHANGES) - {"language", "look", "everywhere"}

    page = await agent.open("/inbox/settings")
    found = {what: (await agent.send(f"/inbox/settings/{what}", **given)).status for what in owners}
    own = [(await agent.send(f"/inbox/settings/{what}", **given)).status for what in ("language", "look")]

    assert found == dict.fromkeys(owners, 403)
    assert own == [303, 303]
    assert not [words for words in ("Invite", "New link", "Delete", "Add") if words in page.words]
    assert [(one.name, one.role) for one in await inbox.desk.agents.of_seller("acme")] == [
        ("Ann", "agent"), ("Olga", "owner"),
    ]  # fmt: skip
    assert await inbox.desk.agents.canned("acme") == [canned]


async def test_an_owner_makes_another_owner_and_never_stops_being_one(inbox: Inbox) -> None:
    olga, ann = await inbox.person(name="Olga"), await inbox.person(name="Ann", role="agent")

    await olga.send("/inbox/settings/role", agent=ann.agent.id, role="owner")
    await olga.send("/inbox/settings/role", agent=olga.agent.id, role="agent")
    await olga.send("/inbox/settings/role", agent=ann.agent.id, role="emperor")

    assert [one.role for one in await inbox.desk.agents.of_seller("acme")] == ["owner", "owner"]


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
