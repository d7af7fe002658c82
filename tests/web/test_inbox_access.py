"""Who may see what: every route of the inbox, tried by strangers, by another seller, and by forged forms."""

import io
import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import pytest

from bot.app.case_actions import Given
from bot.web.inbox.acting import ACTS
from bot.web.inbox.people import CHANGES
from bot.web.inbox.site import ASSETS
from flows.values import Attachment
from storage.seller_ports import Agent, Canned
from tests.web.conftest import Inbox, Person, on_both

PUBLIC = {*(f"/inbox/{name}" for name in ASSETS), "/inbox/enter/{token}", "/inbox/as/{seller}"}
"""What can be asked for without a session; none of it knows a case."""
ENDLESS = "/inbox/live"
LEAVE = "/inbox/leave"
NOBODYS = "222222"
SECRETS = (
    "Zora Zebrastripe",
    "Secret samovar",
    "canary note for bolt",
    "bolt's own answer",
    "Boris of Bolt",
    "canary label",
    "canary answer",
)


@dataclass(frozen=True)
class Secret:
    """What belongs to the other seller."""

    code: str
    file: str
    boris: Agent
    canned: Canned
    photo: bytes
    manifest: bytes
    sha: str  # of a file that went to the customer with an answer

    def stolen(self) -> dict[str, str]:
        """Fill in any form with what is theirs."""
        return {
            "text": "hello", "name": "Mallory", "agent": self.boris.id, "canned": self.canned.id, "access": "no",
            "role": "agent", "labels": "ProductDefect_FrontView", "locale": "en",
        }  # fmt: skip


def addresses(inbox: Inbox, case: str, file: str, sha: str) -> list[tuple[str, str]]:
    """Take every route of the running app itself, (method, path), with a case's code filled in."""
    found = []
    for route in inbox.server.app.router.routes():
        assert route.resource is not None
        if route.resource.canonical in PUBLIC | {ENDLESS}:
            continue
        names = re.findall(r"{(\w+)}", route.resource.canonical)
        known = {
            "case": [case], "bundle": ["1", "2"], "file": [file, "manifest.json"], "act": list(ACTS),
            "sha": [sha], "what": list(CHANGES), "nowhere": [f"{case}/elsewhere", f"{case}/", case.lower()],
        }  # fmt: skip
        assert set(names) <= set(known), f"a route that this test does not know: {route.resource.canonical}"
        for values in product(*(known[name] for name in names)):
            given = dict(zip(names, values, strict=True))
            found.append((route.method, route.resource.canonical.format_map(given)))
    return found


async def kept(inbox: Inbox, code: str) -> Attachment:
    """Keep a file of the other seller's."""
    content = b"%PDF- canary label of bolt"
    key = await inbox.cases.blobs.put(code, content)
    return Attachment(key=key, name="label.pdf", mime="application/pdf", size=len(content))


async def bolt_s_secrets(inbox: Inbox) -> Secret:
    """Give the other seller a case, a person and an answer worth stealing."""
    code = await inbox.cases.add("bolt", customer="Zora Zebrastripe", item="Secret samovar")
    await inbox.desk.actions("bolt").remark(code, "canary note for bolt")
    now = inbox.desk.now()
    boris = await inbox.desk.agents.invite("bolt", name="Boris of Bolt", role="owner", locale="de", at=now)
    canned = await inbox.desk.agents.save_canned(
        Canned(seller="bolt", title="Secret", text="bolt's own answer")
    )
    given = await kept(inbox, code)
    await inbox.desk.actions("bolt").answer(code, "canary answer of bolt", given=Given(files=(given,)))
    [bundle] = (await inbox.case(code)).bundles
    photo, manifest = [await inbox.cases.blobs.get(key) for key in (bundle.copies[0], bundle.manifest)]
    return Secret(
        code=code,
        file="ProductDefect_FrontView.jpg",
        boris=boris,
        canned=canned,
        photo=photo,
        manifest=manifest,
        sha=given.key.partition("/")[2],
    )


