"""Lines on a server that answers with the very bytes that a test gives it, split where the test wants."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.telegram.lines import LARGEST_HEAD, Lines

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Plays one answer for each request: pieces of bytes, None = close."""

    def __init__(self) -> None:
        self.answers: list[tuple[bytes | None, ...]] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                for piece in self.answers.pop(0) if self.answers else (OK,):
                    if piece is None:
                        return
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.005)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    playing = Server()
    listening = await asyncio.start_server(playing.converse, "127.0.0.1", 0)
    playing.port = listening.sockets[0].getsockname()[1]
    yield playing
    listening.close()


@pytest.fixture
async def lines(server: Server) -> AsyncIterator[Lines]:
    kept = Lines(f"http://127.0.0.1:{server.port}", most=2, kept=60, agent="tests")
    yield kept
    await kept.aclose()


async def ask(lines: Lines, body: bytes = b"{}", *, patience: float = 5.0) -> tuple[int, bytes]:
    return await lines.post("/botX/m", body, patience=patience, connect=5.0)


async def test_a_request_is_posted_whole(lines: Lines, server: Server) -> None:
    answer = await ask(lines, b'{"text":"\xc3\xa4"}')

    assert answer == (200, b"ok")
    assert server.requests[0].startswith(b"POST /botX/m HTTP/1.1\r\nHost: 127.0.0.1:")
    assert server.requests[0].endswith(b'Content-Length: 13\r\n\r\n{"text":"\xc3\xa4"}')


async def test_requests_one_after_the_other_share_a_line(lines: Lines, server: Server) -> None:
    for _ in range(5):
        await ask(lines)

    assert server.connections == 1


async def test_no_more_lines_than_allowed_are_opened(lines: Lines, server: Server) -> None:
    answers = await asyncio.gather(*(ask(lines) for _ in range(9)))

    assert answers == [(200, b"ok")] * 9
    assert server.connections == 2


@pytest.mark.parametrize(
    ("pieces", "answer"),
    [
        ((OK[:9], OK[9:40], OK[40:]), (200, b"ok")),
        ((b"HTTP/1.1 429 Too Many\r\ncontent-length:3\r\n\r\nabc",), (429, b"abc")),
        ((b"HTTP/1.1 204 \r\nContent-Length: 0\r\n\r\n",), (204, b"")),
        ((b"HTTP/1.1 100 Continue\r\n\r\n", OK), (200, b"ok")),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\r\n\r\n", b"2;x=1\r\nbc\r\n0\r\n\r\n"), (200, b"a\r\nbc")),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r", b"\nz\r\n0\r\nT: 1\r\n", b"\r\n"), (200, b"z")),
        ((b"HTTP/1.1 200 OK\r\n\r\nuntil the", b" end", None), (200, b"until the end")),
        ((b"HTTP/1.0 502 Bad\r\nContent-Length: 1\r\n\r\nx", None), (502, b"x")),
    ],
)  # fmt: skip
async def test_every_way_to_tell_a_length_is_understood(
    lines: Lines, server: Server, pieces: tuple[bytes | None, ...], answer: tuple[int, bytes]
) -> None:
    server.answers = [pieces]

    assert await ask(lines) == answer
    assert await ask(lines) == (200, b"ok")


@pytest.mark.parametrize(
    "pieces",
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nwhat\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",),
        (b"x" * (LARGEST_HEAD + 1),),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", None),
        (None,),
    ],
)
async def test_what_is_no_whole_answer_fails_and_ends_its_line(
    lines: Lines, server: Server, pieces: tuple[bytes | None, ...]
) -> None:
    server.answers = [pieces]

    with pytest.raises(ConnectionError):
        await ask(lines)

    assert await ask(lines) == (200, b"ok")
    assert server.connections == 2


async def test_a_line_that_the_server_closed_while_it_rested_is_not_used(
    lines: Lines, server: Server
) -> None:
    server.answers = [(OK, None)]
    await ask(lines)
    await asyncio.sleep(0.05)

    assert await ask(lines) == (200, b"ok")
    assert server.connections == 2


async def test_a_line_whose_answer_was_not_waited_for_gives_it_to_nobody_else(
    lines: Lines, server: Server
) -> None:
    server.answers = [(b"HTTP/1.1 200 OK\r\n", b"Content-Length: 3\r\n\r\n", b"", b"", b"", b"", b"old")]

    with pytest.raises(TimeoutError):
        await ask(lines, patience=0.01)

    assert await ask(lines) == (200, b"ok")


async def test_bytes_that_nobody_asked_for_end_the_line(lines: Lines, server: Server) -> None:
    server.answers = [(OK, OK)]
    await ask(lines)
    await asyncio.sleep(0.05)

    assert await ask(lines) == (200, b"ok")
    assert server.connections == 2


async def test_closing_ends_every_line_also_one_in_use(lines: Lines, server: Server) -> None:
    await ask(lines)
    server.answers = [(b"HTTP/1.1 200 OK\r\n",)]
    waiting = asyncio.create_task(ask(lines))
    await asyncio.sleep(0.05)

    await lines.aclose()

    with pytest.raises(ConnectionError):
        await waiting
    assert server.connections == 1
