"""Checks everything that the bot needs, and says what it saw; leaves nothing but test messages that say so. A part of the composition."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiohttp

from bot.app.clock import SystemClock
from bot.bootstrap import (
    Faulty,
    load_flows,
    make_inboxes,
    make_order_sources,
    open_store,
    read_orders,
    read_profiles,
)
from bot.flow_files import read_flow_files
from bot.photos.pool import PhotoPool, can_read_print
from bot.ports import (
    TRIAL_CASE,
    AnswersTrials,
    OrderSource,
    PermanentFailure,
    PhotoJudge,
    SellerInbox,
    SellerProfile,
    TakesTrials,
    TransientFailure,
)
from bot.sellers import Sellers, WrongSellers
from bot.settings import Settings, WrongSettings
from bot.telegram.client import TelegramBot
from bot.trials import trial_parcel
from flows.definition import Flow
from storage.blobs import open_blobs
from storage.ports import StorageFailure

TRIAL_DRAWING = "product_whole"
HOOK_TAKES = 15.0  # seconds
MOST_LINES = 20
OK = 200
UNBOUND = "warning: the role {} passes row level security, sellers have one wall less: give the bot a plain role that owns its database"
NO_ORDER = "clearshot-doctor"
TRIAL = b"a trial of clearshot doctor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    well: bool
    said: str


async def diagnose(settings: Settings, *, trials: bool = True) -> Sequence[Finding]:
    """Look at everything, also when something is wrong already; with `trials` inboxes get a test bundle."""
    findings = [
        await _found("telegram", lambda: bot_name(settings)),
        await _found("database", lambda: _database(settings)),
        await _found("photos", lambda: _blobs(settings)),
        await _found("traces", lambda: _traces(settings)),
    ]
    try:
        sellers = read_profiles(settings)
    except WrongSellers as fault:
        return [*findings, *(Finding(what="sellers", well=False, said=str(one)) for one in fault.faults)]
    findings.append(Finding(what="sellers", well=True, said=", ".join(one.id for one in sellers.known)))
    findings += [*await _flows(settings, sellers), *await _orders_file(settings)]
    return [*findings, *await try_inboxes(settings, sellers, trials=trials)]


async def _found(what: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(what=what, well=True, said=await look())
    except WrongSettings as fault:
        return Finding(what=what, well=False, said="; ".join(fault.lines))
    except (TransientFailure, PermanentFailure, StorageFailure, OSError) as failure:
        return Finding(what=what, well=False, said=str(failure) or type(failure).__name__)


async def bot_name(settings: Settings) -> str:
    """Ask Telegram for the bot's user name."""
    bot = TelegramBot(settings.token, api=settings.telegram_api)
    await bot.open()
    try:
        return await bot.identify()
    finally:
        await bot.close_connections()


async def _database(settings: Settings) -> str:
    async with open_store(settings) as store:
        dead = await store.outbox.dead(limit=1000)
        letters = f", {len(dead)} dead letters: clearshot outbox list" if dead else ""
        unbound = f"; {UNBOUND.format(role)}" if (role := await store.unbound()) else ""
        return (
            f"{await store.check()} answers, {await store.outbox.pending()} effects waiting{letters}{unbound}"
        )


async def _blobs(settings: Settings) -> str:
    blobs = open_blobs(settings.blobs)
    try:
        key = await blobs.put(TRIAL_CASE, TRIAL)
    except StorageFailure as failure:
        raise StorageFailure(f"{settings.blobs}: {failure}") from None
    if await blobs.get(key) != TRIAL:
        raise StorageFailure(f"{settings.blobs} gives back other bytes than it was given")
    await blobs.delete_case(TRIAL_CASE)
    return f"{settings.blobs} is writable"


async def _traces(settings: Settings) -> str:
    if settings.traces == "none":
        return "not asked for"
    from bot.otlp import collector, takes_spans  # noqa: PLC0415 - an extra

    if not await asyncio.to_thread(takes_spans):
        raise TransientFailure(f"{collector()} does not take them")
    return f"{collector()} takes them"


