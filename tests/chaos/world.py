"""A world for one campaign: a local Telegram, a balancer, replicas on one database, links for customers; all of it ends."""

import asyncio
import contextlib
import json
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select
from sqlalchemy.engine import make_url

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from flows.values import Item, Order
from storage.open import open_storage
from storage.ports import OrderRecord
from storage.sql.group import OUTBOX
from tests import postgres
from tests.chaos.balancer import Balancer
from tests.chaos.crowd import FLOW, Talk
from tests.chaos.pack import Pack, Replica

SELLERS = """\
sellers:
  acme: {name: "Acme Outdoor", locale: en}
support: {name: "Support"}
"""
RETRY_UNIT = 0.05
"""Seconds that stand for Telegram's second between attempts at a webhook."""


@dataclass(kw_only=True)
class World:
    """What a campaign works with."""

    folder: Path
    sandbox: Sandbox
    client: SandboxClient
    balancer: Balancer
    pack: Pack
    links: list[str]
    database: str
    server: postgres.PostgresServer | None = None

    @property
    def log(self) -> str:
        """What the bots logged."""
        return self.pack.log

    def owed(self, *, dead: bool = False) -> list[str]:
        """What waits to be carried out (timers apart), or was given up."""
        url = make_url(self.database)
        driver = url if url.drivername.startswith("sqlite") else url.set(drivername="postgresql+psycopg")
        engine = create_engine(driver)
        query = select(OUTBOX.c.id, OUTBOX.c.error).where(OUTBOX.c.lane != "", OUTBOX.c.dead == dead)
        try:
            with engine.connect() as connection:
                return [f"{row.id} {row.error}" for row in connection.execute(query)]
        finally:
            engine.dispose()

    async def until_quiet(self, *, within: float = 90.0) -> list[str]:
        """Wait until nothing is owed to anybody; what still is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while await asyncio.to_thread(self.owed):  # noqa: ASYNC110 - another process writes
                    await asyncio.sleep(0.1)
        return await asyncio.to_thread(self.owed)


@contextlib.contextmanager
def _database(
    folder: Path, *, engine: str, machine: Mapping[str, str]
) -> Iterator[tuple[str, postgres.PostgresServer | None]]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'c.db'}", None
        return
    with _in_environment(machine), postgres.running() as server:
        yield server.database(), server


@contextlib.contextmanager
def _in_environment(more: Mapping[str, str]) -> Iterator[None]:
    """Let processes that are started in the block have more in their environment."""
    os.environ.update(more)
    try:
        yield
    finally:
        for name in more:
            del os.environ[name]


async def _prepare(database: str, conversations: int) -> list[str]:
    """Bring the schema up, and make an order with its link for each customer."""
    now = datetime.now(UTC)
    store = open_storage(database, owner="crowd", now=lambda: datetime.now(UTC), exclusive=False)
    numbers = [f"S-{number}" for number in range(1, conversations + 1)]
    try:
        await store.upgrade()
        await store.orders.save([_order(number) for number in numbers])
        later = now + timedelta(days=1)
        return [await store.orders.mint(one, seller="acme", at=now, expires=later) for one in numbers]
    finally:
        await store.close()


def _order(number: str) -> OrderRecord:
    order = Order(number=number, seller="acme", items=(Item(title=f"Mug {number}"),), customer_name="Anna")
    return OrderRecord(order=order)


@asynccontextmanager
async def world(
    *,
    engine: str,
    conversations: int,
    replicas: int = 1,
    repeats: float = 0.0,
    jitter: float = 0.0,
    seed: int = 1,
    sellers: str = SELLERS,
    patience: float = 30.0,
    extra: dict[str, str] | None = None,
    machine: Mapping[str, str] | None = None,
    telegrams_clock: Callable[[], float] = time.time,
    nursery: str = "tests.chaos.nursery",
) -> AsyncIterator[World]:
    """Make a world; its bots are well when the block begins. `machine`: what the database's server has in its environment."""
    async with contextlib.AsyncExitStack() as stack:
        name = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="clearshot-chaos-", ignore_cleanup_errors=True)
        )
        folder = Path(name)
        (folder / "flows").mkdir()
        (folder / "flows" / "storm.yaml").write_text(FLOW, encoding="utf-8")
        database, server = stack.enter_context(_database(folder, engine=engine, machine=machine or {}))
        sandbox = await stack.enter_async_context(Sandbox(retry_unit=RETRY_UNIT, now=telegrams_clock))
        client = await stack.enter_async_context(SandboxClient(sandbox.address))
        links = await _prepare(database, conversations)
        bots = [Replica() for _ in range(replicas)]
        ports = [bot.port for bot in bots]
        balancer = await stack.enter_async_context(
            Balancer(ports, repeats=repeats, jitter=jitter, seed=seed, patience=patience)
        )
        settings = {
            "CLEARSHOT_FLOWS": str(folder / "flows"),
            "CLEARSHOT_LOG_LEVEL": "warning",
            "CLEARSHOT_PUBLIC_URL": balancer.address,
            **(extra or {}),
        }
        pack = Pack(
            folder=folder, sandbox=sandbox, database=database, webhook=False,
            sellers=sellers, extra=settings, replicas=bots,
            nursery=nursery,
        )  # fmt: skip
        stack.push_async_callback(pack.stop)
        await pack.start()
        for bot in bots:
            await pack.until_well(bot)
        yield World(
            folder=folder, sandbox=sandbox, client=client, balancer=balancer, pack=pack,
            links=links, database=database, server=server,
        )  # fmt: skip


