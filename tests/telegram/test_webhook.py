"""The webhook endpoint over real HTTP: refuses what is not Telegram's, and never answers 200 before the commit."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from bot.telegram.intake import Intake
from bot.telegram.webhook import SECRET_HEADER, Webhook
from storage.ports import StorageFailure
from tests.telegram.conftest import RecordingStreams
from tests.telegram.recorded import recorded

SECRET = "canary-secret_of-the-webhook"
GOOD = {SECRET_HEADER: SECRET, "Content-Type": "application/json"}


@dataclass
class Endpoint:
    """A served webhook and somebody to call it."""

    address: str
    runner: web.AppRunner
    session: aiohttp.ClientSession

    async def post(self, body: Any, headers: Any = None) -> int:
        return (await self.answered(body, headers))[0]

    async def answered(self, body: Any, headers: Any = None) -> tuple[int, bytes]:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        given = GOOD if headers is None else headers
        async with self.session.post(self.address, data=content, headers=given) as answer:
            return answer.status, await answer.read()


@pytest.fixture
async def endpoint(intake: Intake) -> AsyncIterator[Endpoint]:
    application = web.Application()
    application.add_routes(Webhook(intake, secret=SECRET, at_once=3).routes("/telegram"))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        yield Endpoint(f"http://127.0.0.1:{runner.addresses[0][1]}/telegram", runner, session)
    await runner.cleanup()


async def test_an_update_is_answered_once_it_is_committed(
    endpoint: Endpoint, streams: RecordingStreams
) -> None:
    streams.gate.clear()

    answer = asyncio.create_task(endpoint.post(recorded("text")))
    await streams.until_waiting(1)
    early = answer.done()
    streams.gate.set()

    assert await answer == 200
    assert not early
    assert len(streams.committed) == 1


async def test_the_answer_to_a_press_travels_in_the_acknowledgement(endpoint: Endpoint) -> None:
    status, body = await endpoint.answered(recorded("callback_query"))

    assert status == 200
    assert orjson.loads(body) == {"method": "answerCallbackQuery", "callback_query_id": "2384759238475"}


async def test_nothing_is_called_by_the_answer_to_what_was_not_committed(
    endpoint: Endpoint, streams: RecordingStreams
) -> None:
    streams.failures = [StorageFailure("disk full")]

    assert await endpoint.answered(recorded("callback_query")) == (500, b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {**GOOD, SECRET_HEADER: ""},
        {**GOOD, SECRET_HEADER: SECRET[:-1]},
        {**GOOD, SECRET_HEADER: SECRET + "x"},
        {**GOOD, SECRET_HEADER: SECRET.upper()},
        {**GOOD, SECRET_HEADER: "cänary"},
        [*GOOD.items(), (SECRET_HEADER, SECRET)],
        [*GOOD.items(), (SECRET_HEADER, "other")],
    ],
)
async def test_whoever_does_not_know_the_secret_writes_nothing(
    endpoint: Endpoint, streams: RecordingStreams, headers: Any
) -> None:
    assert await endpoint.post(recorded("text"), headers) == 401
    assert streams.committed == []


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_only_json_is_read(endpoint: Endpoint, streams: RecordingStreams, kind: str) -> None:
    assert await endpoint.post(recorded("text"), {**GOOD, "Content-Type": kind}) == 415
    assert streams.committed == []


async def test_a_charset_beside_the_type_is_no_fault(endpoint: Endpoint) -> None:
    assert (
        await endpoint.post(recorded("text"), {**GOOD, "Content-Type": "application/json; charset=utf-8"})
        == 200
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]", b'"text"', b"nul", b"[" * 100_000, b'{"update_id": 1} x']
)
async def test_what_is_no_json_object_is_refused(
    endpoint: Endpoint, streams: RecordingStreams, body: bytes
) -> None:
    assert await endpoint.post(body) == 400
    assert streams.committed == []


async def test_one_broken_character_does_not_cost_the_message(
    endpoint: Endpoint, streams: RecordingStreams
) -> None:
    body = orjson.dumps(recorded("text")).replace(b"handle", b"han\\ud800dle \xff")

    assert await endpoint.post(body) == 200
    (event,) = streams.events()
    assert getattr(event, "text", "").endswith("han\ufffddle \ufffd")


@pytest.mark.parametrize("announced", [True, False])
async def test_a_huge_body_is_refused_whether_announced_or_not(
    endpoint: Endpoint,
    streams: RecordingStreams,
    announced: bool,  # noqa: FBT001
) -> None:
    async def flow() -> AsyncIterator[bytes]:
        for _ in range(2000):
            yield b" " * 1024

    if announced:
        status = await endpoint.post(b" " * 1024 * 1024)
        assert status == 400  # exactly the limit: read, and found to be no JSON
        content: Any = flow()
        headers = {**GOOD, "Content-Length": str(2000 * 1024)}
    else:
        content, headers = flow(), GOOD
    async with endpoint.session.post(endpoint.address, data=content, headers=headers) as answer:
        assert answer.status == 413
    assert streams.committed == []


async def test_a_small_body_that_swells_when_it_is_unpacked_is_refused(
    endpoint: Endpoint, streams: RecordingStreams
) -> None:
    bomb = gzip.compress(b" " * 30 * 1024 * 1024, compresslevel=1)

    status = await endpoint.post(bomb, {**GOOD, "Content-Encoding": "gzip"})

    assert status in {400, 413}
    assert streams.committed == []


async def test_a_commit_that_fails_is_told_so_that_telegram_comes_again(
    endpoint: Endpoint, streams: RecordingStreams
) -> None:
    streams.failures = [StorageFailure("disk full")]

    first = await endpoint.post(recorded("text"))
    again = await endpoint.post(recorded("text"))

    assert (first, again) == (500, 200)
    assert len(streams.committed) == 1


async def test_an_update_that_concerns_nobody_is_acknowledged(
    endpoint: Endpoint, streams: RecordingStreams
) -> None:
    for name in ("group_text", "edited_text", "channel_post", "pinned"):
        assert await endpoint.post(recorded(name)) == 200
    assert await endpoint.post({"update_id": 5, "message": "no object"}) == 200
    assert streams.committed == []


async def test_too_many_at_once_are_asked_to_come_again(
    endpoint: Endpoint, streams: RecordingStreams
) -> None:
    streams.gate.clear()
    updates = [recorded("text") | {"update_id": number} for number in range(1, 5)]
    waiting = [asyncio.create_task(endpoint.post(update)) for update in updates[:3]]
    await streams.until_waiting(3)

    async with asyncio.timeout(5):
        refused = await endpoint.post(updates[3])
    streams.gate.set()
    taken = await asyncio.gather(*waiting)
    later = await endpoint.post(updates[3])

    assert (refused, taken, later) == (503, [200, 200, 200], 200)


async def test_a_process_that_ends_between_receiving_and_committing_has_acknowledged_nothing(
    endpoint: Endpoint, streams: RecordingStreams
) -> None:
    streams.gate.clear()
    answer = asyncio.create_task(endpoint.post(recorded("text")))
    await streams.until_waiting(1)

    await endpoint.runner.cleanup()

    with pytest.raises(aiohttp.ClientError):
        await answer
    assert streams.committed == []


async def test_other_methods_are_not_served(endpoint: Endpoint) -> None:
    async with endpoint.session.get(endpoint.address, headers=GOOD) as answer:
        assert answer.status == 405


def test_a_webhook_without_a_secret_is_refused(intake: Intake) -> None:
    with pytest.raises(ValueError, match="secret"):
        Webhook(intake, secret="")
