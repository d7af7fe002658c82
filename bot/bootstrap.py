"""THE COMPOSITION ROOT: the only module that imports adapters; it builds, passes on, and closes in order."""

import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.app.clock import SystemClock
from bot.app.erasing import Eraser
from bot.flow_files import FlowFiles, read_flow_files
from bot.inboxes.chatwoot.adapter import ChatwootInbox
from bot.inboxes.chatwoot.settings import ChatwootSettings
from bot.inboxes.django_helpdesk.adapter import DjangoHelpdeskInbox
from bot.inboxes.django_helpdesk.settings import DjangoHelpdeskSettings
from bot.inboxes.email.adapter import EmailInbox
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.folder.adapter import FolderInbox
from bot.inboxes.folder.settings import FolderSettings
from bot.inboxes.marketplace.adapter import MOST_BYTES as MARKETPLACE_BYTES
from bot.inboxes.marketplace.adapter import MarketplaceInbox
from bot.inboxes.marketplace.settings import MarketplaceSettings
from bot.inboxes.telegram_chat.adapter import TelegramChatInbox
from bot.inboxes.telegram_chat.settings import TelegramChatSettings
from bot.inboxes.webhook.adapter import WebhookInbox
from bot.inboxes.webhook.settings import WebhookSettings
from bot.inboxes.zammad.adapter import ZammadInbox
from bot.inboxes.zammad.settings import ZammadSettings
from bot.inboxes.zendesk.adapter import ZendeskInbox
from bot.inboxes.zendesk.settings import ZendeskSettings
from bot.orders.csv_file.adapter import read_file
from bot.orders.csv_file.wire import ImportedOrder
from bot.orders.shop_database.adapter import ShopDatabase
from bot.orders.shop_database.settings import ShopDatabaseSettings
from bot.ports import OrderSource, Preparation, SellerInbox, SellerProfile
from bot.sellers import Sellers, WrongSellers, parse_sellers, read_sellers
from bot.sellers_schema import sellers_schema
from bot.settings import DATA, Settings
from bot.text_files import read_text
from flows.catalogue import Catalogue
from flows.conversation import Conversation
from flows.yaml_source import Fault, SourceFault, parse
from storage.blobs import open_blobs
from storage.open import open_storage
from storage.ports import CaseRecord, OrderRecord, StorageFailure
from storage.seller_ports import Role
from storage.sql.store import SqlStorage

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """An adapter and the block of configuration that it is made of."""

    settings: type[BaseModel]
    make: Callable[[Any], Any]
    bundle_bytes: int = 0  # the most that an inbox takes of a bundle's files together, 0 = no limit


INBOXES: dict[str, Kind] = {
    "folder": Kind(FolderSettings, FolderInbox),
    "email": Kind(EmailSettings, EmailInbox),
    "webhook": Kind(WebhookSettings, WebhookInbox),
    "marketplace": Kind(MarketplaceSettings, MarketplaceInbox, MARKETPLACE_BYTES),
    "telegram_chat": Kind(TelegramChatSettings, TelegramChatInbox),
    "chatwoot": Kind(ChatwootSettings, ChatwootInbox),
    "django_helpdesk": Kind(DjangoHelpdeskSettings, DjangoHelpdeskInbox),
    "zammad": Kind(ZammadSettings, ZammadInbox),
    "zendesk": Kind(ZendeskSettings, ZendeskInbox),
}
ORDER_SOURCES: dict[str, Kind] = {
    "shop_database": Kind(ShopDatabaseSettings, ShopDatabase),
}


INVITATION_LASTS = timedelta(days=1)


class Faulty(Exception):
    """Something an operator wrote cannot be used: a line for each fault."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


# -- what is configured ---------------------------------------------------------------------------------------


def read_profiles(settings: Settings) -> Sellers:
    """Read who gets bundles; raises WrongSellers."""
    return read_sellers(settings.sellers, inboxes=INBOXES)


def make_inboxes(settings: Settings, sellers: Sellers) -> dict[str, SellerInbox]:
    """Make the inbox of every seller; raises Faulty with every wrong block."""
    blocks = inbox_blocks(settings, sellers)
    return {profile.id: INBOXES[profile.inbox].make(blocks[profile.id]) for profile in sellers.profiles}


def inbox_blocks(settings: Settings, sellers: Sellers) -> dict[str, BaseModel]:
    """Check the settings of every seller's inbox; raises Faulty with a file:line:column line for each fault."""
    blocks: dict[str, BaseModel] = {}
    faults: list[Fault] = []
    for profile in sellers.profiles:
        model = INBOXES[profile.inbox].settings
        if profile.inbox == "telegram_chat" and not (settings.telegram_token or "token" in profile.settings):
            words = f"{profile.id}: speaks as the bot itself: set CLEARSHOT_TELEGRAM_TOKEN"
            faults.append(Fault(sellers.mark(profile.id, "inbox"), words))
            continue
        try:
            blocks[profile.id] = model.model_validate(_block(settings, profile))
        except ValidationError as refusal:
            faults += sellers.faults_of_block(profile.id, refusal, model)
            continue
        if profile.inbox == "webhook" and not settings.public_url:
            words = f"{profile.id}: photos go to it as links: set CLEARSHOT_PUBLIC_URL"
            faults.append(Fault(sellers.mark(profile.id, "inbox"), words))
    faults += _shared_chats(sellers)
    if faults:
        raise Faulty(*(str(fault) for fault in sorted(faults)))
    return blocks


