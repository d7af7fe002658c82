"""Puts the local Telegram together and serves it; the only module here that starts anything."""

import asyncio
import contextlib
import re
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from bot.sandbox import page
from bot.sandbox.bot_api import BotApi
from bot.sandbox.customer_api import CustomerApi, refusals_as_json
from bot.sandbox.errors import OTHER_POLLER
from bot.sandbox.limits import CUSTOMER_UPLOAD_BYTES
from bot.sandbox.methods.receiving import end_poll
from bot.sandbox.state import BotAccount, LocalTelegram
from bot.sandbox.webhook import WebhookSender

DEFAULT_TOKEN = "7000000001:AAsandbox-token-for-this-machine-only"  # noqa: S105 - opens nothing but a sandbox
DEFAULT_USERNAME = "clearshot_demo_bot"
DEFAULT_NAME = "Clearshot"
_TOKEN = re.compile(r"\d{6,12}:[\w-]{20,64}")
_WEBHOOK_SECONDS = 60.0


class Sandbox:
    """A running local Telegram.

    `async with Sandbox() as sandbox:` serves until the block ends. `data` is a folder in which chats and files outlive a
    restart; without it they live in a temporary folder. `more_bots` are served beside the first one, `more_routes` (pages of a
    host program) beside the chat page. `now` is the clock for
    dates and expiry, `retry_unit` the length in seconds of the first delay between two attempts at a webhook.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data: Path | None = None,
        token: str = DEFAULT_TOKEN,
        bot_username: str = DEFAULT_USERNAME,
        bot_name: str = DEFAULT_NAME,
        more_bots: Sequence[BotAccount] = (),
        more_routes: Sequence[web.RouteDef] = (),
        now: Callable[[], float] = time.time,
        retry_unit: float = 1.0,
    ) -> None:
        self.token = token
        self.bot_username = bot_username
        self._accounts = [BotAccount(token=token, username=bot_username, name=bot_name), *more_bots]
        for account in self._accounts:
            if not _TOKEN.fullmatch(account.token):
                raise ValueError(
                    "a bot token looks like 123456789:AA... with at least 20 characters after the colon"
                )
        self._more_routes = tuple(more_routes)
        self._host = host
        self._port = port
        self._data = data
        self._now = now
        self._retry_unit = retry_unit
        self._stack = contextlib.AsyncExitStack()
        self._address = ""

    @property
    def address(self) -> str:
        """Where it is served, without a slash at the end; empty before it is."""
        return self._address

    @property
    def base_url(self) -> str:
        """What `telegram.Bot` takes as base_url."""
        return f"{self._address}/bot"

    @property
    def base_file_url(self) -> str:
        """What `telegram.Bot` takes as base_file_url."""
        return f"{self._address}/file/bot"

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            folder = self._data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
            telegram = LocalTelegram(
                accounts=self._accounts, folder=folder, keep=self._data is not None, now=self._now
            )
            stack.push_async_callback(telegram.aclose)
            application = await stack.enter_async_context(_application(telegram, self._retry_unit))
            application.add_routes(self._more_routes)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=2.0)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            stack.callback(_end_waiting, telegram)
            site = web.TCPSite(runner, self._host, self._port)
            await site.start()
            self._address = f"http://{self._host}:{runner.addresses[0][1]}"
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def serve_forever(self) -> None:
        """Serve until cancelled."""
        async with self:
            await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def _application(telegram: LocalTelegram, retry_unit: float) -> AsyncIterator[web.Application]:
    timeout = aiohttp.ClientTimeout(total=_WEBHOOK_SECONDS)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=75.0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        senders = {
            bot.id: WebhookSender(bot, session=session, journal=telegram.journal, retry_unit=retry_unit)
            for bot in telegram.bots.values()
        }
        application = create_app(telegram, senders)
        for sender in senders.values():
            sender.wake_all()
        try:
            yield application
        finally:
            for sender in senders.values():
                await sender.stop()


def create_app(telegram: LocalTelegram, senders: dict[int, WebhookSender]) -> web.Application:
    """Return the application with the Bot API, the customer's API and the chat page."""
    application = web.Application(client_max_size=CUSTOMER_UPLOAD_BYTES, middlewares=[refusals_as_json])
    api = BotApi(telegram, senders)
    for sender in senders.values():
        sender.carry_out = api.carry_out
    application.add_routes(api.routes())
    application.add_routes(CustomerApi(telegram).routes())
    application.add_routes(page.routes())
    return application


def _end_waiting(telegram: LocalTelegram) -> None:
    """End long polls and open feeds, which would hold the server's end up."""
    telegram.feed.close()
    for bot in telegram.bots.values():
        end_poll(bot, OTHER_POLLER.refusal())
