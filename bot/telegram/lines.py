"""Kept-alive HTTP/1.1 lines to one server, for small requests with small answers; knows nothing of Telegram.

A general HTTP client spends four times the processor time of what a tap needs besides. Uploads, downloads and whatever
needs a proxy go by aiohttp. Failures are OSError, and TimeoutError for silence; neither says an address.
"""

import asyncio
import socket
import ssl
from collections import deque
from urllib.parse import urlsplit

from aiohappyeyeballs import start_connection
from httptools import HttpParserError, HttpResponseParser

LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 64 * 1024 * 1024
"""A hundred updates of a poll are far smaller; what is larger is no answer of the Bot API."""
CLOSING_SECONDS = 2.0
RACE_SECONDS = 0.25
"""After which the next address is tried too (RFC 8305, 5)."""
FINAL = 200
"""Statuses below it are interim (RFC 9110, 15.2)."""

Answer = tuple[int, bytes]


class Garbage(ConnectionError):
    """The server does not speak HTTP/1.1."""


class Reply:
    """An answer in the making, fed with bytes as they come; its methods named `on_...` are the parser's."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._read = 0
        self._body: list[bytes] = []
        self._begun = False  # the head is there
        self._length_told = False
        self._too_large = False
        self._whole: Answer | None = None
        self.closes = False  # the line cannot be used again

    def feed(self, data: bytes) -> Answer | None:
        """Take bytes; the answer once it is whole. Raises Garbage."""
        self._read += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            if self._whole is None:
                raise Garbage from None
            self.closes = True  # what follows the answer is nobody's
        if self._too_large or self._read > (LARGEST_BODY if self._begun else LARGEST_HEAD):
            raise Garbage
        return self._whole

    def end(self) -> Answer | None:
        """Take note that the line is closed: the end of an answer that told no length."""
        return self._answer() if self._begun and not self._length_told else None

    def on_message_begin(self) -> None:
        """Begin; a second answer was not asked for."""
        self.closes = self._whole is not None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Look whether the head tells how long the body is."""
        name = name.lower()
        if name == b"content-length":
            self._length_told = True
            self._too_large = int(value) > LARGEST_BODY
        elif name == b"transfer-encoding":
            self._length_told = True

    def on_headers_complete(self) -> None:
        """Know the head."""
        self._begun = self._parser.get_status_code() >= FINAL
        if not self._parser.should_keep_alive():
            self.closes = True

    def on_body(self, part: bytes) -> None:
        """Keep a part of the body."""
        self._body.append(part)

    def on_message_complete(self) -> None:
        """End; an interim answer is none: the real one follows."""
        if self._begun and self._whole is None:
            self._whole = self._answer()

    def _answer(self) -> Answer:
        return self._parser.get_status_code(), b"".join(self._body)


class Line(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._reply: Reply | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self.rests_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]  # asyncio gives a Transport to a Protocol

    def connection_lost(self, exc: Exception | None) -> None:
        """End the answer, or fail it."""
        self._transport = None
        if not self.closed.done():
            self.closed.set_result(None)
        whole = self._reply.end() if self._reply is not None and exc is None else None
        if whole is not None:
            self._say(whole)
        else:
            self._fail(ConnectionResetError())

    def data_received(self, data: bytes) -> None:
        """Feed the answer; what nobody asked for ends the line."""
        if self._reply is None:
            self.close()
            return
        try:
            whole = self._reply.feed(data)
        except Garbage as fault:
            self._fail(fault)
            self.close()
            return
        if whole is not None:
            if self._reply.closes:
                self.close()
            self._say(whole)

    @property
    def usable(self) -> bool:
        """Whether another request can go here."""
        return self._transport is not None and not self._transport.is_closing() and self._reply is None

    async def ask(self, request: bytes, *, patience: float | None) -> Answer:
        """Send a request and wait for its answer; whoever stops waiting ends the line."""
        if self._transport is None:
            raise ConnectionResetError
        loop = asyncio.get_running_loop()
        self._reply, self._answer = Reply(), loop.create_future()
        late = loop.call_later(patience, self._fail, TimeoutError()) if patience is not None else None
        self._transport.write(request)
        try:
            return await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            if late is not None:
                late.cancel()
            self._answer = None

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def _say(self, whole: Answer) -> None:
        self._reply = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(whole)

    def _fail(self, failure: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(failure)


class Lines:
    """Lines to the server of `address`; at most `most` at once, each kept for `kept` seconds of rest."""

    def __init__(self, address: str, *, most: int, kept: float, agent: str) -> None:
        parts = urlsplit(address)
        self._host, secure = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if secure else 80)
        self._tls = ssl.create_default_context() if secure else None
        self._places = asyncio.Semaphore(most)
        self._kept = kept
        self._resting: deque[Line] = deque()
        self._open: set[Line] = set()
        self._head = (
            f" HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\nUser-Agent: {agent}\r\n"
            "Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: "
        ).encode()

    async def post(self, path: str, body: bytes, *, patience: float | None, connect: float | None) -> Answer:
        """Post JSON; the status and the body of the answer. `path` is escaped already."""
        request = b"POST " + path.encode("ascii") + self._head + b"%d\r\n\r\n" % len(body) + body
        async with self._places:
            line = self._rested() or await self._new(connect)
            answer = await line.ask(request, patience=patience)
            if line.usable:
                line.rests_since = asyncio.get_running_loop().time()
                self._resting.append(line)
            return answer

    async def aclose(self) -> None:
        """Close every line, also those in use, and wait until they are."""
        self._resting.clear()
        lines = list(self._open)
        for line in lines:
            line.close()
        if lines:
            await asyncio.wait([line.closed for line in lines], timeout=CLOSING_SECONDS)

    def _rested(self) -> Line | None:
        """The line that rested least; those that rested too long go."""
        oldest = asyncio.get_running_loop().time() - self._kept
        while self._resting and (self._resting[0].rests_since < oldest or not self._resting[0].usable):
            self._resting.popleft().close()
        while self._resting:
            line = self._resting.pop()
            if line.usable:
                return line
        return None

    async def _new(self, connect: float | None) -> Line:
        try:
            async with asyncio.timeout(connect):
                line = await self._connected()
        except UnicodeError:  # a host name that is none
            raise ConnectionError from None
        self._open.add(line)
        line.closed.add_done_callback(lambda _: self._open.discard(line))
        return line

    async def _connected(self) -> Line:
        """Connect to whichever address answers first; asyncio's own race leaves a socket open when it is cancelled."""
        loop = asyncio.get_running_loop()
        places = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        connection = await start_connection(places, happy_eyeballs_delay=RACE_SECONDS, interleave=1)
        try:
            _, line = await loop.create_connection(
                Line, sock=connection, ssl=self._tls, server_hostname=self._host if self._tls else None
            )
        except BaseException:
            connection.close()
            raise
        return line
