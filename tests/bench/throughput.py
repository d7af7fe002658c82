"""Throughput: updates a second and processor time per update, whole durable path, beside bots that keep states in memory.

An update is committed (SQLite, synchronous=FULL), stepped by the real engine in a shipped flow, and answered; 64 chats at
once wait for their answer before they go on. Half of the updates are taps, half are words; each costs the bot the call
that brings the next question, the one that closes the question before, and taps a third. Peers make the same calls.
"""

import asyncio
import json
import shutil
import signal
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from tests import postgres
from tests.bench.bots import NAMES, peer
from tests.bench.contest import Entrant, clearshot, prepare, started
from tests.bench.spread import against, at_least

AT_LEAST = {"ptb": 4.0, "ptb_tuned": 1.5, "aiogram": 2.0}
CPU_MS = 1.0
FSYNCS = 0.15
STATEMENTS = 1.0
API_SECONDS = 0.05
AT_ONCE = 64
OF_POSSIBLE = 0.9
POSTGRES = 0.5

Part = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured; `guests` take turns, so that nobody taps faster than a person."""

    pairs: int = 5
    updates: int = 1200
    guests: int = 256


def run(*, small: bool = False) -> dict[str, Any]:
    """Measure all of it; `small`: one short pair."""
    size = Size(pairs=1, updates=500, guests=96) if small else Size()
    with tempfile.TemporaryDirectory(prefix="clearshot-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        found = asyncio.run(beside_peers(folder, size=size))
        found |= asyncio.run(counted(folder / "counted", size=size))
        found |= asyncio.run(slow_api(folder / "slow", size=size))
        if postgres.is_here():
            with postgres.running() as server:
                found |= asyncio.run(replica(folder, server.database(), size=size))
    return found


async def rounds(entrants: Sequence[Entrant], *, size: Size) -> dict[str, list[Part]]:
    """Let all of them run by turns."""
    found: dict[str, list[Part]] = {one.name: [] for one in entrants}
    async with AsyncExitStack() as stack:
        parts = [size.updates // 2, *[size.updates] * size.pairs]  # the first one warms up
        running = [
            await stack.enter_async_context(started(one, parts=parts, guests=size.guests)) for one in entrants
        ]
        for one in running:
            await one.part()
        for _ in range(size.pairs):
            for one in running:
                found[one.entrant.name].append(await one.part())
    return found


async def beside_peers(folder: Path, *, size: Size) -> dict[str, Any]:
    """Ours and the peers, pairwise."""
    entrants = [clearshot(folder / "ours"), *(peer(name, folder / name) for name in NAMES)]
    found = await rounds(entrants, size=size)
    ours = found["clearshot"]
    told: dict[str, Any] = {"cpu_ms_per_update": against(median(ours, "cpu_ms"), CPU_MS)}
    for name in NAMES:
        told[f"times_{name}"] = at_least(ratio(ours, found[name]), AT_LEAST[name])
    return told | {name: summed(parts) for name, parts in found.items()}


async def counted(folder: Path, *, size: Size) -> dict[str, Any]:
    """Our bot once more, its statements counted, and its syncs where strace is there."""
    tracer = shutil.which("strace")
    folder.mkdir(parents=True)
    syncs, file = folder / "syncs", folder / "counts.json"
    watched = (
        (tracer, "-f", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", "-o", str(syncs)) if tracer else ()
    )
    entrant = clearshot(folder, module="tests.bench.counted", before=watched)
    entrant = replace(entrant, command=(*entrant.command[:-1], str(file), "run"))
    async with started(entrant, parts=[size.updates], guests=size.guests) as running:
        process = psutil.Process(running.bot.pid)
        process = process.children()[0] if tracer else process
        process.send_signal(signal.SIGUSR1)
        before = synced(syncs)
        part = await running.part()
        after = synced(syncs)
    counts = json.loads(file.read_text(encoding="utf-8"))
    done = part["updates"]
    told = {
        "statements_per_update": against(counts["statements"] / done, STATEMENTS),
        "rows_per_update": round(counts["rows"] / done, 2),
        "updates_per_commit": round(done / counts["commits"], 1),
    }
    return told | ({"fsyncs_per_update": against((after - before) / done, FSYNCS)} if tracer else {})


def synced(file: Path) -> int:
    """Count the syncs that a tracer noted."""
    return file.read_text(encoding="utf-8").count("sync(") if file.exists() else 0


async def slow_api(folder: Path, *, size: Size) -> dict[str, Any]:
    """A Bot API that takes 50 ms for every call: chats must not wait for each other."""
    async with started(
        clearshot(folder), parts=[2 * size.updates], guests=size.guests, delay=API_SECONDS
    ) as running:
        part = await running.part()
    possible = AT_ONCE / API_SECONDS
    return {"of_possible_with_slow_api": at_least(part["rate"] / possible, OF_POSSIBLE) | summed([part])}


async def replica(folder: Path, database: str, *, size: Size) -> dict[str, Any]:
    """One replica on PostgreSQL beside one on SQLite."""
    on_postgres = replace(clearshot(folder / "postgres", database=database), name="postgres")
    await prepare(on_postgres)
    on_sqlite = replace(clearshot(folder / "sqlite"), name="sqlite")
    found = await rounds([on_sqlite, on_postgres], size=size)
    share = ratio(found["postgres"], found["sqlite"])
    return {"postgres_of_sqlite": at_least(share, POSTGRES), "postgres": summed(found["postgres"])}


def ratio(ours: Sequence[Part], theirs: Sequence[Part]) -> float:
    """The median of the ratios of each pair's rates."""
    return statistics.median([float(a["rate"] / b["rate"]) for a, b in zip(ours, theirs, strict=True)])


def median(parts: Sequence[Part], name: str) -> float:
    return statistics.median([float(part[name]) for part in parts])


def summed(parts: Sequence[Part]) -> dict[str, float]:
    """What an entrant did, in the median."""
    calls = sum(parts[-1]["calls"].values()) / parts[-1]["updates"]
    figures = {name: round(median(parts, name), 2) for name in ("rate", "cpu_ms", "p50", "p99")}
    return figures | {"calls_per_update": round(calls, 2)}
