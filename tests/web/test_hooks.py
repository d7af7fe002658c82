"""What sellers' inboxes call: taken once, for their own cases only, and refused with the right status."""

import io
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.app.attachments import Attachments
from bot.app.clock import SystemClock
from bot.app.hearing import Hearing
from bot.photos.pool import PhotoPool
from bot.ports import Call, Heard, HookRefused, TransientFailure
from bot.web.hooks import MOST_BYTES, hook_routes
from flows.conversation import Conversation
from tests.web.cases import Cases, cases_in

Client = TestClient[web.Request, web.Application]
SECRET = "correct horse battery staple"


class Desk:
    """A help desk's hook: JSON fields of Heard, authentic with the secret in a header."""

    def hear(self, call: Call, *, now: datetime) -> Sequence[Heard]:
        assert now.tzinfo is UTC
        if call.headers.get("x-secret") != SECRET:
            raise HookRefused(401, "the signature is wrong")
        told: list[dict[str, Any]] = orjson.loads(call.body)
        return [Heard(**one) for one in told]


@pytest.fixture
async def cases(tmp_path: Path) -> AsyncIterator[Cases]:
    async with cases_in(tmp_path) as cases:
        yield cases


@pytest.fixture
async def client(cases: Cases) -> AsyncIterator[Client]:
    judge = PhotoPool(workers=1)  # its worker starts with the first picture
    attachments = Attachments(blobs=cases.blobs, judge=judge)
    hearing = Hearing(streams=cases.storage.streams, clock=SystemClock(), attachments=attachments)
    site = web.Application()
    inboxes = {"acme": Desk(), "bolt": Desk(), "deaf": object()}
    site.add_routes(hook_routes(inboxes=inboxes, ears=hearing.of, now=lambda: datetime.now(UTC)))
    async with TestClient(TestServer(site)) as client:
        yield client
    await judge.aclose()


async def call(client: Client, seller: str, *heard: dict[str, Any], secret: str = SECRET) -> int:
    answer = await client.post(f"/hooks/{seller}", data=orjson.dumps(heard), headers={"X-Secret": secret})
    return answer.status


async def state_of(cases: Cases, code: str) -> Conversation:
    chat = await cases.storage.streams.chats_of(code)
    assert chat is not None
    return (await cases.storage.streams.load(chat)).conversations[code]


async def lines(cases: Cases, code: str) -> list[tuple[str, str, str]]:
    timeline = (await state_of(cases, code)).timeline
    return [
        (entry.kind, entry.author, entry.text)
        for entry in timeline
        if entry.kind not in {"sent", "delivered"}
    ]


async def test_what_a_seller_says_reaches_the_customer_s_stream(client: Client, cases: Cases) -> None:
    code = await cases.add()

    said = {"kind": "answer", "case": code, "key": "m1", "text": " Sorry ", "author": "Ann"}
    wish = {"kind": "photo", "case": code, "key": "m2", "text": "the serial number"}
    status = await call(client, "acme", said, wish)

    assert status == 200
    assert await lines(cases, code) == [("answer", "Ann", "Sorry"), ("request", "", "the serial number")]
    assert (await state_of(cases, code)).phase == "open"


async def test_the_same_thing_told_again_counts_once(client: Client, cases: Cases) -> None:
    code = await cases.add()
    said = {"kind": "answer", "case": code, "key": "m1", "text": "Sorry"}

    statuses = [await call(client, "acme", said, said) for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert await lines(cases, code) == [("answer", "", "Sorry")]


async def test_a_seller_cannot_speak_of_another_s_case(
    client: Client, cases: Cases, caplog: pytest.LogCaptureFixture
) -> None:
    code = await cases.add("acme")
    forged = [
        {"kind": kind, "case": code, "key": f"m{kind}", "text": "canary words"}
        for kind in ("answer", "photo", "settled")
    ]

    with caplog.at_level(logging.DEBUG):
        status = await call(client, "bolt", *forged)

    assert (status, await lines(cases, code)) == (200, [])
    assert "which is not theirs" in caplog.text
    assert "canary" not in caplog.text


async def test_cases_that_never_were_change_nothing(client: Client, cases: Cases) -> None:
    await cases.add()

    for code in ("", "ZZZZZZ", "../../etc", "K7F3QX\r\nX: y", "x" * 5000):
        assert await call(client, "acme", {"kind": "settled", "case": code, "key": "k"}) == 200


async def test_forged_garbled_oversized_and_unknown_are_refused_with_their_status(
    client: Client, cases: Cases
) -> None:
    code = await cases.add()
    said = {"kind": "settled", "case": code, "key": "m1"}
    right = {"X-Secret": SECRET}

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 65536 + 2):
            yield b"x" * 65536

    found = {
        "forged": await call(client, "acme", said, secret="guess"),
        "unknown seller": await call(client, "nobody", said),
        "deaf inbox": await call(client, "deaf", said),
        "garbled": (await client.post("/hooks/acme", data=b"\xff{", headers=right)).status,
        "wrong shape": (await client.post("/hooks/acme", data=b'[{"a": 1}]', headers=right)).status,
        "oversized": (
            await client.post("/hooks/acme", data=io.BytesIO(b"x" * (MOST_BYTES + 1)), headers=right)
        ).status,
        "oversized, length untold": (await client.post("/hooks/acme", data=chunks(), headers=right)).status,
        "GET": (await client.get("/hooks/acme")).status,
    }

    assert found == {
        "forged": 401, "unknown seller": 404, "deaf inbox": 404, "garbled": 400, "wrong shape": 400,
        "oversized": 413, "oversized, length untold": 413, "GET": 405,
    }  # fmt: skip
    assert await lines(cases, code) == []


@pytest.mark.parametrize("fault", [TransientFailure("the store is away"), RuntimeError("a fault of ours")])
async def test_what_cannot_be_kept_is_asked_for_again(fault: Exception) -> None:
    async def refuse(_heard: Heard) -> None:
        raise fault

    site = web.Application()
    site.add_routes(
        hook_routes(inboxes={"acme": Desk()}, ears=lambda _seller: refuse, now=lambda: datetime.now(UTC))
    )
    async with TestClient(TestServer(site)) as client:
        assert await call(client, "acme", {"kind": "settled", "case": "K7F3QX", "key": "m1"}) == 503


async def test_endless_words_are_cut(client: Client, cases: Cases) -> None:
    code = await cases.add()

    await call(
        client,
        "acme",
        {"kind": "answer", "case": code, "key": "k" * 900, "text": "x" * 90_000, "author": "y" * 999},
    )

    [(kind, author, text)] = await lines(cases, code)
    assert (kind, len(author), len(text)) == ("answer", 60, 3500)
