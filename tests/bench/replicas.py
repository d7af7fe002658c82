"""Replicas: one, two and four on one PostgreSQL and one S3-compatible store, behind one webhook address.

Words first: updates a second through guests who wait for each answer, so that an update lost or worked out of order ends
the bench. Then whole cases with photos: what sellers hold is compared with what was sent. Beside each figure stands whose
processor time it took: database, bots, object store, and the load itself, all on this machine's cores.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from tests import object_store as objects
from tests import postgres
from tests.bench.contest import ROOT, Running, begun, clearshot, ended, line_of, prepare
from tests.bench.shares import between, look
from tests.chaos.balancer import Balancer
from tests.chaos.crowd import crowd
from tests.chaos.world import compare, world
from tests.mail_server import free_port
from tests.object_store import ObjectStore
from tests.own_environment import own_environment
from tests.postgres import PostgresServer

COUNTS = (1, 2, 4)
UPDATES, ROUNDS, GUESTS, AT_ONCE = 1200, 3, 256, 64
CASES, TALKING = 24, 8
PATIENCE = 240.0
SELLERS = """sellers:
  acme: {{name: "Acme Outdoor", locale: en, inbox: folder, settings: {{path: "{path}/acme"}}}}
support: {{name: "Support"}}
"""


def run(*, small: bool = False) -> dict[str, Any]:
    """Measure each number of replicas; `small`: one and two, briefly."""
    counts = COUNTS[:2] if small else COUNTS
    updates, cases = (300, 4) if small else (UPDATES, CASES)
    python = own_environment("outside", objects.REQUIREMENTS)
    found: dict[str, Any] = {}
    with objects.running(python) as store:
        for count in counts:
            with postgres.running() as server:
                found[f"words_{count}"] = asyncio.run(words(server, store, count, updates=updates))
            found[f"cases_{count}"] = asyncio.run(photographed(store, count, cases=cases))
    told = [found[f"cases_{count}"] for count in counts]
    faults = {
        name: sum(one[name] for one in told) for name in ("lost", "doubled", "order_faults", "unfinished")
    }
    return {"conversations": cases * len(counts), **faults} | found


# -- words ----------------------------------------------------------------------------------------------------


async def words(server: PostgresServer, store: ObjectStore, count: int, *, updates: int) -> dict[str, Any]:
    """Let guests talk to so many replicas at once."""
    with tempfile.TemporaryDirectory(prefix="clearshot-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        entrant = clearshot(folder, database=server.database())
        entrant = replace(
            entrant,
            environment={**entrant.environment, **store.environ, "CLEARSHOT_BLOBS": f"s3://{store.bucket()}"},
        )
        await prepare(entrant)
        async with pack(entrant, count, parts=[updates // 2, *[updates] * ROUNDS]) as bots:
            groups = {
                "database": [postmaster(server)],
                "bots": [one.bot.pid for one in bots],
                "load": [bots[0].traffic.pid, os.getpid()],
            }
            await _part(bots[0])  # the first one warms up
            rounds = []
            for _ in range(ROUNDS):
                before = look(groups)
                part = await _part(bots[0])
                rounds.append((part, between(before, look(groups))))
    return _told([part for part, _ in rounds], [cores for _, cores in rounds])


def postmaster(server: PostgresServer) -> int:
    """Number of the server's first process."""
    return int((server.folder / "postmaster.pid").read_text(encoding="ascii").split()[0])


async def _part(running: Running) -> dict[str, Any]:
    part = await running.part()
    return {**part, "wall_ms": 1000 / part["rate"]}


@asynccontextmanager
async def pack(entrant: Any, count: int, *, parts: list[int]) -> AsyncIterator[list[Running]]:
    """Start a balancer, replicas behind it, and their traffic, up to where the first part can begin."""
    ports = [free_port() for _ in range(count)]
    api = free_port()
    async with AsyncExitStack() as stack:
        balancer = await stack.enter_async_context(Balancer(ports))
        traffic = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.traffic", "--port", str(api), "--guests", str(GUESTS),
            "--at-once", str(AT_ONCE), "--updates", *map(str, parts),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        stack.push_async_callback(ended, traffic)
        await line_of(traffic)
        bots = []
        for port in ports:
            told = {name: value.format(api=api, port=port) for name, value in entrant.environment.items()}
            told["CLEARSHOT_PUBLIC_URL"] = balancer.address
            with (entrant.folder / "bot.log").open("ab") as log:
                bot = await asyncio.create_subprocess_exec(
                    *entrant.command, env={**_outer(), **told}, stdout=log, stderr=log, cwd=ROOT
                )
            stack.push_async_callback(ended, bot)
            bots.append(Running(entrant=entrant, bot=bot, traffic=traffic))
        for port in ports:
            await _well(port)
        await begun(bots[0].bot, traffic, entrant)
        yield bots


def _outer() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CLEARSHOT_")}


async def _well(port: int) -> None:
    async with asyncio.timeout(90), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/health") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)


def _told(parts: list[dict[str, Any]], cores: list[dict[str, float]]) -> dict[str, Any]:
    """Medians; processor milliseconds of an update by who spent them."""
    rate = statistics.median([part["rate"] for part in parts])
    busy = {name: round(statistics.median([one[name] for one in cores]), 2) for name in cores[0]}
    return {
        "updates_per_s": round(rate, 1),
        "p50_ms": round(statistics.median([part["p50"] for part in parts])),
        "cores": busy,
        "cpu_ms_per_update": {
            name: round(busy[name] * 1000 / rate, 2)
            for name in busy
            if name not in {"idle", "others_on_this_machine"}
        },
    }


# -- cases with photos ----------------------------------------------------------------------------------------


async def photographed(store: ObjectStore, count: int, *, cases: int) -> dict[str, Any]:
    """Let customers send whole cases through so many replicas; compare."""
    extra = {**store.environ, "CLEARSHOT_BLOBS": f"s3://{store.bucket()}"}
    async with AsyncExitStack() as stack:
        inbox = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clearshot-bench-")))
        place = await stack.enter_async_context(
            world(
                engine="postgresql", conversations=cases, replicas=count, extra=extra,
                sellers=SELLERS.format(path=inbox),
            )
        )  # fmt: skip
        assert place.server is not None
        assert place.pack.process is not None
        groups = {
            "database": [postmaster(place.server)],
            "bots": [place.pack.process.pid],
            "object_store": [store.pid],
            "load": [os.getpid()],
        }
        before, begun_at = look(groups), time.perf_counter()
        talks = await crowd(place.client, place.links, at_once=TALKING, patience=PATIENCE)
        owed = await place.until_quiet()
        seconds = time.perf_counter() - begun_at
        cores = between(before, look(groups))
        await place.pack.stop()
        tally = compare(talks, inbox)
    photos = sum(len(talk.sent) for talk in talks)
    return {
        "conversations": len(talks), "photos": photos, "lost": tally.lost, "doubled": tally.doubled,
        "order_faults": tally.order_faults, "unfinished": len(tally.unfinished) + len(owed), "wrong_at": tally.wrong[:5],
        "seconds": round(seconds, 1), "cases_per_minute": round(60 * len(talks) / seconds, 1),
        "cores": cores,
        "cpu_ms_per_case": {
            name: round(value * seconds * 1000 / max(1, len(talks)))
            for name, value in cores.items() if name not in {"idle", "others_on_this_machine"}
        },
    }  # fmt: skip
