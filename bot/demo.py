"""The demo: a sandbox Telegram, the bot, sample orders and the sellers' inbox on this machine, with no account."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.app.clock import SystemClock
from bot.application import running
from bot.bootstrap import Faulty
from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.server import Sandbox
from bot.serving import until_told_to_stop, why_not_served
from bot.settings import Settings
from bot.web.console.site import ConsoleSite
from bot.web.inbox.site import InboxSite
from storage.ports import Orders

SELLERS = Path(__file__).with_name("demo_sellers.yaml")
SAMPLE_ORDER, SAMPLE_SELLER = "A-1017", "acme"
LINK_LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """Where everything is."""

    chat: str
    link: str  # opens the chat as the customer of the sample order
    inbox: str
    console: str
    bot_api: str
    health: str


@asynccontextmanager
async def demonstrating(*, port: int, data: Path | None = None) -> AsyncIterator[Demo]:
    """Run the demo while the block lasts; without `data` nothing of it stays."""
    async with AsyncExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clearshot-demo-")))
        blobs = folder / "photos"
        settings = Settings(blobs=str(blobs), database=f"sqlite:///{folder / 'clearshot.db'}")
        inbox, console = InboxSite(demo=True), ConsoleSite(demo=True)
        sandbox = Sandbox(
            port=port, data=folder / "telegram", more_routes=[*inbox.routes(), *console.routes()]
        )
        try:
            await stack.enter_async_context(sandbox)
        except OSError as failure:
            raise Faulty(f"port {port}: {why_not_served(failure)}; choose another with --port") from None
        settings = Settings.model_validate(
            {
                **settings.model_dump(),
                "telegram_token": sandbox.token,
                "telegram_api": sandbox.address,
                "sellers": SELLERS,
                "orders": SAMPLE,
                "listen": "127.0.0.1:0",
            }
        )
        application = await stack.enter_async_context(
            running(settings, on_loopback=True, inbox=inbox, console=console)
        )
        token = await _mint(application.storage.orders)
        yield Demo(
            chat=f"{sandbox.address}/",
            link=f"{sandbox.address}/t.me/{sandbox.bot_username}?start={token}",
            inbox=f"{sandbox.address}/inbox",
            console=f"{sandbox.address}/console",
            bot_api=sandbox.base_url,
            health=f"{application.address}/health",
        )


async def _mint(orders: Orders) -> str:
    now = SystemClock().now()
    return await orders.mint(SAMPLE_ORDER, seller=SAMPLE_SELLER, at=now, expires=now + LINK_LASTS)


async def demonstrate(*, port: int, data: Path | None = None) -> None:
    """Run the demo until it is told to stop; prints where everything is."""
    async with demonstrating(port=port, data=data) as demo:
        for what, address in (
            ("Chat with the bot", demo.chat),
            (f"... as the customer of order {SAMPLE_ORDER}", demo.link),
            ("Sellers' inbox", demo.inbox),
            ("Operators' console", demo.console),
            ("Bot API", demo.bot_api),
            ("Health", demo.health),
        ):
            print(f"{what + ':':40} {address}", flush=True)  # noqa: T201 - the command line speaks
        print("Ctrl-C stops it.", flush=True)  # noqa: T201
        await until_told_to_stop()
