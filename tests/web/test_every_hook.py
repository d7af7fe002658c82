"""Every inbox that is called, behind its real route: what is forged, late, repeated, too large or garbled changes nothing."""

import asyncio
import base64
import gzip
import io
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.app.attachments import Attachments
from bot.app.clock import SystemClock
from bot.app.hearing import Hearing
from bot.bootstrap import INBOXES
from bot.inboxes.chatwoot.adapter import ChatwootInbox
from bot.inboxes.email.adapter import EmailInbox
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.email.tokens import address_of
from bot.inboxes.webhook.adapter import WebhookInbox
from bot.inboxes.webhook.settings import WebhookSettings
from bot.inboxes.webhook.wire import headers as webhook_headers
from bot.inboxes.zammad.adapter import ZammadInbox
from bot.inboxes.zendesk.adapter import ZendeskInbox
from bot.photos.pool import PhotoPool
from bot.ports import AnswersTrials, Hears
from bot.web.hooks import hook_routes
from tests.inboxes import chatwoot_server, zammad_server, zendesk_server
from tests.web.cases import Cases, cases_in
from tests.web.test_hooks import state_of

Client = TestClient[web.Request, web.Application]
WORDS = "canary words of the seller"
TOKEN = "canary-token-of-the-address"
WEBHOOK_SECRET = bytes(range(32))
URL = "https://desk.example"
MAIL = EmailSettings.model_validate(
    {
        "host": "127.0.0.1", "sender": "bot@clearshot.example", "recipient": "claims@acme.example",
        "reply_domain": "bot.example", "reply_secret": "canary secret of sixteen and more", "hook_token": TOKEN,
    }
)  # fmt: skip
NO_WAY_BACK = {"folder", "marketplace", "telegram_chat"}
"""telegram_chat hears by the bot's own updates (tests/telegram/test_seller_chat.py)."""
ASKS = {"django_helpdesk"}
"""A call of these says nothing by itself (tests/inboxes/test_django_helpdesk.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A call as a seller's system makes it."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)


def by_webhook(case: str, *, at: datetime, body: bytes | None = None) -> Told:
    data = {"case": case, "text": WORDS, "author": "Ann"}
    body = json.dumps({"type": "case.answered", "data": data}).encode() if body is None else body
    return Told(body=body, headers=webhook_headers("evt_1", body, secrets=[WEBHOOK_SECRET], now=at))


def by_zammad(case: str, *, at: datetime, body: bytes | None = None) -> Told:
    written = {
        "id": 101, "ticket_id": 11, "sender": "Agent", "internal": False, "subject": "", "body": WORDS,
        "content_type": "text/plain", "created_at": at.isoformat(),
    }  # fmt: skip
    ticket = {"id": 11, "title": f"[{case}] Mug", "state": "open"}
    body = json.dumps({"ticket": ticket, "article": written}).encode() if body is None else body
    return Told(body=body, headers=zammad_server.signed(body))


def by_zendesk(case: str, *, at: datetime, body: bytes | None = None) -> Told:
    told = {
        "case": case,
        "ticket": "501",
        "status": "Open",
        "comment": "9",
        "text": WORDS,
        "author": "Ann",
        "role": "Agent",
    }
    body = json.dumps(told).encode() if body is None else body
    return Told(body=body, headers=zendesk_server.signed(body, stamp=at.isoformat()))


def by_chatwoot(case: str, *, at: datetime, body: bytes | None = None) -> Told:
    body = json.dumps(chatwoot_server.event(case=case, content=WORDS)).encode() if body is None else body
    return Told(body=body, headers=chatwoot_server.signed(body, at=at))


def by_email(case: str, *, at: datetime, body: bytes | None = None) -> Told:
    assert at
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ann <claims@acme.example>", address_of("case", case, MAIL)
    mail["Message-ID"] = "<1@acme.example>"
    mail.set_content(WORDS)
    body = mail.as_bytes() if body is None else body
    return Told(body=body, headers={"content-type": "message/rfc822"}, query={"token": TOKEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one inbox is called; `signed`: the body is; `timed`: an old call is refused, not passed over."""

    tell: Callable[..., Told]
    make: Callable[[], Any]
    secret: str  # the header that proves it, "" = the token in the address
    timed: bool = True


WAYS = {
    "webhook": Way(
        tell=by_webhook,
        make=lambda: WebhookInbox(WebhookSettings.model_validate(
            {"url": URL, "secrets": [f"whsec_{base64.b64encode(WEBHOOK_SECRET).decode()}"]})),
        secret="webhook-signature",
    ),
    "zammad": Way(
        tell=by_zammad, make=lambda: ZammadInbox(zammad_server.settings_for(URL)), secret="x-hub-signature", timed=False
    ),
    "zendesk": Way(
        tell=by_zendesk, make=lambda: ZendeskInbox(zendesk_server.settings_for(URL)),
        secret="x-zendesk-webhook-signature",
    ),
    "chatwoot": Way(
        tell=by_chatwoot, make=lambda: ChatwootInbox(chatwoot_server.settings_for(URL)), secret="x-chatwoot-signature"
    ),
    "email": Way(tell=by_email, make=lambda: EmailInbox(MAIL), secret="", timed=False),
}  # fmt: skip
SECRETS = (TOKEN, WORDS, zammad_server.SECRET, zendesk_server.SECRET, chatwoot_server.SECRET)


