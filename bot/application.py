"""The running bot: built from settings, started in order, stopped in the reverse order; a part of the composition."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from aiohttp import web

from bot.app.alarm import Alarm
from bot.app.apologies import Apologies
from bot.app.attachments import Attachments
from bot.app.case_actions import CaseActions
from bot.app.clock import SystemClock
from bot.app.hearing import Hearing
from bot.app.housekeeping import Housekeeping
from bot.app.listening import Listening
from bot.app.performers import Outside, performers
from bot.app.pictures import StoredPictures
from bot.app.relay import Relay
from bot.bootstrap import (
    closed_at_end,
    import_orders,
    load_flows,
    make_inboxes,
    make_order_sources,
    make_store,
    preparations,
    read_orders,
    read_profiles,
    ready_store,
)
from bot.console_desk import console_desk
from bot.copy_links import CopyLinks
from bot.entrance import Entrance, introduce, open_entrance, room_of
from bot.flow_files import FlowFiles
from bot.garbage import keep_heap_dense, rest_garbage
from bot.listing_images import ListingImages
from bot.logs import configure_logs
from bot.manifest import file_names, manifest
from bot.metered import metered
from bot.meters import Meters
from bot.photos.pool import PhotoPool
from bot.ports import SellerInbox
from bot.sellers import Sellers
from bot.serving import listen, serve_metrics, until_told_to_stop
from bot.settings import LOOPBACK, Settings
from bot.telegram.chat import TelegramChat
from bot.telegram.client import PER_SECOND, TelegramBot
from bot.telegram.seller_chat import Counter
from bot.telegram.webhook import Webhook
from bot.traced import Traces
from bot.web.console.site import ConsoleSite
from bot.web.copies import copy_routes
from bot.web.health import health_routes
from bot.web.hooks import hook_routes
from bot.web.inbox.desk import Desk
from bot.web.inbox.site import InboxSite
from flows.catalogue import Catalogue, Texts
from flows.engine import Engine
from storage.blobs import open_blobs
from storage.ports import BlobStore
from storage.sql.store import SqlStorage

logger = logging.getLogger(__name__)

HOOK = "/telegram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What runs; `address` is where webhook and health page are served."""

    settings: Settings
    storage: SqlStorage
    relay: Relay
    bot: TelegramBot
    username: str
    address: str


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    on_loopback: bool = False,
    inbox: InboxSite | None = None,
    console: ConsoleSite | None = None,
) -> AsyncIterator[Application]:
    """Run the bot while the block lasts; raises what `bot.cli.refusals` can put into a line.

    `on_loopback`: Telegram (a sandbox) is on this machine, and calls the webhook where it is served. `inbox`, `console`:
    the sellers' and operators' pages where somebody else serves them (then the sellers file is not to be changed).
    """
    token = settings.token
    sellers = read_profiles(settings)
    catalogue, files = load_flows(settings, sellers)
    async with AsyncExitStack() as stack:
        inboxes = make_inboxes(settings, sellers)
        sources = make_order_sources(settings)
        await closed_at_end(stack, [*inboxes.values(), *sources])
        storage, meters = make_store(settings, guest=False), Meters()
        traces = await _open_traces(stack, settings)
        storage.watch = traces.group(meters.group) if traces is not None else meters.group
        stack.push_async_callback(storage.close)
        catalogue = await ready_store(storage, settings, catalogue)
        await storage.open(Engine(catalogue).step)
        await _import_at_start(storage, settings)
        bot = await _open_bot(stack, settings, token)
        outside = await _outside(stack, settings, sellers, files=files, bot=bot, texts=catalogue.texts)
        outside = replace(outside, inboxes=inboxes, sources=sources)
        alarm = _alarm(stack, settings, outside)
        await _start_housekeeping(stack, settings, storage, outside, alarm=alarm)
        relay = await _start_relay(stack, storage, outside, sellers, alarm, meters=meters, traces=traces)
        attachments = Attachments(blobs=outside.blobs, judge=outside.judge)
        hearing = Hearing(streams=storage.streams, clock=SystemClock(), attachments=attachments)
        counters = _sellers_chats(sellers)
        entrance = await open_entrance(
            stack, storage, bot, catalogue, counters=counters, ears=hearing.of, meters=meters,
            room=room_of(settings),
        )  # fmt: skip
        await _start_listening(stack, inboxes, hearing)
        site = _site(storage, settings, entrance if settings.public_url or on_loopback else None)
        site.add_routes(hook_routes(inboxes=inboxes, ears=hearing.of, now=SystemClock().now))
        changes, secure = console is None, settings.public_url.startswith("https:")
        inbox, console = (
            inbox or _beside(site, InboxSite(secure=secure)),
            console or _beside(site, ConsoleSite(secure=secure)),
        )
        desk = _desk(settings, storage, sellers, catalogue=catalogue, blobs=outside.blobs, files=attachments)
        inbox.open(desk)
        console.open(console_desk(settings, storage, sellers, desk, photos=meters.photos, changes=changes))
        address = await _serve_http(stack, settings, site)
        await serve_metrics(stack, settings, storage, meters)
        await closed_at_end(stack, [inbox])
        public = settings.public_url or (address if on_loopback else "")
        username = await introduce(
            stack, entrance, hook=f"{public}{HOOK}" if public else "", settings=settings
        )
        yield Application(
            settings=settings, storage=storage, relay=relay, bot=bot, username=username, address=address
        )


