"""Calls to a help desk's API: one base address, its failures in our words, no redirects, no private hosts unless allowed."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from bot.ports import PermanentFailure, TransientFailure
from bot.public_hosts import NoPublicHost, PublicResolver, is_literal, is_public

MOST_ANSWER = 8 * 1024 * 1024  # bytes of an answer that are read
PASSING = frozenset({408, 409, 423, 425, 429})
"""4xx codes after which another attempt may succeed."""
LONGEST_WAIT = 86_400.0
"""Seconds of a wait that the other side names: a slip of theirs must not put a bundle off past its last attempt."""


def checked_base(address: str, *, allow_private: bool) -> str:
    """Check the base address of an API; raises ValueError in words for operators."""
    parts = urlsplit(address)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username is not None
        or parts.query
        or parts.fragment
        or re.search(r"\s", address)
    ):
        raise ValueError(f"url is no address such as https://desk.example{_hint(parts.fragment)}")
    _ = parts.port  # raises ValueError where it is no number
    if not allow_private and parts.scheme != "https":
        raise ValueError("url begins with https://; allow_private lets it be")
    if not allow_private and is_literal(parts.hostname) and not is_public(parts.hostname):
        raise ValueError("url is on no public host; allow_private lets it be")
    return address.rstrip("/")


def _hint(fragment: str) -> str:
    return ": leave out # and what follows" if fragment else ""


def seconds_in(retry_after: str, now: datetime) -> float | None:
    """Read Retry-After: seconds, or a date (RFC 9110, 10.2.3); at most LONGEST_WAIT, None where it is neither."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after[:9]), LONGEST_WAIT)
    try:
        named = (parsedate_to_datetime(retry_after) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, named), LONGEST_WAIT)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    """Give a body that cannot be sent again: the library repeats a PUT whose answer is lost, which would comment twice."""
    yield body


class Calls:
    """Makes calls; `name` begins every failure. Holds connections until `aclose`."""

    def __init__(
        self, base: str, *, name: str, headers: Mapping[str, str], timeout: float, allow_private: bool
    ) -> None:
        self._base = base
        self._name = name
        self._headers = {"User-Agent": "Clearshot", "Accept": "application/json", **headers}
        self._timeout = timeout
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        may_miss: bool = False,
        may_refuse: bool = False,
    ) -> Any:
        """Call, and return the decoded answer: None for an empty one and for a 404 that `may_miss`, a 400's if `may_refuse`.

        Raises TransientFailure and PermanentFailure; neither repeats what was sent or answered.
        """
        body = orjson.dumps(_writable(json)) if json is not None else data
        kind = {"Content-Type": "application/json"} if json is not None else {}
        if method == "PUT" and isinstance(body, bytes):
            kind, body = {**kind, "Content-Length": str(len(body))}, _once(body)
        try:
            async with self._open().request(
                method, self._base + path, params=params, data=body, headers={**kind, **(headers or {})},
                allow_redirects=False,
            ) as answer:  # fmt: skip
                content = await read_up_to(answer, MOST_ANSWER)
                status, wait = answer.status, answer.headers.get("Retry-After", "")
        except NoPublicHost as refusal:
            raise PermanentFailure(f"{self._name}: {refusal}") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            if isinstance(getattr(fault, "os_error", None), NoPublicHost):
                raise PermanentFailure(f"{self._name}: its name leads to no public host") from None
            raise TransientFailure(f"{self._name}: {type(fault).__name__}") from None
        except ValueError:  # a line break in a token, a name that cannot be
            raise PermanentFailure(f"{self._name}: a setting holds signs that no request can carry") from None
        if status == 404 and may_miss:  # noqa: PLR2004 - HTTP
            return None
        if not (status == 400 and may_refuse):  # noqa: PLR2004 - HTTP
            self._check(method, path, status=status, wait=wait)
        told = self._decoded(method, content)
        if told is None and may_miss:
            raise self._odd("nothing where something or a 404 is due")
        return told

    def part(self, told: Any, *names: str) -> Any:
        """Take what stands under these names; raises TransientFailure where the answer is not the API's."""
        for name in names:
            if not isinstance(told, dict) or told.get(name) is None:
                raise self._odd(f"without {name!r}")
            told = told[name]
        return told

    def record(self, told: Any, *names: str) -> dict[str, Any]:
        """Take a record; raises as `part`."""
        found = self.part(told, *names)
        if not isinstance(found, dict):
            raise self._odd("no record")
        return found

    def rows(self, told: Any, *names: str) -> list[dict[str, Any]]:
        """Take a list of records; raises as `part`."""
        found = self.part(told, *names)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise self._odd("no list of records")
        return found

    def _odd(self, said: str) -> TransientFailure:
        """Blame what stands between, or a release that answers otherwise: neither is a fault of ours."""
        return TransientFailure(f"{self._name}: an answer is not as its API gives it: {said}")

    def _check(self, method: str, path: str, *, status: int, wait: str) -> None:
        if not 200 <= status < 300:  # noqa: PLR2004 - HTTP
            said = f"{self._name}: {method} {path.partition('?')[0]} answers {status}"
            if status >= 500 or status in PASSING:  # noqa: PLR2004 - HTTP
                raise TransientFailure(said, retry_after=seconds_in(wait, datetime.now(UTC)))
            raise PermanentFailure(said)

    def _decoded(self, method: str, content: bytes) -> Any:
        if not content.strip():
            return None
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            raise TransientFailure(f"{self._name}: {method} answers no JSON") from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = None if self._allow_private else PublicResolver()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, limit=8),
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self._headers,
            )
        return self._session

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def read_up_to(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """Read an answer to its end, or until there are more than `most` bytes: one `read(n)` gives what has come so far."""
    gathered = bytearray()
    async for piece in answer.content.iter_any():
        gathered += piece
        if len(gathered) > most:
            break
    return bytes(gathered)


def _writable(value: Any) -> Any:
    """Replace what UTF-8 cannot write (lone halves of a character)."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _writable(inner) for key, inner in value.items()}
    return [_writable(inner) for inner in value] if isinstance(value, list) else value
