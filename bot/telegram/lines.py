"""Kept-alive HTTP/1.1 lines to one server, for small requests with small answers; knows nothing of Telegram.

A general HTTP client spends four times the processor time of what a tap needs besides. Uploads, downloads and whatever
needs a proxy go by aiohttp. Failures are OSError, and TimeoutError for silence; neither says an address.
"""

import asyncio
import re
import ssl
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 64 * 1024 * 1024
"""A hundred updates of a poll are far smaller; what is larger is no answer of the Bot API."""

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*(?=\r\n|$)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked[ \t]*(?=\r\n|$)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:[^\r]*close", re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/1\.(\d) (\d{3})(?: |\r|$)")

Answer = tuple[int, bytes]


class Garbage(ConnectionError):
    """The server does not speak HTTP/1.1."""


@dataclass(slots=True)
class Reply:
    """An answer in the making, fed with bytes as they come; pure."""

    held: bytearray
    status: int = 0
    left: int | None = None  # of the body; None = chunked, or until the line is closed
    chunked: bool = False
    closes: bool = False  # the line cannot be used again
    begun: bool = False

    def feed(self, data: bytes) -> Answer | None:
        """Take bytes; the answer once it is whole. Raises Garbage."""
        self.held += data
        if not self.begun and not self._head():
            return None
        if self.chunked:
            body = _dechunked(self.held)
            return None if body is None else (self.status, body)
        if self.left is None:
            self._limit(len(self.held), LARGEST_BODY)
            return None
        return (self.status, bytes(self.held[: self.left])) if len(self.held) >= self.left else None

    def end(self) -> Answer | None:
        """Take note that the line is closed: the end of an answer that told no length."""
        whole = self.begun and self.left is None and not self.chunked
        return (self.status, bytes(self.held)) if whole else None

    def _head(self) -> bool:
        end = self.held.find(b"\r\n\r\n")
        if end < 0:
            self._limit(len(self.held), LARGEST_HEAD)
            return False
        head = bytes(self.held[:end])
        del self.held[: end + 4]
        status = _STATUS.match(head)
        if status is None:
            raise Garbage
        if status[2].startswith(b"1"):  # an interim answer: the real one follows
            return self._head()
        self.begun, self.status = True, int(status[2])
        length = _LENGTH.search(head)
        self.chunked = _CHUNKED.search(head) is not None
        self.left = int(length[1]) if length is not None and not self.chunked else None
        self._limit(self.left or 0, LARGEST_BODY)
        told = self.left is not None or self.chunked
        self.closes = status[1] == b"0" or not told or _CLOSES.search(head) is not None
        return True

    @staticmethod
    def _limit(size: int, most: int) -> None:
        if size > most:
            raise Garbage


def _dechunked(raw: bytearray) -> bytes | None:
    """Join the chunks of a body; None while some are missing."""
    body = bytearray()
    place = 0
    while (end := raw.find(b"\r\n", place)) >= 0:
        size = raw[place:end].partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size) or len(body) > LARGEST_BODY:
            raise Garbage
        count = int(size, 16)
        if count == 0:
            return (
                bytes(body)
                if raw.find(b"\r\n\r\n", end - 2) >= 0 or raw[end + 2 : end + 4] == b"\r\n"
                else None
            )
        place = end + 2 + count + 2
        if len(raw) < place:
            return None
        body += raw[end + 2 : place - 2]
    if len(raw) - place > LARGEST_HEAD:
        raise Garbage
    return None


class Line(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self) -> None:
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
        self._reply, self._answer = Reply(bytearray()), loop.create_future()
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

    def close(self) -> None:
        """Close the lines that rest."""
        while self._resting:
            self._resting.pop().close()

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
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(connect):
            try:
                _, line = await loop.create_connection(
                    Line, self._host, self._port, ssl=self._tls, happy_eyeballs_delay=0.25
                )
            except UnicodeError:  # a host name that is none
                raise ConnectionError from None
        return line
