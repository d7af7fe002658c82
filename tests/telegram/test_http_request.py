"""The request backend on a small server: bodies as the Bot API takes them, PTB's errors, and never the token in words."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from telegram import InputFile
from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError, TimedOut
from telegram.request import RequestData

from bot.ports import PermanentFailure, TransientFailure
from bot.telegram.client import TelegramBot
from bot.telegram.http_request import AiohttpRequest, Oversized, Refused, TooManyRequests

TOKEN = "7000000009:AAcanary-token-that-nobody-may-see"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Answers every request with what a test sets."""

    def __init__(self) -> None:
        self.answer: Answer = _empty
        self.peers: set[object] = set()
        self.bodies: list[Any] = []
        self.address = ""

    async def receive(self, request: web.Request) -> web.StreamResponse:
        self.peers.add(request.transport.get_extra_info("peername") if request.transport else None)
        if request.content_type == "application/json":
            self.bodies.append(await request.json())
        else:
            self.bodies.append({name: _plain(value) for name, value in (await request.post()).items()})
        return await self.answer(request)

    def says(self, status: int, body: str) -> None:
        async def answer(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=status, text=body, content_type="application/json")

        self.answer = answer


def _plain(value: Any) -> Any:
    if isinstance(value, web.FileField):
        return value.filename, value.content_type, value.file.read()
    return value


async def _empty(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"ok": True, "result": {}})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    answering = Server()
    application = web.Application(client_max_size=8 * 1024 * 1024)
    application.router.add_route("*", "/{rest:.*}", answering.receive)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    answering.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield answering
    await runner.cleanup()


@pytest.fixture
async def request_backend() -> AsyncIterator[AiohttpRequest]:
    async with AiohttpRequest(environment=False) as backend:
        yield backend


@pytest.fixture
async def client(server: Server) -> AsyncIterator[TelegramBot]:
    bot = TelegramBot(TOKEN, api=server.address)
    yield bot
    await bot.close_connections()


async def test_plain_values_go_as_json(client: TelegramBot, server: Server) -> None:
    params = {"chat_id": 5, "text": "häh? 📦", "entities": [{"type": "bold", "offset": 0, "length": 4}]}

    await client.call("sendMessage", params)

    assert server.bodies == [params]


async def test_a_file_goes_as_multipart_beside_its_parameters(client: TelegramBot, server: Server) -> None:
    content = bytes(range(256)) * 12_000  # 3 MB: more than aiohttp likes to take as plain bytes

    await client.call(
        "editMessageMedia",
        {
            "chat_id": 5,
            "media": {"type": "photo", "media": "attach://picture"},
            "picture": InputFile(content, filename="picture.jpg"),
        },
    )

    assert server.bodies == [
        {
            "chat_id": "5",
            "media": '{"type": "photo", "media": "attach://picture"}',
            "picture": ("picture.jpg", "image/jpeg", content),
        }
    ]


async def test_calls_share_one_connection(client: TelegramBot, server: Server) -> None:
    for _ in range(5):
        await client.call("getMe")

    assert len(server.peers) == 1


async def test_a_429_names_its_wait_without_ptbs_deprecated_error(
    request_backend: AiohttpRequest, server: Server
) -> None:
    server.says(429, '{"ok":false,"error_code":429,"description":"Too Many","parameters":{"retry_after":17}}')

    with pytest.raises(TooManyRequests) as caught:
        await request_backend.post(server.address, RequestData())

    assert caught.value.seconds == 17


@pytest.mark.parametrize(
    "body", ["", "<html>", "{}", '{"parameters": []}', '{"parameters":{"retry_after":"x"}}']
)
async def test_a_429_that_does_not_say_how_long_waits_a_little(
    request_backend: AiohttpRequest, server: Server, body: str
) -> None:
    server.says(429, body)

    with pytest.raises(TooManyRequests) as caught:
        await request_backend.post(server.address, RequestData())

    assert caught.value.seconds == 5


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, '{"ok":false,"description":"Bad Request: chat not found"}', BadRequest),
        (401, '{"ok":false,"description":"Unauthorized"}', InvalidToken),
        (500, '{"ok":false,"description":"Internal"}', NetworkError),
        (502, "<html>Bad Gateway</html>", NetworkError),
        (200, "<html>a captive portal</html>", TelegramError),
        (200, "[]", TelegramError),
    ],
)
async def test_refusals_are_ptbs_errors(
    request_backend: AiohttpRequest, server: Server, status: int, body: str, error: type[TelegramError]
) -> None:
    server.says(status, body)

    with pytest.raises(error):
        await request_backend.post(server.address, RequestData())


