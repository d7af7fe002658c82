"""Latency: from an update to the message that answers it at 50 updates a second, beside aiogram with states in memory."""

import asyncio
import statistics
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.bench.bots import peer
from tests.bench.contest import clearshot, started
from tests.bench.spread import against

RATE = 50.0
TIMES_P50 = 1.5
TIMES_P99 = 1.0
GUESTS = 256


def run(*, small: bool = False) -> dict[str, Any]:
    """Measure pairwise; milliseconds."""
    with tempfile.TemporaryDirectory(prefix="clearshot-bench-", ignore_cleanup_errors=True) as name:
        return asyncio.run(_measure(Path(name), pairs=1 if small else 5, updates=250 if small else 1000))


async def _measure(folder: Path, *, pairs: int, updates: int) -> dict[str, Any]:
    parts = [updates // 2, *[updates] * pairs]
    async with AsyncExitStack() as stack:
        both = [
            await stack.enter_async_context(started(one, parts=parts, guests=GUESTS, at_once=32, rate=RATE))
            for one in (clearshot(folder / "ours"), peer("aiogram", folder / "aiogram"))
        ]
        for one in both:
            await one.part()  # warms up
        found = [[await one.part() for one in both] for _ in range(pairs)]
    ratios = {
        name: statistics.median(ours[name] / theirs[name] for ours, theirs in found)
        for name in ("p50", "p99")
    }
    return {
        "p50_times_aiogram": against(ratios["p50"], TIMES_P50),
        "p99_times_aiogram": against(ratios["p99"], TIMES_P99),
        "clearshot": [{name: round(ours[name], 1) for name in ("p50", "p99")} for ours, _ in found],
        "aiogram": [{name: round(theirs[name], 1) for name in ("p50", "p99")} for _, theirs in found],
    }
