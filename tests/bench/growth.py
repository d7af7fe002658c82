"""Growth: what an update costs, a start takes and each question to the store lasts, beside a thousand and a million cases.

The rows are copies of one real case (tests/bench/kept.py). The bot runs under traffic of its own guests, with small and
large tables by turns; processor time is the steady figure, wall time stands beside it.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from tests import postgres
from tests.bench import doors
from tests.bench.contest import Entrant, Running, clearshot, prepare, started
from tests.bench.kept import Model, Size, fill, model_of, sizes
from tests.bench.spread import against

TIMES = 1.2
ROUNDS = 6
UPDATES = 600
GUESTS, AT_ONCE = 96, 24
LITTLE = Size(cases=1_000, orders=10_000)
MUCH = Size(cases=1_000_000, orders=10_000_000)
MUCH_SMALL = Size(cases=20_000, orders=200_000)


def run(*, small: bool = False) -> dict[str, Any]:
    """Measure on both engines; `small`: twenty thousand cases for a million."""
    much = MUCH_SMALL if small else MUCH
    with tempfile.TemporaryDirectory(prefix="clearshot-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        model = asyncio.run(_model(folder / "model"))
        places = {one: f"sqlite:///{folder / one / 'c.db'}" for one in ("little", "much")}
        found = {"sqlite": asyncio.run(_measure(folder, model, places, much))}
        for one in ("little", "much"):
            (folder / one / "c.db").unlink()  # the next engine needs the room
        if postgres.is_here():
            with postgres.running() as server:
                places = {one: server.database() for one in ("little", "much")}
                found["postgresql"] = asyncio.run(_measure(folder / "pg", model, places, much))
    return {"cases": much.cases, "orders": much.orders} | _promised(found) | found


def _promised(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Put the figures that were promised first, the worse of the engines'."""
    names = ("cpu_times", "memory_times", "start_times", "doors_that_grow")
    return {
        name: max((one.pop(name) for one in found.values()), key=lambda one: one["value"]) for name in names
    }


async def _measure(folder: Path, model: Model, places: dict[str, str], much: Size) -> dict[str, Any]:
    begun = time.perf_counter()
    entrants = []
    for name, size in (("little", LITTLE), ("much", much)):
        entrants.append(replace(clearshot(folder / name, database=places[name]), name=name))
        await prepare(entrants[-1])
        await asyncio.to_thread(fill, places[name], model, size)
        sys.stderr.write(f"{name}: {time.perf_counter() - begun:.0f} s\n")
    filled = time.perf_counter() - begun
    asked = await doors.beside(places["little"], places["much"])
    sys.stderr.write("".join(f"{name:30} {told}\n" for name, told in asked.items()))
    starts = await _starts(entrants)
    sys.stderr.write(f"starts {starts}\n")
    parts, weights = await _by_turns(entrants)
    cpu, wall = (
        {name: statistics.median([part[which] for part in found]) for name, found in parts.items()}
        for which in ("cpu_ms", "wall_ms")
    )
    return {
        "cpu_times": against(cpu["much"] / cpu["little"], TIMES),
        "memory_times": against(weights["much"] / weights["little"], TIMES),
        "start_times": against(starts["much"] / starts["little"], TIMES),
        "doors_that_grow": against(sum(not one["flat"] for one in asked.values()), 0),
        "cpu_ms_per_update": {name: round(value, 2) for name, value in cpu.items()},
        "wall_ms_per_update": {name: round(value, 2) for name, value in wall.items()},
        "memory_mb": weights,
        "start_s": starts,
        "seconds_to_fill": round(filled),
        "doors": asked,
        "bytes": sizes(places["much"], much),
    }


async def _model(folder: Path) -> Model:
    """Rows of a case whose guest has come to the first photo."""
    async with started(clearshot(folder), parts=[2], guests=1, at_once=1) as running:
        await running.part()
    return model_of(folder / "c.db")


async def _starts(entrants: list[Entrant]) -> dict[str, float]:
    """Seconds from the command to a bot that has set its webhook, best of three, by turns."""
    took: dict[str, list[float]] = {one.name: [] for one in entrants}
    for _ in range(3):
        for one in entrants:
            begun = time.perf_counter()
            async with started(one, parts=[1], guests=0, at_once=1):
                took[one.name].append(time.perf_counter() - begun)
    return {name: round(min(found), 2) for name, found in took.items()}


async def _by_turns(entrants: list[Entrant]) -> tuple[dict[str, list[Any]], dict[str, float]]:
    """What each turn cost, and the memory of each bot at the end, in MB; who is first changes."""
    found: dict[str, list[Any]] = {one.name: [] for one in entrants}
    async with AsyncExitStack() as stack:
        running = [
            await stack.enter_async_context(
                started(one, parts=[UPDATES] * (ROUNDS + 1), guests=GUESTS, at_once=AT_ONCE)
            )
            for one in entrants
        ]
        for one in running:
            await one.part()
        for turn in range(ROUNDS):
            for one in running if turn % 2 else running[::-1]:
                part = await one.part()
                found[one.entrant.name].append({**part, "wall_ms": 1000 / part["rate"]})
        weights = {one.entrant.name: _weight(one) for one in running}
    return found, weights


def _weight(running: Running) -> float:
    return round(float(psutil.Process(running.bot.pid).memory_full_info().uss) / 2**20, 1)
