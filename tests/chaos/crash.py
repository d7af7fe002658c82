"""Crash: SIGKILL before and after every commit, call and file of a recorded journey; then the right bundle, once."""

import argparse
import asyncio
import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select

from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from storage.sql.group import OUTBOX
from tests.chaos import storm
from tests.chaos.doomed import KINDS, SIDES
from tests.chaos.journey import LABELS, ORDER, Journey
from tests.chaos.kept_bot import KeptBot
from tests.journeys.customer import Customer
from tests.journeys.running_bot import RunningBot

RETRY_UNIT = 0.05
"""Seconds that stand for Telegram's second between attempts at a webhook."""
SMALL = 29
"""Every so many moments of a kind are the short form: odd, so that both sides are met."""
QUIET = 60.0
"""Seconds in which everything that was begun must be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A database with orders in it, and the link that lets a customer in: copied for each run."""

    database: Path
    link: str


@dataclass(slots=True, kw_only=True)
class Ended:
    """How one journey ended."""

    doom: str
    deaths: int
    points: list[str]
    lost: int = 0
    doubled: int = 0
    order_faults: int = 0
    messages: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether nothing was lost, doubled or out of order, and nothing else went wrong."""
        return not (self.lost or self.doubled or self.order_faults or self.faults)


async def prepare(folder: Path) -> Prepared:
    """Make the database that every run starts from."""
    async with Sandbox() as sandbox:
        bot = RunningBot(
            folder=folder, sandbox=sandbox, database=f"sqlite:///{folder / 'c.db'}", webhook=True
        )
        await bot.command("orders", "import", str(SAMPLE))
        link = (await bot.command("orders", "link", ORDER)).strip().rsplit("start=", 1)[1]
    return Prepared(database=folder / "c.db", link=link)


@asynccontextmanager
async def place(prepared: Prepared, *, doom: str) -> AsyncIterator[tuple[KeptBot, SandboxClient]]:
    """Make a world of its own for one run."""
    with tempfile.TemporaryDirectory(prefix="clearshot-chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        shutil.copy(prepared.database, folder / "c.db")
        async with Sandbox(retry_unit=RETRY_UNIT) as sandbox, SandboxClient(sandbox.address) as client:
            bot = KeptBot(
                folder=folder,
                sandbox=sandbox,
                database=f"sqlite:///{folder / 'c.db'}",
                webhook=True,
                doom=doom,
            )
            await bot.start()
            try:
                yield bot, client
            finally:
                await bot.stop()


async def run(prepared: Prepared, *, doom: str = "", seed: int = 100) -> Ended:
    """Walk one journey, the bot killed at `doom`; say how it ended."""
    async with place(prepared, doom=doom) as (bot, client):
        customer = await Customer.arrive(client)
        faults: list[str] = []
        try:
            await Journey(seed).walk(customer, prepared.link)
            await done(bot)
        except TimeoutError as late:
            faults.append(str(late))
        sent = await sent_hashes(client, customer)
        messages = [message for message in await client.messages(customer.chat) if not of_customer(message)]
        await bot.stop()
        if "Traceback" in bot.log:
            faults.append("a traceback in the log")
        ended = Ended(doom=doom, deaths=bot.deaths, points=bot.points.read_text().splitlines(), faults=faults)
        ended.messages = len(messages)
        judge(ended, sent, list((bot.inbox / "acme").glob("*/manifest.json")))
    return ended


async def done(bot: KeptBot) -> None:
    """Wait until nothing is owed to anybody any more; timers, which have no lane, may stand."""
    engine = create_engine(bot.database)
    owed = select(OUTBOX.c.error).where(OUTBOX.c.lane != "")

    def rows(*, dead: bool) -> list[str]:
        with engine.connect() as connection:
            return list(connection.execute(owed.where(OUTBOX.c.dead == dead)).scalars())

    try:
        async with asyncio.timeout(QUIET):
            while rows(dead=False):  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise TimeoutError(f"still owed: {rows(dead=False)}") from None
    finally:
        letters = rows(dead=True)
        engine.dispose()
    if letters:
        raise TimeoutError(f"dead letters: {letters}")


def of_customer(message: dict[str, Any]) -> bool:
    """Whether the customer wrote it."""
    return not (message.get("from") or {}).get("is_bot")


async def sent_hashes(client: SandboxClient, customer: Customer) -> list[str]:
    """Hash every photo that the customer sent, as the bot can download it, in order."""
    photos = [m["photo"][-1] for m in await client.messages(customer.chat) if of_customer(m) and "photo" in m]
    return [hashlib.sha256(await client.download(photo["file_id"])).hexdigest() for photo in photos]


def judge(ended: Ended, sent: list[str], manifests: list[Path]) -> None:
    """Compare what the seller holds with what the customer sent; the first photo was refused as blurred."""
    expected = sent[1:]
    held: list[dict[str, str]] = []
    for path in manifests:
        held += json.loads(path.read_bytes())["photos"]
    hashes = Counter(photo["original_sha256"] for photo in held)
    ended.lost += sum((Counter(expected) - hashes).values()) + (0 if manifests else 1)
    ended.doubled += sum((hashes - Counter(expected)).values()) + max(0, len(manifests) - 1)
    if not ended.lost and not ended.doubled and [photo["label"] for photo in held] != list(LABELS):
        ended.order_faults += 1
    if not ended.lost and not ended.doubled and [photo["original_sha256"] for photo in held] != expected:
        ended.order_faults += 1


def dooms(points: list[str], *, every: int = 1) -> list[str]:
    """Name the moments of a recorded journey, before and after each of its points; of each kind every n-th."""
    counts = Counter(line.split()[0] for line in points)
    found: list[str] = []
    for kind in KINDS:
        found += [f"{kind}:{side}:{number}" for number in range(1, counts[kind] + 1) for side in SIDES][
            ::every
        ]
    return found


def told(recorded: Ended, ended: list[Ended]) -> dict[str, Any]:
    """Sum everything up."""
    kinds = Counter(line.split()[0] for line in recorded.points)
    wrong = [one for one in ended if not one.right]
    return {
        "kills": sum(one.deaths for one in ended),
        "conversations": len(ended),
        "points": dict(kinds),
        "not_reached": sorted(one.doom for one in ended if one.deaths == 0),
        "lost": sum(one.lost for one in ended),
        "doubled": sum(one.doubled for one in ended),
        "order_faults": sum(one.order_faults for one in ended),
        "repeated_texts": sum(max(0, one.messages - recorded.messages) for one in ended),
        "other_faults": {one.doom: one.faults for one in wrong if one.faults},
        "wrong_at": [one.doom for one in wrong],
    }


async def crash(*, at_once: int, every: int = 1, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Record one journey, then walk it once for each of its moments (each `every`-th), `at_once` side by side."""
    with tempfile.TemporaryDirectory(prefix="clearshot-chaos-", ignore_cleanup_errors=True) as folder:
        prepared = await prepare(Path(folder))
        recorded = await run(prepared)
        assert recorded.right, recorded
        turns = asyncio.Semaphore(at_once)

        async def one(doom: str) -> Ended:
            async with turns:
                return await run(prepared, doom=doom)

        moments = list(only) or dooms(recorded.points, every=every)
        ended = await asyncio.gather(*(one(doom) for doom in moments))
    return told(recorded, ended)


def main(arguments: list[str]) -> dict[str, Any]:
    """Read the command's own options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos crash", description=__doc__)
    parser.add_argument("--at-once", type=int, default=2, help="journeys side by side")
    parser.add_argument("--small", action="store_true", help=f"every {SMALL}th moment only")
    parser.add_argument("--only", nargs="*", default=[], help="moments, such as call:after:12")
    parser.add_argument(
        "--random", action="store_true", help="at random moments instead: `storm`, with its options"
    )
    if "--random" in arguments:
        return storm.main([one for one in arguments if one != "--random"])
    given = parser.parse_args(arguments)
    return asyncio.run(
        crash(at_once=given.at_once, every=SMALL if given.small else 1, only=tuple(given.only))
    )