def _shared_chats(sellers: Sellers) -> list[Fault]:
    """A Telegram chat is one seller's: what is said there would be taken for another's."""
    chats: dict[str, str] = {}
    faults = []
    for profile in sellers.profiles:
        chat = str(profile.settings.get("chat", "")) if profile.inbox == "telegram_chat" else ""
        if chat and chats.setdefault(chat, profile.id) != profile.id:
            mark = sellers.mark(profile.id, "settings", "chat")
            faults.append(Fault(mark, f"{profile.id}: this chat is {chats[chat]}'s already"))
    return faults


def sellers_faults(settings: Settings, name: str, text: str) -> tuple[str, ...]:
    """Check a sellers file with the inboxes and flows that it speaks of: a line for each fault."""
    try:
        sellers = parse_sellers(name, text, inboxes=INBOXES)
    except WrongSellers as refusal:
        return tuple(str(fault) for fault in refusal.faults)
    lines: list[str] = []
    for check in (inbox_blocks, load_flows):
        try:
            check(settings, sellers)
        except Faulty as refusal:
            lines += refusal.lines
    return tuple(lines)


def schema_of_sellers(settings: Settings) -> dict[str, Any]:
    """Describe the sellers file as JSON Schema, with the inboxes and the operator's own flows."""
    catalogue, _ = load_flows(settings, read_sellers(None, inboxes=INBOXES))
    return sellers_schema({name: kind.settings for name, kind in INBOXES.items()}, catalogue)


def preparations(sellers: Sellers) -> dict[str, Preparation]:
    """How each seller gets pictures: as they wish, and never more than their inbox takes."""
    return {one.id: _within(one.preparation, _most_bytes(one)) for one in sellers.profiles}


def _most_bytes(profile: SellerProfile) -> int:
    """What an inbox takes of a bundle at most, and less where its settings say so."""
    most, own = INBOXES[profile.inbox].bundle_bytes, profile.settings.get("most_bytes")
    return min(most, own) if isinstance(own, int) else most


def _within(how: Preparation, most: int) -> Preparation:
    return replace(how, bundle_bytes=min(most, how.bundle_bytes or most)) if most else how


def _block(settings: Settings, profile: SellerProfile) -> Mapping[str, object]:
    """A folder inbox without a path of its own lies beside the photos; a chat is spoken to as the bot itself."""
    if profile.inbox == "telegram_chat" and settings.telegram_token is not None:
        return {"token": settings.token, "api": settings.telegram_api, **profile.settings}
    if profile.inbox == "folder" and "path" not in profile.settings:
        return {"path": inbox_folder(settings) / profile.id, **profile.settings}
    return profile.settings


def inbox_folder(settings: Settings) -> Path:
    """The folder of those folder inboxes that have no other."""
    return (DATA if "://" in settings.blobs else Path(settings.blobs).parent) / "inbox"


