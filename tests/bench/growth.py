"""Growth: what an update costs, and a start takes, beside a thousand and a million kept conversations and their orders.

The rows are copies of one real conversation, put in by the database itself; chats are three to a case. What is timed is
the bot under traffic of its own guests: processor time and memory of its process, with small and large tables by turns.
"""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from flows.values import Item, Order
from storage.codec import encode
from tests.bench.contest import Entrant, Running, clearshot, prepare, started
from tests.bench.spread import against

TIMES = 1.2
ROUNDS = 5
UPDATES = 1000
GUESTS = 192


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is kept."""

    cases: int
    orders: int


LITTLE = Size(cases=1_000, orders=10_000)
MUCH = Size(cases=1_000_000, orders=10_000_000)
MUCH_SMALL = Size(cases=20_000, orders=200_000)

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
FILLING = {
    "conversations": "INSERT INTO conversations ({names}) SELECT {values} FROM n, model_conversations",
    "chats": "INSERT INTO chats ({names}) SELECT {values} FROM n, model_chats",
    "slots": "INSERT INTO slots ({names}) SELECT {values} FROM n, model_slots",
}
KEYS = {
    "conversations": {"id": "printf('Z%09d', i)", "chat": "100000000 + i / 3"},
    "chats": {"id": "100000000 + i"},
    "slots": {"chat": "100000000 + i / 3", "name": "printf('prompt:Z%09d', i)"},
}


def run(*, small: bool = False) -> dict[str, Any]:
    """Measure by turns; `small`: twenty thousand cases for a million."""
    with tempfile.TemporaryDirectory(prefix="clearshot-bench-", ignore_cleanup_errors=True) as name:
        return asyncio.run(_measure(Path(name), MUCH_SMALL if small else MUCH))


async def _measure(folder: Path, much: Size) -> dict[str, Any]:
    model = await _model(folder / "model")
    begun = time.perf_counter()
    entrants = {}
    for name, size in (("little", LITTLE), ("much", much)):
        entrants[name] = replace(clearshot(folder / name), name=name)
        await prepare(entrants[name])
        fill(folder / name / "c.db", model, size)
    filled = time.perf_counter() - begun
    starts = {name: await _start(one) for name, one in entrants.items()}
    parts, weights = await _by_turns(list(entrants.values()))
    told = {name: statistics.median(found) for name, found in parts.items()}
    return {
        "cpu_times": against(told["much"] / told["little"], TIMES),
        "memory_times": against(weights["much"] / weights["little"], TIMES),
        "start_times": against(starts["much"] / starts["little"], TIMES),
        "cpu_ms_per_update": {name: round(value, 2) for name, value in told.items()},
        "memory_mb": weights,
        "start_s": starts,
        "cases": much.cases,
        "orders": much.orders,
        "seconds_to_fill": round(filled),
        "bytes": sizes(folder / "much" / "c.db", much),
    }


async def _model(folder: Path) -> Path:
    """A database in which one guest has come to the first photo."""
    async with started(clearshot(folder), parts=[2], guests=1, at_once=1) as running:
        await running.part()
    return folder / "c.db"


def fill(file: Path, model: Path, size: Size) -> None:
    """Copy the model's rows under other keys, and make orders with one proof each."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for pragma in ("synchronous=OFF", "cache_size=-400000"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("ATTACH ? AS model", (str(model),))
        database.execute("BEGIN")
        for table, statement in FILLING.items():
            database.execute(f"CREATE TEMP TABLE model_{table} AS SELECT * FROM model.{table} LIMIT 1")  # noqa: S608 - our names
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            values = [KEYS[table].get(name, f"model_{table}.{name}") for name in names]
            filled = statement.format(names=", ".join(names), values=", ".join(values))
            count = size.cases // 3 if table == "chats" else size.cases
            database.execute(f"{NUMBERS} {filled}", {"count": count})
        database.execute(ORDERS, {"count": size.orders, "body": _order()})
        database.execute(FACTS, {"count": size.orders})
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


ORDERS = f"""{NUMBERS} INSERT INTO orders (seller, number, folded, body, updated)
    SELECT 'acme', printf('B-%09d', i), printf('b-%09d', i), :body, '2026-01-01 00:00:00.000000' FROM n"""  # noqa: S608 - our names
FACTS = f"""{NUMBERS} INSERT INTO order_facts (seller, number, hash)
    SELECT 'acme', printf('B-%09d', i), printf('%064d', i) FROM n"""  # noqa: S608 - our names


def _order() -> str:
    """An order as it is kept."""
    item = Item(title="Trail backpack 40 l, green", sku="TB-40-G")
    return encode(Order(number="B-000000001", seller="acme", items=(item,)))


async def _start(entrant: Entrant) -> float:
    """Seconds from the command to a bot that has set its webhook, best of three."""
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        async with started(entrant, parts=[1], guests=0, at_once=1):
            took.append(time.perf_counter() - begun)
    return round(min(took), 2)


async def _by_turns(entrants: list[Entrant]) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Processor milliseconds per update of each turn, and the memory of each bot at the end, in MB."""
    found: dict[str, list[float]] = {one.name: [] for one in entrants}
    async with AsyncExitStack() as stack:
        running = [
            await stack.enter_async_context(started(one, parts=[UPDATES] * (ROUNDS + 1), guests=GUESTS))
            for one in entrants
        ]
        for one in running:
            await one.part()
        for _ in range(ROUNDS):
            for one in running:
                found[one.entrant.name].append((await one.part())["cpu_ms"])
        weights = {one.entrant.name: _weight(one) for one in running}
    return found, weights


def _weight(running: Running) -> float:
    return round(float(psutil.Process(running.bot.pid).memory_full_info().uss) / 2**20, 1)


def sizes(file: Path, size: Size) -> dict[str, float]:
    """Bytes a case or an order takes, in tables and indexes; the file is read whole for it."""
    with closing(sqlite3.connect(file)) as database:
        page = database.execute("PRAGMA page_size").fetchone()[0]
        whole = database.execute("PRAGMA page_count").fetchone()[0] * page
        lengths = {
            name: database.execute(
                f"SELECT avg(length(body)) FROM (SELECT body FROM {name} LIMIT 1000)"  # noqa: S608 - our names
            ).fetchone()[0]
            for name in ("conversations", "chats", "orders")
        }
    return {
        "file": whole,
        "file_per_case": round(whole / size.cases),
        **{f"body_of_{name}": round(value) for name, value in lengths.items()},
    }
