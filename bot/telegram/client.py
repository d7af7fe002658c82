"""The client of the Bot API: python-telegram-bot with our request backend, its errors in our words; knows no Say."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from telegram import InputFile
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter  # public nowhere else

from bot.ports import Gone, PermanentFailure, TransientFailure
from bot.telegram.http_request import (
    READ_SECONDS,
    AiohttpRequest,
    Oversized,
    Refused,
    TooManyRequests,
)

TELEGRAM = "https://api.telegram.org"
PER_SECOND = 30.0
"""Messages a second over all chats (Bot FAQ, "My bot is hitting limits"); a single chat's limit is Telegram's to name."""

UNCHANGED = "message is not modified"
GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
    "there is no text in the message to edit",
    "there is no caption in the message to edit",
)
TRANSIENT = ("temporarily unavailable", "internal server error")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
TOKEN_WAIT = 60.0  # seconds; a revoked token is an operator's matter, and no reason to lose what waits


T = TypeVar("T")


class Unchanged(Exception):
    """The message looks like this already."""


class TelegramBot(ExtBot[Any]):
    """PTB's client; `call` speaks to any method with plain values and builds no objects of the library."""

    def __init__(self, token: str, *, api: str = TELEGRAM, per_second: float = PER_SECOND) -> None:
        """Open nothing yet; `per_second` 0 = no limit of ours (a local server, a bench)."""
        address = urlsplit(api.rstrip("/"))
        request = AiohttpRequest(environment=address.hostname not in LOOPBACK)
        super().__init__(
            token=token,
            base_url=f"{address.geturl()}/bot",
            base_file_url=f"{address.geturl()}/file/bot",
            request=request,
            get_updates_request=request,
            rate_limiter=AIORateLimiter(overall_max_rate=per_second, max_retries=0) if per_second else None,
        )
        self._carrier = request
        self._pauses = Pauses()
        self._has_local_files = api.rstrip("/") != TELEGRAM

    async def call(self, method: str, params: Mapping[str, Any] | None = None, *, wait: float = 0.0) -> Any:
        """Call a method and return its bare result; `wait`: seconds that the server may take by itself.

        A chat that Telegram wants left alone for a while is: what comes to it meanwhile, in whatever order, is not
        even sent. Raises TransientFailure, PermanentFailure, Gone, Unchanged.
        """
        given = dict(params or {})
        with self._pauses.kept(given.get("chat_id")):
            return await self._call(method, given, patience=wait + READ_SECONDS)

    async def _call(self, method: str, given: dict[str, Any], *, patience: float) -> Any:
        if any(isinstance(value, InputFile) for value in given.values()):
            return await translated(lambda: self._post(method, given, read_timeout=patience))
        return await translated(lambda: self._post_plain(method, given, patience=patience))

    async def _post_plain(self, method: str, params: dict[str, Any], *, patience: float) -> Any:
        """Do what PTB's own `_post` does, without its look at the type of each parameter."""
        data = RequestData([RequestParameter(name, value, None) for name, value in params.items()])
        send = partial(
            self._carrier.post, f"{self.base_url}/{method}", request_data=data, read_timeout=patience
        )
        if self.rate_limiter is None or method == "getUpdates":
            return await send()
        return await self.rate_limiter.process_request(
            callback=send, args=(), kwargs={}, endpoint=method, data=params, rate_limit_args=None
        )

    async def identify(self) -> str:
        """Ask Telegram who we are: the bot's user name. Raises PermanentFailure for a token that it refuses.

        Raises it too where something else answers.
        """
        try:
            me = await self.get_me()
        except InvalidToken:
            raise PermanentFailure("Telegram refuses the token") from None
        except TelegramError as error:
            raise in_our_words(error) from None
        except (KeyError, TypeError, AttributeError, ValueError):
            raise PermanentFailure("no Bot API answers: look at CLEARSHOT_TELEGRAM_API") from None
        return me.username or ""

    async def fetch(self, file_path: str, *, limit: int) -> bytes:
        """Download what getFile named; raises PermanentFailure("too_big" or "download"), TransientFailure.

        A Bot API server of one's own names a path on this machine (--local); the hosted service never does.
        """
        if file_path.startswith("/") and self._has_local_files:
            return await asyncio.to_thread(_read_file, Path(file_path), limit)
        return await translated(lambda: self._carrier.fetch(f"{self.base_file_url}/{file_path}", limit=limit))

    async def open(self) -> None:
        """Open the connections; says nothing to Telegram."""
        await self._carrier.initialize()

    async def close_connections(self) -> None:
        """Close the connections."""
        await self._carrier.shutdown()


class Pauses:
    """Chats that Telegram named a time for (`retry_after`), and until when."""

    def __init__(self) -> None:
        self._until: dict[object, float] = {}

    @contextmanager
    def kept(self, chat: object) -> Iterator[None]:
        """Raise TransientFailure while a chat is paused; note the time that an answer names for it. None = no chat."""
        if chat is None:
            yield
            return
        now = time.monotonic()
        if self._until.get(chat, now) > now:
            raise TransientFailure("too many requests, not sent", retry_after=self._until[chat] - now)
        try:
            yield
        except TooManyMessages as failure:
            now = time.monotonic()
            self._until = {one: until for one, until in self._until.items() if until > now}
            self._until[chat] = now + (failure.retry_after or 0.0)
            raise


class TooManyMessages(TransientFailure):
    """Telegram wants to be left alone for `retry_after` seconds."""


async def translated(action: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Await a call; what PTB raises leaves in our words."""
    try:
        return await action()
    except TelegramError as error:
        raise in_our_words(error) from None


def in_our_words(error: TelegramError) -> Exception:
    """Return the failure that an error of PTB means; BadRequest is a NetworkError there, so order counts."""
    match error:
        case TooManyRequests():
            return TooManyMessages(error.message, retry_after=error.seconds)
        case InvalidToken():
            return TransientFailure("Telegram refuses the token or the method", retry_after=TOKEN_WAIT)
        case Conflict():
            return TransientFailure(f"another program takes this bot's updates: {_short(error)}")
        case TimedOut():
            return TransientFailure("no answer from Telegram in time")
        case Oversized() | Refused() | Forbidden() | BadRequest():
            return _refusal(error)
        case NetworkError() if "entity too large" in error.message.lower():
            return PermanentFailure("the request is too large for Telegram")
        case _:
            return TransientFailure(f"Telegram is out of reach: {_short(error)}")


def _refusal(error: TelegramError) -> Exception:
    match error:
        case Oversized():
            return PermanentFailure("too_big")
        case Refused():
            return PermanentFailure("download")
        case Forbidden():
            return PermanentFailure(_forbidden(error))
        case _:
            return _bad_request(error)


def _bad_request(error: TelegramError) -> Exception:
    said = error.message.lower()
    if UNCHANGED in said:
        return Unchanged()
    if any(sign in said for sign in GONE):
        return Gone()
    if any(sign in said for sign in TRANSIENT):
        return TransientFailure(_short(error))
    return PermanentFailure(_short(error))


def _forbidden(error: Forbidden) -> str:
    words = _short(error)
    return words if words.lower().startswith("forbidden") else f"Forbidden: {words}"


def _short(error: TelegramError) -> str:
    return error.message.partition(". Parsing the server response")[0][:120]


def _read_file(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError:
        raise PermanentFailure("download") from None
    if len(content) > limit:
        raise PermanentFailure("too_big")
    return content