@dataclass
class Door:
    """A case, its seller's hook, and the way there."""

    cases: Cases
    client: Client
    way: Way
    case: str

    def told(self, *, at: datetime | None = None, case: str = "", body: bytes | None = None) -> Told:
        return self.way.tell(case or self.case, at=at or datetime.now(UTC), body=body)

    async def call(self, told: Told, **headers: str) -> int:
        answer = await self.client.post(
            "/hooks/acme", data=told.body, headers={**told.headers, **headers}, params=told.query
        )
        said = await answer.text()
        assert not [secret for secret in SECRETS if secret in said]
        return answer.status

    async def heard(self) -> list[str]:
        timeline = (await state_of(self.cases, self.case)).timeline
        return [entry.text for entry in timeline if entry.kind not in {"sent", "delivered"}]


@pytest.fixture(params=sorted(WAYS))
async def door(
    request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Door]:
    caplog.set_level(logging.DEBUG, logger="bot")
    way, inbox = WAYS[request.param], WAYS[request.param].make()
    async with cases_in(tmp_path) as cases, aclosing(PhotoPool(workers=1)) as judge:
        attachments = Attachments(blobs=cases.blobs, judge=judge)
        hearing = Hearing(streams=cases.storage.streams, clock=SystemClock(), attachments=attachments)
        site = web.Application()
        site.add_routes(
            hook_routes(inboxes={"acme": inbox}, ears=hearing.of, now=lambda: datetime.now(UTC), within=1)
        )
        async with TestClient(TestServer(site)) as client:
            yield Door(cases=cases, client=client, way=way, case=await cases.add("acme"))
    await inbox.aclose()
    ours = [one for one in caplog.get_records("call") if one.name.startswith(("bot", "storage"))]
    assert not [one for one in ours for secret in SECRETS if secret in one.getMessage() or one.exc_info]


def test_every_inbox_that_hears_is_tried_here() -> None:
    hears = {name for name, kind in INBOXES.items() if issubclass(kind.make, Hears)}  # type: ignore[arg-type]

    assert hears - ASKS == set(WAYS)
    assert set(INBOXES) - hears == NO_WAY_BACK
    assert all(issubclass(INBOXES[name].make, AnswersTrials) for name in hears)  # type: ignore[arg-type]


async def test_a_true_call_counts_once_however_often_it_comes(door: Door) -> None:
    told = door.told()

    statuses = [await door.call(told) for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert await door.heard() == [WORDS]


async def test_the_doctor_s_trial_is_taken_and_says_nothing(door: Door) -> None:
    made = door.way.make().trial_call(now=datetime.now(UTC))

    status = await door.call(Told(body=made.body, headers=dict(made.headers), query=dict(made.query)))

    assert status == 200
    assert await door.heard() == []


async def test_a_forged_call_changes_nothing(door: Door) -> None:
    told = door.told()
    if door.way.secret:
        proof = told.headers[door.way.secret]
        at = len(proof) - 3
        wrong = proof[:at] + ("B" if proof[at] == "A" else "A") + proof[at + 1 :]
        calls = [(told, {door.way.secret: value}) for value in (wrong, "", "v1", "é" * 40)]
        calls += [(Told(body=told.body + b" ", headers=told.headers), {}), (Told(body=told.body), {})]
    else:
        calls = [
            (Told(body=told.body, headers=told.headers, query=query), {})
            for query in ({}, {"token": TOKEN[:-1]})
        ]

    statuses = {await door.call(forged, **headers) for forged, headers in calls}

    assert statuses == {401}
    assert await door.heard() == []


async def test_a_late_call_changes_nothing(door: Door) -> None:
    if not door.way.timed and door.way.secret:
        assert await door.call(door.told(at=datetime.now(UTC) - timedelta(days=8))) == 200
    elif door.way.timed:
        for minutes in (-6, 6):
            assert await door.call(door.told(at=datetime.now(UTC) + timedelta(minutes=minutes))) == 401

    assert await door.heard() == []


async def test_a_garbled_call_that_is_proven_is_refused(door: Door) -> None:
    bodies = (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"type": {}}')

    statuses = [await door.call(door.told(body=body)) for body in bodies]

    # what is posted as a mail proves its case by its own address
    assert statuses == [400] * len(bodies) or (door.way.secret == "" and set(statuses) == {400, 401})
    assert await door.heard() == []


async def test_what_is_too_large_or_too_slow_is_not_read(door: Door) -> None:
    most = int(getattr(door.way.make(), "most_hook_bytes", 1024 * 1024))
    told = door.told()
    packed = Told(body=gzip.compress(bytes(most + 1)), headers=told.headers, query=told.query)

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(2)
        yield b"x"

    found = []
    for body in (io.BytesIO(bytes(most + 1)), slow()):
        answer = await door.client.post("/hooks/acme", data=body, headers=told.headers, params=told.query)
        found.append(answer.status)
    found.append(await door.call(packed, **{"Content-Encoding": "gzip"}))
    found.append(await door.call(told, **{"Content-Encoding": "gzip"}))

    assert found == [413, 408, 413, 400]
    assert await door.heard() == []


async def test_another_seller_s_case_and_none_are_told_apart_by_nobody(door: Door) -> None:
    other = await door.cases.add("bolt")

    statuses = [await door.call(door.told(case=case)) for case in (other, "ZZZZZZ")]

    assert statuses == [200, 200]
    assert [
        entry.kind for entry in (await state_of(door.cases, other)).timeline if entry.kind == "answer"
    ] == []
    assert await door.heard() == []