async def asked(
    person: Person, method: str, path: str, fields: dict[str, str]
) -> tuple[int, bytes, dict[str, str]]:
    """Ask for an address as a signed-in person does; what may differ by chance is left out."""
    if method == "GET":
        answer = await person.client.get(path, allow_redirects=False)
    else:
        answer = await person.send(path, **fields)
    headers = {name: value for name, value in answer.headers.items() if name != "Date"}
    return answer.status, await answer.read(), headers


@on_both
async def test_no_route_shows_or_changes_anything_of_another_seller(inbox: Inbox) -> None:
    secret = await bolt_s_secrets(inbox)
    own = await inbox.cases.add("acme", customer="Anna")
    ann = await inbox.person("acme")
    await ann.open("/inbox")
    before = await inbox.case(secret.code)
    theirs, nobodys = (
        addresses(inbox, secret.code, secret.file, secret.sha),
        addresses(inbox, NOBODYS, secret.file, secret.sha),
    )

    for (method, path), (_, absent) in zip(theirs, nobodys, strict=True):
        if path in {
            LEAVE,
            "/inbox/settings/everywhere",
        }:  # these end Ann's own session, which she still needs
            continue
        status, body, headers = await asked(ann, method, path, secret.stolen())
        found = body + repr(sorted(headers.items())).encode()
        assert not [one for one in SECRETS if one.encode() in found], path
        assert secret.photo[200:1200] not in body, path
        if secret.code in path:
            assert status in {404, 303}, path
            there = (
                status,
                found.replace(secret.code.encode(), b"C").replace(secret.code.lower().encode(), b"c"),
            )
            status, body, headers = await asked(ann, method, absent, secret.stolen())
            found = body + repr(sorted(headers.items())).encode()
            assert there == (status, found.replace(NOBODYS.encode(), b"C")), path

    assert len(theirs) >= 33
    assert await inbox.case(secret.code) == before
    assert (await inbox.desk.agents.of_seller("bolt")) == [secret.boris]
    assert await inbox.desk.agents.canned("bolt") == [secret.canned]
    assert "Anna" in (await ann.open(f"/inbox/{own}")).words


@on_both
async def test_the_files_of_a_seller_hold_nothing_of_another(inbox: Inbox) -> None:
    secret = await bolt_s_secrets(inbox)
    own = await inbox.cases.add("acme", customer="Anna")
    ann = await inbox.person("acme")
    stream = await ann.client.get(ENDLESS)
    said = await stream.content.readuntil(b"\n\n")
    await inbox.desk.actions("bolt").remark(secret.code, "canary note for bolt")
    await inbox.desk.actions("acme").remark(own, "mine")

    said += await stream.content.readuntil(b"\n\n")
    stream.close()
    for path in (
        f"/inbox/{own}/photos.zip",
        f"/inbox/{own}/claim.pdf",
        "/inbox/figures.csv",
        "/inbox/figures",
    ):
        said += await (await ann.client.get(path)).read()

    assert secret.code.encode() not in said
    assert secret.photo[200:1200] not in said
    assert b"samovar" not in said


@on_both
async def test_the_matrix_is_not_blind_bolt_sees_all_of_it(inbox: Inbox) -> None:
    secret = await bolt_s_secrets(inbox)
    ben = await inbox.person("bolt", name="Ben")

    seen = "".join(
        [(await ben.open(path)).words for path in ("/inbox", f"/inbox/{secret.code}", "/inbox/settings")]
    )
    photo = await ben.client.get(f"/inbox/{secret.code}/1/{secret.file}")

    assert all(words.split()[0] in seen for words in SECRETS), seen
    assert (photo.status, await photo.read()) == (200, secret.photo)


