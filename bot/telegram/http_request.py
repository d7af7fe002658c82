"""Carries python-telegram-bot's requests over one kept-alive aiohttp session; never says an address, which holds the token."""

import io
from typing import Any

import aiohttp
import orjson
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.telegram.decoding import NotJson, decode

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
UPLOAD_SECONDS = 60.0
"""An answer comes after the upload, so a request with files may take this much longer."""
CONNECTIONS = 100
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
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds of silence after which a request has failed."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Open the session; a second time changes nothing."""
        self._opened()

    async def shutdown(self) -> None:
        """Close the session; a second time changes nothing."""
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
        uploading = request_data is not None and request_data.contains_files
        timeout = _timeout(
            read=_seconds(read_timeout, READ_SECONDS),
            write=_seconds(write_timeout, UPLOAD_SECONDS) if uploading else 0.0,
            connect=_seconds(connect_timeout, CONNECT_SECONDS),
        )
        try:
            async with self._opened().request(method, url, timeout=timeout, **_body(request_data)) as answer:
                status, payload = answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as failure:
            raise NetworkError(type(failure).__name__) from None
        if status == TOO_MANY:
            raise TooManyRequests(_wait(payload))
        return status, payload

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


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        return {"data": orjson.dumps(data.parameters), "headers": JSON}
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (file, content, mime) in data.multipart_data.items():
        # aiohttp writes bytes in one go, which holds the loop up; a stream goes in chunks
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=file, content_type=mime)
    return {"data": form}