async def test_silence_becomes_a_time_out(request_backend: AiohttpRequest, server: Server) -> None:
    ended = asyncio.Event()

    async def silence(_request: web.Request) -> web.StreamResponse:
        await ended.wait()
        return web.Response()

    server.answer = silence

    with pytest.raises(TimedOut):
        await request_backend.post(server.address, RequestData(), read_timeout=0.05)
    ended.set()


async def test_no_failure_ever_says_the_address(client: TelegramBot, server: Server) -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    nobody = TelegramBot(TOKEN, api="http://127.0.0.1:1")
    nowhere = TelegramBot(TOKEN, api="http://a..b")
    server.answer = hang_up

    for bot in (client, nobody, nowhere):
        with pytest.raises(TransientFailure) as caught:
            await bot.call("getMe")
        assert "canary" not in f"{caught.value!r} {caught.value.__context__!r} {caught.value.__cause__!r}"
        await bot.close_connections()


async def test_a_call_without_initialize_and_a_second_shutdown_are_no_fault(server: Server) -> None:
    backend = AiohttpRequest(environment=False)

    answer = await backend.post(server.address, RequestData())
    await backend.shutdown()
    await backend.shutdown()

    assert answer == {}


async def test_a_download_stops_at_its_limit_though_no_length_is_announced(
    request_backend: AiohttpRequest, server: Server
) -> None:
    sent = 0

    async def flow(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        while sent < 200 * 1024 * 1024:
            await response.write(b"\0" * 65536)
            sent += 65536
        return response

    server.answer = flow

    with pytest.raises(Oversized):
        await request_backend.fetch(server.address, limit=100_000)

    assert sent < 50 * 1024 * 1024


@pytest.mark.parametrize(
    ("status", "error"), [(404, Refused), (403, Refused), (500, NetworkError), (429, TooManyRequests)]
)
async def test_a_refused_download_says_whether_to_try_again(
    request_backend: AiohttpRequest, server: Server, status: int, error: type[TelegramError]
) -> None:
    server.says(status, "")

    with pytest.raises(error):
        await request_backend.fetch(server.address, limit=10)


@pytest.mark.parametrize(
    ("status", "description", "failure"),
    [
        (403, "Forbidden: user is deactivated", PermanentFailure),
        (400, "Bad Request: chat not found", PermanentFailure),
        (413, "Request Entity Too Large", PermanentFailure),
        (400, "Bad Request: wrong file_id or the file is temporarily unavailable", TransientFailure),
        (401, "Unauthorized", TransientFailure),
        (404, "Not Found", TransientFailure),
        (409, "Conflict: terminated by other getUpdates request", TransientFailure),
        (500, "Internal Server Error", TransientFailure),
    ],
)
async def test_every_refusal_is_one_of_the_two_failures(
    client: TelegramBot, server: Server, status: int, description: str, failure: type[Exception]
) -> None:
    server.says(status, f'{{"ok":false,"error_code":{status},"description":"{description}"}}')

    with pytest.raises(failure):
        await client.call("sendMessage", {"chat_id": 5, "text": "x"})


async def test_a_refused_token_is_permanent_only_when_asked_who_we_are(
    client: TelegramBot, server: Server
) -> None:
    server.says(401, '{"ok":false,"error_code":401,"description":"Unauthorized"}')

    with pytest.raises(PermanentFailure, match="token"):
        await client.identify()


async def test_a_server_of_ones_own_hands_out_files_by_path(client: TelegramBot, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"12345")

    assert await client.fetch(str(file), limit=5) == b"12345"
    with pytest.raises(PermanentFailure, match="too_big"):
        await client.fetch(str(file), limit=4)
    with pytest.raises(PermanentFailure, match="download"):
        await client.fetch(f"{file}.missing", limit=4)
