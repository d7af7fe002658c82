"""Addresses that the bot listens on while it runs, and the signal that ends it; a part of the composition."""

import asyncio
import errno
import signal
from contextlib import AsyncExitStack

from aiohttp import web

from bot.bootstrap import Faulty
from bot.meters import LoopWatch, Meters, metrics_site
from bot.settings import Settings
from storage.sql.store import SqlStorage


async def serve_metrics(
    stack: AsyncExitStack, settings: Settings, storage: SqlStorage, meters: Meters
) -> None:
    """Serve what is measured, where an address is set for it."""
    if settings.metrics:
        meters.tell_build(database=await storage.check())
        await stack.enter_async_context(LoopWatch(meters))
        host, port = settings.metrics_place
        site = metrics_site(meters, storage.outbox.backlog)
        await listen(stack, site, host, port, named=f"CLEARSHOT_METRICS: {settings.metrics}")


async def listen(stack: AsyncExitStack, site: web.Application, host: str, port: int, *, named: str) -> int:
    """Serve a site while the stack lasts; answers the port."""
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as failure:
        raise Faulty(f"{named}: {why_not_served(failure)}") from None
    return int(runner.addresses[0][1])


def why_not_served(failure: OSError) -> str:
    """Say in a few words why an address cannot be listened on."""
    known = {errno.EADDRINUSE: "the port is in use", errno.EACCES: "the port needs more rights"}
    return known.get(failure.errno or 0, (failure.strerror or str(failure)).rpartition(": ")[2])


async def until_told_to_stop() -> None:
    """Return at SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    await stop.wait()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(sign)