@dataclass(kw_only=True)
class Tally:
    """What the sellers hold beside what the customers sent."""

    lost: int = 0
    doubled: int = 0
    order_faults: int = 0
    wrong: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)  # customers who gave up: theirs cannot be compared


def compare(talks: Sequence[Talk], inbox: Path) -> Tally:
    """Compare, case by case, the multisets of picture hashes; count bundles; look whether words came in order."""
    tally = Tally()
    held: dict[str, list[Any]] = defaultdict(list)
    for path in inbox.glob("*/*/manifest.json"):
        manifest = json.loads(path.read_bytes())
        absent = [one["file"] for one in manifest["photos"] if not (path.parent / one["file"]).is_file()]
        tally.lost += len(absent)
        tally.wrong += [f"{path.parent.name}: half a bundle, without {absent}"] if absent else []
        held[_first_word(manifest["message"])].append(manifest)
    for talk in talks:
        mine = held.pop(talk.answers[0], [])
        _compare_one(talk, mine, tally)
    tally.doubled += sum(len(rest) for rest in held.values())
    tally.wrong += [f"a bundle of nobody: {word}" for word in held]
    return tally


def _compare_one(talk: Talk, bundles: list[Any], tally: Tally) -> None:
    photos = [one for bundle in bundles for one in bundle["photos"]]
    hashes = Counter(one["original_sha256"] for one in photos)
    sent = Counter(talk.sent)
    if not bundles and not talk.done:
        tally.unfinished.append(f"talk {talk.number}: {talk.why_not}")
        return
    lost = sum((sent - hashes).values()) + (not bundles)
    doubled = sum((hashes - sent).values()) + max(0, len(bundles) - 1)
    tally.lost += lost
    tally.doubled += doubled
    if lost or doubled:
        tally.wrong.append(f"talk {talk.number}: lost {lost}, doubled {doubled}; {talk.why_not}")
        return
    in_order = [one["original_sha256"] for one in photos] == talk.sent
    spoken = f"Words: {' '.join(talk.answers)}." == bundles[0]["message"].strip()
    if not (in_order and spoken):
        tally.order_faults += 1
        tally.wrong.append(f"talk {talk.number}: out of order")


def _first_word(message: str) -> str:
    return message.partition("Words: ")[2].partition(" ")[0]
