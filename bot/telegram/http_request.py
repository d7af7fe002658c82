"""Carries python-telegram-bot's requests over kept-alive connections; never says an address, which holds the token."""

import io
from typing import Any
from urllib.request import getproxies

import aiohttp
import orjson
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.telegram.decoding import NotJson, decode
from bot.telegram.lines import Lines

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
UPLOAD_SECONDS = 60.0
"""An answer comes after the upload, so a request with files may take this much longer."""
CONNECTIONS = 200
KEPT_SECONDS = 50.0
CHUNK = 64 * 1024
UNNAMED_WAIT = 5.0  # seconds, where a 429 does not say

TOO_MANY = 429
JSON = {"Content-Type": "application/json"}


class TooManyRequests(TelegramError):
    """Telegram asks to wait `seconds`.

    PTB's RetryAfter warns of its own deprecation whenever one is made, and its rate limiter logs each with a traceback.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many requests: retry after {seconds:g} s")
        self.seconds = seconds


class Oversized(TelegramError):
    """A download has more bytes than were allowed."""


class Refused(TelegramError):
    """A download was refused with an HTTP status that no retry changes."""


class AiohttpRequest(BaseRequest):
    """PTB's request backend; its default one takes half the processor time of a small bot.

    `environment`: obey HTTPS_PROXY and its like. Errors are PTB's TimedOut and NetworkError, or TooManyRequests.
    """

    def __init__(self, *, connections: int = CONNECTIONS, environment: bool = True) -> None:
        self._connections = connections
        self._environment = environment
        self._by_proxy = environment and bool(getproxies())
        self._session: aiohttp.ClientSession | None = None
        self._lines: dict[str, Lines] = {}  # by server

    @property
    def read_timeout(self) -> float | None:
        """Seconds of silence after which a request has failed."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Open the session; a second time changes nothing."""
        self._opened()

    async def shutdown(self) -> None:
        """Close the session; a second time changes nothing."""
        for lines in self._lines.values():
            await lines.aclose()
        self._lines.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Decode an answer; raises TelegramError, without its content."""
        try:
            answer = decode(payload)
        except NotJson:
            answer = None
        if not isinstance(answer, dict):
            raise TelegramError("an answer that is no JSON object")
        return answer

    async def do_request(  # noqa: PLR0917 - PTB's signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - a full pool is waited for
    ) -> tuple[int, bytes]:
        """Send one request; answers HTTP status and body, a 429 raises TooManyRequests."""
        read, connect = _seconds(read_timeout, READ_SECONDS), _seconds(connect_timeout, CONNECT_SECONDS)
        uploading = request_data is not None and request_data.contains_files
        try:
            if uploading or self._by_proxy:
                write = _seconds(write_timeout, UPLOAD_SECONDS) if uploading else 0.0
                waits = _timeout(read=read, write=write, connect=connect)
                status, payload = await self._by_session(url, method, request_data, waits)
            else:
                status, payload = await self._by_line(
                    url, _json(request_data), patience=read, connect=connect
                )
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as failure:
            raise NetworkError(type(failure).__name__) from None
        if status == TOO_MANY:
            raise TooManyRequests(_wait(payload))
        return status, payload

    async def _by_session(
        self, url: str, method: str, data: RequestData | None, waits: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        async with self._opened().request(method, url, timeout=waits, **_body(data)) as answer:
            return answer.status, await answer.read()

    async def _by_line(
        self, url: str, body: bytes, *, patience: float | None, connect: float | None
    ) -> tuple[int, bytes]:
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        server = f"{scheme}://{host}"
        if server not in self._lines:
            self._lines[server] = Lines(
                server, most=self._connections, kept=KEPT_SECONDS, agent=self.USER_AGENT
            )
        return await self._lines[server].post(f"/{path}", body, patience=patience, connect=connect)

    async def fetch(self, url: str, *, limit: int) -> bytes:
        """Download at most `limit` bytes; raises Oversized, Refused, TimedOut or NetworkError."""
        timeout = _timeout(read=READ_SECONDS, write=0.0, connect=CONNECT_SECONDS)
        try:
            async with self._opened().get(
                url, timeout=timeout, headers={"Accept-Encoding": "identity"}
            ) as answer:
                if answer.status != 200:  # noqa: PLR2004 - HTTP's "OK"
                    raise _refusal(answer.status)
                return await _read(answer, limit)
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as failure:
            raise NetworkError(type(failure).__name__) from None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEPT_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                trust_env=self._environment,
            )
        return self._session


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    if (answer.content_length or 0) > limit:
        raise Oversized("more bytes announced than allowed")
    content = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK):
        content += chunk
        if len(content) > limit:
            raise Oversized("more bytes than allowed")
    return bytes(content)


def _refusal(status: int) -> TelegramError:
    if status == TOO_MANY:
        return TooManyRequests(UNNAMED_WAIT)
    if 400 <= status < 500:  # noqa: PLR2004 - HTTP's client errors
        return Refused(f"HTTP {status}")
    return NetworkError(f"HTTP {status}")


def _wait(payload: bytes) -> float:
    try:
        named = AiohttpRequest.parse_json_payload(payload)["parameters"]["retry_after"]
    except (TelegramError, KeyError, TypeError):
        return UNNAMED_WAIT
    return float(named) if isinstance(named, int | float) else UNNAMED_WAIT


def _seconds(given: Any, default: float) -> float | None:
    """Return a time-out as PTB gives it: a number, None for no limit, or its mark for "the default"."""
    return given if given is None or isinstance(given, int | float) else default


def _timeout(*, read: float | None, write: float | None, connect: float | None) -> aiohttp.ClientTimeout:
    patience = None if read is None or write is None else read + write
    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=patience)


def _json(data: RequestData | None) -> bytes:
    return orjson.dumps(data.parameters) if data is not None else b"{}"


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None or not data.contains_files:
        return {"data": _json(data), "headers": JSON}
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (file, content, mime) in data.multipart_data.items():
        # aiohttp writes bytes in one go, which holds the loop up; a stream goes in chunks
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=file, content_type=mime)
    return {"data": form}