Pages = TypeVar("Pages", InboxSite, ConsoleSite)


def _beside(site: web.Application, pages: Pages) -> Pages:
    """Serve pages beside the webhook."""
    site.add_routes(pages.routes())
    return pages


async def _open_traces(stack: AsyncExitStack, settings: Settings) -> Traces | None:
    """Open the way to a collector, where one is asked for; else nothing of it is even imported."""
    if settings.traces == "none":
        return None
    from bot.otlp import Collector  # noqa: PLC0415 - an extra

    collector = Collector()
    await closed_at_end(stack, [collector])
    return Traces(collector.record)


async def _import_at_start(storage: SqlStorage, settings: Settings) -> None:
    file = settings.orders
    if file is not None and file.suffix.lower() == ".csv":
        found = await read_orders(settings, file)
        count = await import_orders(storage, found)
        logger.info("%d orders from %s, %d lines left out", count, file, len(found.faults))
        if found.faults or found.strangers:
            logger.warning("not all of %s can be used: `clearshot doctor` says why", file)


async def _open_bot(stack: AsyncExitStack, settings: Settings, token: str) -> TelegramBot:
    loopback = any(f"//{host}" in settings.telegram_api for host in LOOPBACK)
    bot = TelegramBot(token, api=settings.telegram_api, per_second=0 if loopback else PER_SECOND)
    await bot.open()
    stack.push_async_callback(bot.close_connections)
    return bot


async def _outside(
    stack: AsyncExitStack,
    settings: Settings,
    sellers: Sellers,
    *,
    files: FlowFiles,
    bot: TelegramBot,
    texts: Texts,
) -> Outside:
    """Make the adapters that performers act through."""
    judge = PhotoPool(workers=settings.photo_workers)
    images = ListingImages()
    await closed_at_end(stack, [judge, images])
    blobs = open_blobs(settings.blobs)
    links, clock = copy_links(settings), SystemClock()
    return Outside(
        chat=TelegramChat(bot),
        pictures=StoredPictures(blobs=blobs, judge=judge, drawing=files.drawing, fetch=images.fetch),
        judge=judge,
        blobs=blobs,
        inboxes={},
        preparations=preparations(sellers),
        promptness={one.id: one.promptness for one in sellers.profiles if one.promptness is not None},
        sources=(),
        texts=texts,
        name_files=file_names,
        write_manifest=manifest,
        record_for=timedelta(days=settings.records),
        link_to=lambda key, name: links.link(key, name, now=clock.now()),
    )