def _said(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    wording = {"missing": "is missing", "extra_forbidden": "is no setting of this inbox"}
    return f"{name} {wording.get(error['type'], error['msg'].removeprefix('Value error, '))}".strip()


def make_order_sources(settings: Settings) -> list[OrderSource]:
    """Make the sources that the orders file names; a CSV file is imported instead (see `open_store`)."""
    file = settings.orders
    if file is None or file.suffix.lower() == ".csv":
        return []
    try:
        root = parse(str(file), read_text(file))
    except SourceFault as refusal:
        raise Faulty(str(refusal.fault)) from None
    entries = root.get("sources")
    if not isinstance(entries, list) or set(root) != {"sources"}:
        raise Faulty(str(Fault(root.mark, "an orders file has one key, `sources`, a list")))
    return [_order_source(entry, mark) for entry, mark in zip(entries, entries.marks, strict=True)]  # type: ignore[attr-defined]


def _order_source(written: Any, mark: Any) -> OrderSource:
    entry = dict(written) if isinstance(written, dict) else {}
    kind = ORDER_SOURCES.get(str(entry.pop("kind", "")))
    if kind is None:
        raise Faulty(str(Fault(mark, f"`kind` is one of: {', '.join(ORDER_SOURCES)}")))
    try:
        source: OrderSource = kind.make(kind.settings.model_validate(entry))
    except ValidationError as refusal:
        raise Faulty(*(str(Fault(mark, _said(error))) for error in refusal.errors())) from None
    return source


def load_flows(settings: Settings, sellers: Sellers) -> tuple[Catalogue, FlowFiles]:
    """Load the flows that run; raises Faulty with a file:line:column line for each fault."""
    found = read_flow_files([settings.flows] if settings.flows else [])
    loaded = found.load(sellers=sellers.known, wishes=sellers.wishes)
    if loaded.catalogue is None:
        raise Faulty(*(str(fault) for fault in loaded.faults))
    return replace(loaded.catalogue, kept_days=settings.retention), found


# -- the store ------------------------------------------------------------------------------------------------


def make_store(settings: Settings, *, guest: bool) -> SqlStorage:
    """Make the store; a guest works beside a running bot."""
    sqlite = settings.database.partition("sqlite:///")[2]
    try:
        if sqlite:
            Path(sqlite).parent.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise StorageFailure(f"{Path(sqlite).parent}: {failure.strerror}") from None
    owner = f"{'guest' if guest else 'bot'}-{secrets.token_hex(8)}"
    return open_storage(settings.database, owner=owner, now=SystemClock().now, exclusive=not guest)


async def ready_store(store: SqlStorage, settings: Settings, catalogue: Catalogue) -> Catalogue:
    """Bring a file's schema up to date, and keep what revisions there are; PostgreSQL waits for `db upgrade`."""
    if settings.database.startswith("sqlite"):
        await store.upgrade()
    catalogue = catalogue.with_revisions(await store.revisions.all())
    await store.revisions.save(catalogue.revisions())
    return catalogue


def _no_step(*_arguments: object) -> Any:
    raise StorageFailure("a guest works no chats")


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[SqlStorage]:
    """Open the store as a guest: reads and writes lists, and leaves chats to the running bot."""
    store = make_store(settings, guest=True)
    try:
        if settings.database.startswith("sqlite"):
            await store.upgrade()
        await store.open(_no_step)
        yield store
    finally:
        await store.close()


async def upgrade(settings: Settings) -> str:
    """Bring the schema to this version; says which kind of database it is."""
    store = make_store(settings, guest=True)
    try:
        await store.upgrade()
        return await store.check()
    finally:
        await store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersFile:
    """What a CSV file holds: orders, the lines that cannot be used, and orders of sellers whom nobody knows."""

    orders: Sequence[ImportedOrder]
    faults: Sequence[str]
    strangers: Sequence[str]


async def read_orders(settings: Settings, file: Path) -> OrdersFile:
    """Read a CSV file of orders, and hold it against the sellers file."""
    orders, faults = await read_file(file)
    sellers = Counter(one.order.seller for one in orders)
    known = [one.id for one in read_profiles(settings).known] if settings.sellers else list(sellers)
    return OrdersFile(
        orders=orders,
        faults=[f"{file}:{fault.line}: {fault.message}" for fault in faults],
        strangers=[
            f"{file}: {count} orders are of {seller[:60]!r}, who is not in {settings.sellers}: "
            f"their cases go to support (sellers are named by their ids: {', '.join(known[:20])})"
            for seller, count in sellers.items()
            if seller not in known
        ],
    )


async def import_orders(store: SqlStorage, found: OrdersFile) -> int:
    """Keep the orders of a file; answers how many."""
    now = SystemClock().now()
    return await store.orders.save(
        [OrderRecord(order=one.order, facts=one.facts, updated=now) for one in found.orders]
    )


async def invite(settings: Settings, seller: str, name: str, *, role: Role, locale: str) -> str:
    """Let somebody into a seller's web inbox: answers the path of their one-time link; raises Faulty."""
    profile = next((one for one in read_profiles(settings).profiles if one.id == seller), None)
    if profile is None:
        raise Faulty(f"there is no seller {seller}; `clearshot sellers list` names them")
    now = SystemClock().now()
    async with open_store(settings) as store:
        people = await store.agents.of_seller(seller)
        known = next((one for one in people if one.name == name and not one.disabled), None)
        agent = known or await store.agents.invite(
            seller, name=name, role=role, locale=locale or profile.locale, at=now
        )
        token = await store.agents.link(agent.id, at=now, expires=now + INVITATION_LASTS)
    return f"/inbox/enter/{token}"


async def forget_chat(settings: Settings, chat: int) -> Sequence[Conversation]:
    """Delete everything of a chat, photos included; answers its cases as they were."""
    async with open_store(settings) as store:
        erase = Eraser(
            cases=store.cases,
            blobs=open_blobs(settings.blobs),
            clock=SystemClock(),
            record_for=timedelta(days=settings.records),
        )
        return await erase(chat)


async def kept_records(settings: Settings, seller: str) -> Sequence[CaseRecord]:
    """List what is kept for a seller of cases whose customers were forgotten."""
    async with open_store(settings) as store:
        return await store.cases.records(seller)


# -- closing --------------------------------------------------------------------------------------------------


async def closed_at_end(stack: AsyncExitStack, things: Sequence[Any]) -> None:
    """Let adapters be closed when the stack ends."""
    for thing in things:
        stack.push_async_callback(thing.aclose)
