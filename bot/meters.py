"""What can be read at /metrics: counters and gauges with bounded labels, never a chat, a case or a word of anybody's."""

import asyncio
import platform
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from storage.ports import Arrival, Backlog, Committed

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SLOW = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
LAG_EVERY = 0.5
"""Seconds between looks at how late the event loop is."""


def release() -> str:
    """Name the release that runs."""
    try:
        return version("clearshot")
    except PackageNotFoundError:
        return "source"


class Meters:
    """Every meter of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._build = Info("clearshot_build", "What runs", registry=registry)
        self.updates = Counter(
            "clearshot_updates", "Updates of Telegram, by what became of them", ["outcome"], registry=registry
        )
        self.update_seconds = Histogram(
            "clearshot_update_seconds",
            "From an update's arrival to its commit",
            buckets=QUICK,
            registry=registry,
        )
        self.group_size = Histogram(
            "clearshot_group_size", "Arrivals in one transaction", buckets=SIZES, registry=registry
        )
        self.group_seconds = Histogram(
            "clearshot_group_seconds", "Time of one transaction", buckets=QUICK, registry=registry
        )
        self.effects = Counter(
            "clearshot_effects",
            "Effects carried out, by kind and outcome",
            ["effect", "outcome"],
            registry=registry,
        )
        self.effect_seconds = Histogram(
            "clearshot_effect_seconds", "Time of one attempt", ["effect"], buckets=SLOW, registry=registry
        )
        self.deliveries = Counter(
            "clearshot_deliveries", "Attempts to deliver a bundle", ["inbox", "outcome"], registry=registry
        )
        self.judged = Counter("clearshot_photos_judged", "Photos judged", registry=registry)
        self.retaken = Counter("clearshot_photos_retaken", "Photos asked for again", registry=registry)
        self.retakes = Counter(
            "clearshot_retakes",
            "Problems for which photos were asked for again",
            ["problem"],
            registry=registry,
        )
        self.lag = Histogram(
            "clearshot_loop_lag_seconds", "How late the event loop wakes", buckets=QUICK, registry=registry
        )
        self._depth = Gauge("clearshot_outbox_rows", "Effects that wait", ["kind"], registry=registry)
        self._oldest = Gauge(
            "clearshot_outbox_oldest_seconds",
            "Age of the oldest effect that waits",
            ["kind"],
            registry=registry,
        )
        self._dead = Gauge("clearshot_dead_letters", "Effects that were given up", registry=registry)
        self._aside = Gauge("clearshot_set_aside", "Arrivals that could not be worked", registry=registry)

    def tell_build(self, *, database: str) -> None:
        """Say what runs."""
        self._build.info({"version": release(), "python": platform.python_version(), "database": database})

    def group(self, worked: Sequence[tuple[Arrival, Committed]], seconds: float) -> None:
        """Count one transaction of the writer."""
        self.group_size.observe(len(worked))
        self.group_seconds.observe(seconds)

    def photos(self) -> tuple[int, int]:
        """Tell how many photos were judged in this process, and how many of them were asked for again."""
        names = ("clearshot_photos_judged_total", "clearshot_photos_retaken_total")
        judged, retaken = (int(self.registry.get_sample_value(name) or 0) for name in names)
        return judged, retaken

    def page(self, backlog: Backlog) -> bytes:
        """Everything as Prometheus reads it."""
        now = datetime.now(UTC)
        for kind, waiting in backlog.waiting.items():
            self._depth.labels(kind).set(waiting.rows)
            age = (now - waiting.oldest).total_seconds() if waiting.oldest else 0.0
            self._oldest.labels(kind).set(max(0.0, age))
        self._dead.set(backlog.dead)
        self._aside.set(backlog.aside)
        return generate_latest(self.registry)


class LoopWatch:
    """Notes how late the event loop wakes, while the block lasts."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            asleep = time.perf_counter()
            await asyncio.sleep(LAG_EVERY)
            self._meters.lag.observe(max(0.0, time.perf_counter() - asleep - LAG_EVERY))


def metrics_site(meters: Meters, backlog: Callable[[], Awaitable[Backlog]]) -> web.Application:
    """Serve /metrics and nothing else; it has an address of its own, so that no public path leads to it."""

    async def metrics(_request: web.Request) -> web.Response:
        body = meters.page(await backlog())
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    site = web.Application()
    site.add_routes([web.get("/metrics", metrics)])
    return site