async def _start_relay(
    stack: AsyncExitStack,
    storage: SqlStorage,
    outside: Outside,
    sellers: Sellers,
    alarm: Alarm,
    *,
    meters: Meters,
    traces: Traces | None,
) -> Relay:
    clock = SystemClock()
    apologies = Apologies(asides=storage.asides, streams=storage.streams, alarm=alarm)
    await closed_at_end(stack, [apologies])
    apologies.start()
    if traces is not None:
        outside = traces.outside(outside, {one.id: one.inbox for one in sellers.profiles})
    jobs = metered(performers(outside, storage=storage, alarm=alarm, clock=clock), meters)
    relay = Relay(
        outbox=storage.outbox,
        streams=storage.streams,
        jobs=traces.jobs(jobs) if traces is not None else jobs,
        alarm=alarm,
        clock=clock,
    )
    stack.push_async_callback(relay.stop)
    await relay.start()
    return relay


def _alarm(stack: AsyncExitStack, settings: Settings, outside: Outside) -> Alarm:
    alarm = Alarm(chat=outside.chat, operators=settings.operators, clock=SystemClock())
    stack.push_async_callback(alarm.close)
    return alarm


async def _start_housekeeping(
    stack: AsyncExitStack, settings: Settings, storage: SqlStorage, outside: Outside, *, alarm: Alarm
) -> None:
    housekeeping = Housekeeping(
        cases=storage.cases,
        archive=storage.archive,
        blobs=outside.blobs,
        clock=SystemClock(),
        sound=alarm.sound,
        kept=timedelta(days=settings.retention),
        record_for=timedelta(days=settings.records),
    )
    await closed_at_end(stack, [housekeeping])
    housekeeping.start()


async def _start_listening(
    stack: AsyncExitStack, inboxes: Mapping[str, SellerInbox], hearing: Hearing
) -> None:
    listening = Listening(inboxes=inboxes, ears=hearing.of)
    await closed_at_end(stack, [listening])
    listening.start()


def _sellers_chats(sellers: Sellers) -> dict[int, Counter]:
    """Find the chats in which sellers read: what is said there is no customer's."""
    return {
        int(str(one.settings["chat"])): Counter(seller=one.id, locale=one.locale)
        for one in sellers.profiles
        if one.inbox == "telegram_chat" and "chat" in one.settings
    }


def _desk(
    settings: Settings,
    storage: SqlStorage,
    sellers: Sellers,
    *,
    catalogue: Catalogue,
    blobs: BlobStore,
    files: Attachments,
) -> Desk:
    """Put together what the sellers' pages work with."""
    clock = SystemClock()

    def actions(seller: str) -> CaseActions:
        return CaseActions(streams=storage.streams, clock=clock, source=f"seller:{seller}")

    return Desk(
        cases=storage.seller_cases,
        agents=storage.agents,
        blobs=blobs,
        actions=actions,
        attachments=files,
        catalogue=catalogue,
        names={profile.id: profile.name for profile in sellers.profiles},
        now=clock.now,
        public=settings.public_url,
        zones={one.id: one.promptness.zone for one in sellers.profiles if one.promptness is not None},
    )


def copy_links(settings: Settings) -> CopyLinks:
    """Make and check addresses of sellers' copies; the secret is the bot's own, so replicas agree."""
    return CopyLinks(base=settings.public_url, secret=settings.webhook_secret)


def _site(storage: SqlStorage, settings: Settings, entrance: Entrance | None) -> web.Application:
    """The health page, and the webhook where one is used."""
    site = web.Application()
    site.add_routes(health_routes({"database": storage.check}))
    site.add_routes(
        copy_routes(blobs=open_blobs(settings.blobs), links=copy_links(settings), now=SystemClock().now)
    )
    if entrance is not None:
        site.add_routes(Webhook(entrance.intake, secret=settings.webhook_secret).routes(HOOK))
    return site


async def _serve_http(stack: AsyncExitStack, settings: Settings, site: web.Application) -> str:
    """Serve it; answers the address."""
    port = await listen(
        stack, site, settings.host, settings.port, named=f"CLEARSHOT_LISTEN: {settings.listen}"
    )
    return f"http://{settings.host}:{port}"


async def serve(settings: Settings) -> None:
    """Run the bot until it is told to stop."""
    configure_logs(settings)
    keep_heap_dense()
    async with running(settings) as application:
        way = "webhook" if settings.public_url else "polling"
        logger.info("@%s runs by %s; health at %s/health", application.username, way, application.address)
        rest_garbage()
        await until_told_to_stop()
        logger.info("stopping")