async def _flows(settings: Settings, sellers: Sellers) -> list[Finding]:
    try:
        catalogue, _ = load_flows(settings, sellers)
        sources = make_order_sources(settings)
    except Faulty as fault:
        return [Finding(what="flows and orders", well=False, said=line) for line in fault.lines]
    issues = ", ".join(flow.flow for flow in catalogue.issues())
    unread = sorted(
        flow.flow for flow in catalogue.flows.values() if wants_print(flow) and not can_read_print()
    )
    print_said = (
        f"not read, though {', '.join(unread)} asks for it: install the extra ocr"
        if unread
        else "read where asked for"
    )
    return [
        Finding(what="flows", well=True, said=issues),
        Finding(what="print", well=True, said=print_said),
        Finding(what="orders", well=True, said=f"{len(sources)} sources beside the imported ones"),
        *[await _asked(source, place) for place, source in enumerate(sources, 1)],
    ]


async def _asked(source: OrderSource, place: int) -> Finding:
    """Ask a shop for an order that nobody has."""

    async def look() -> str:
        await source.find(number=NO_ORDER, fact=NO_ORDER)
        return "takes the query"

    try:
        return await _found(f"orders, source {place}", look)
    finally:
        await source.aclose()


async def _orders_file(settings: Settings) -> list[Finding]:
    """Read the CSV file that a start would load; its lines that cannot be used are told, the first of many."""
    file = settings.orders
    if file is None or file.suffix.lower() != ".csv":
        return []
    try:
        found = await read_orders(settings, file)
    except OSError as fault:
        return [Finding(what="orders", well=False, said=f"{file}: {fault.strerror}")]
    strangers = (f"warning: {line}" for line in found.strangers[:MOST_LINES])
    return [
        Finding(what="orders", well=True, said=f"{len(found.orders)} orders in {file}"),
        *(Finding(what="orders", well=False, said=line) for line in found.faults[:MOST_LINES]),
        *(Finding(what="orders", well=True, said=line) for line in strangers),
    ]


def wants_print(flow: Flow) -> bool:
    """Whether any shot of a flow is to be read."""
    shots = [shot for step in flow.steps.values() for shot in step.shots or ()]
    layers = [
        flow.quality,
        *(step.quality for step in flow.steps.values()),
        *(shot.quality for shot in shots),
    ]
    return any(rules.readable == "text" for rules in layers)


async def try_inboxes(
    settings: Settings, sellers: Sellers, *, trials: bool = True, only: str = ""
) -> list[Finding]:
    """Try every seller's inbox, or that of `only` one."""
    try:
        inboxes = make_inboxes(settings, sellers)
    except Faulty as fault:
        return [Finding(what="inbox", well=False, said=line) for line in fault.lines]
    judge, drawing = PhotoPool(workers=1), read_flow_files().drawing(TRIAL_DRAWING) or b""
    findings: list[Finding] = []
    try:
        for profile in sellers.profiles:
            if only in {"", profile.id}:
                inbox = inboxes[profile.id]
                findings.append(await _tried(profile, inbox, drawing if trials else b"", judge=judge))
                findings += await _way_back(settings, profile.id, inbox)
    finally:
        await judge.aclose()
        for inbox in inboxes.values():
            await inbox.aclose()
    return findings


async def _tried(profile: SellerProfile, inbox: SellerInbox, drawing: bytes, *, judge: PhotoJudge) -> Finding:
    async def look() -> str:
        if not drawing or not isinstance(inbox, TakesTrials):
            return await inbox.check()
        return await inbox.attempt(await trial_parcel(profile, drawing, judge=judge))

    return await _found(f"inbox of {profile.id}", look)


async def _way_back(settings: Settings, seller: str, inbox: SellerInbox) -> list[Finding]:
    """Call our own hook as the seller's system would; a bot that does not run yet is no fault."""
    call = inbox.trial_call(now=SystemClock().now()) if isinstance(inbox, AnswersTrials) else None
    if call is None:
        return []
    what = f"answers of {seller}"
    if not settings.public_url:
        return [Finding(what=what, well=True, said="not tried: CLEARSHOT_PUBLIC_URL is not set")]
    address = f"{settings.public_url.rstrip('/')}/hooks/{seller}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=HOOK_TAKES)) as session,
            session.post(address, data=call.body, headers=call.headers, params=call.query) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, OSError, TimeoutError):
        return [Finding(what=what, well=True, said=f"not tried: nothing answers at {address} yet")]
    well = status == OK
    said = f"a signed test call to {address} {'is taken' if well else f'is answered with {status}'}"
    return [Finding(what=what, well=well, said=said)]