async def test_no_route_answers_a_stranger(inbox: Inbox) -> None:
    secret = await bolt_s_secrets(inbox)
    stranger, stale = await inbox.browser(), await inbox.browser()
    stale.session.cookie_jar.update_cookies({"clearshot_inbox": "x" * 43})

    for method, path in [*addresses(inbox, secret.code, secret.file, secret.sha), ("GET", ENDLESS)]:
        for client in (stranger, stale):
            answer = await client.request(method, path, allow_redirects=False)
            assert answer.status == 401, path
            assert not [words for words in SECRETS if words in await answer.text()], path


ELSEWHERE = (
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://[bad"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)  # fmt: skip


async def test_no_form_that_no_page_of_ours_made_changes_anything(inbox: Inbox) -> None:
    code = await inbox.cases.add()
    ann, olga = await inbox.person(), await inbox.person(name="Olga")
    await inbox.desk.agents.save_canned(Canned(seller="acme", title="Sorry", text="We are sorry."))
    await ann.open("/inbox")
    await olga.open("/inbox")
    forms = [(method, path) for method, path in addresses(inbox, code, "x.jpg", "0" * 64) if method != "GET"]
    fields = {"text": "forged", "name": "Mallory", "agent": olga.agent.id, "access": "no", "role": "agent"}
    before = (await inbox.case(code), await inbox.desk.agents.of_seller("acme"))

    for method, path in forms:
        for mark in ({}, {"csrf": ""}, {"csrf": olga.mark}, {"csrf": "€" * 40}, {"csrf": ann.mark[:-1]}):
            answer = await ann.client.request(method, path, data={**fields, **mark}, allow_redirects=False)
            assert answer.status == 403, (path, mark)
        for headers in ELSEWHERE:
            answer = await ann.client.request(
                method, path, data={**fields, "csrf": ann.mark}, headers=headers, allow_redirects=False
            )
            assert answer.status == 403, (path, headers)

    assert len(forms) == len(ACTS) + len(CHANGES) + 1
    assert (await inbox.case(code), await inbox.desk.agents.of_seller("acme")) == before
    assert len(await inbox.desk.agents.canned("acme")) == 1
    assert "Cases" in (await ann.open("/inbox")).words  # nor is she signed out


async def test_another_site_signs_nobody_in(inbox: Inbox) -> None:
    now = inbox.desk.now()
    agent = await inbox.desk.agents.invite("acme", name="Eve", role="agent", locale="en", at=now)
    token = await inbox.desk.agents.link(agent.id, at=now, expires=now + timedelta(hours=1))
    victim = await inbox.browser()

    forged = [
        (await victim.post(f"/inbox/enter/{token}", headers=one, allow_redirects=False)) for one in ELSEWHERE
    ]

    assert [(one.status, "Set-Cookie" in one.headers) for one in forged] == [(403, False)] * len(ELSEWHERE)
    assert (await victim.post(f"/inbox/enter/{token}", allow_redirects=False)).status == 303


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"csrf=%zz&text=%ff%fe", "application/x-www-form-urlencoded", 403),
        (b"text=x", "application/x-www-form-urlencoded; charset=nonsense", 400),
        (b"text=\xff", "application/x-www-form-urlencoded; charset=ascii", 400),
        (b"--x\r\nrubbish", "multipart/form-data; boundary=x", 400),
        (b"text=" + b"x" * 1_100_000, "application/x-www-form-urlencoded", 413),
        (b'{"csrf": "x"}', "application/json", 403),
    ],
)
async def test_garbled_and_oversized_forms_are_refused_with_a_page(
    inbox: Inbox, body: bytes, kind: str, status: int
) -> None:
    code = await inbox.cases.add()
    ann = await inbox.person()

    answer = await ann.client.post(
        f"/inbox/{code}/answer", data=io.BytesIO(body), headers={"Content-Type": kind}
    )

    assert answer.status == status
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Traceback" not in await answer.text()
    assert await inbox.lines(code) == []
