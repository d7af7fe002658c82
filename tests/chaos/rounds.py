"""A campaign in rounds: world after world, added up; its file lets a later call go on where an earlier one ended."""

import json
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

ADDED = frozenset(
    {"kills", "stops", "conversations", "photos", "lost", "doubled", "order_faults", "repeated_texts"}
    | {"tracebacks", "seconds", "let go", "refused"}
)
"""Counts; of anything else the newest round's counts, except for lists, which are joined, and counters."""
MOST = 10
"""Lines of a list that are kept."""

MINUTES = "no round begins later; 0 = no limit"
KEEP = "file of the sums: what is in it already counts, so that one can go on"

Round = Callable[[int, Mapping[str, int]], Awaitable[dict[str, Any]]]
"""Runs one world, given how many rounds there were before and how much is still to be done."""


async def in_rounds(
    one: Round, *, wanted: Mapping[str, int], minutes: float = 0.0, kept: Path | None = None
) -> dict[str, Any]:
    """Run rounds until all that is wanted was done, something went wrong, or the minutes are over (0 = no limit)."""
    last = time.monotonic() + 60 * minutes if minutes else float("inf")
    total: dict[str, Any] = json.loads(kept.read_text()) if kept is not None and kept.exists() else {}
    while not total or (_left(total, wanted) and not total["wrong_at"] and time.monotonic() < last):
        report = await one(total.get("rounds", 0), _left(total, wanted))
        total = together(total, {**report, "load": [round(os.getloadavg()[1], 1)]})
        total["rounds"] = total.get("rounds", 0) + 1
        if kept is not None:
            kept.write_text(json.dumps(total), encoding="utf-8")
    return total


def _left(total: Mapping[str, Any], wanted: Mapping[str, int]) -> dict[str, int]:
    left = {name: count - total.get(name, 0) for name, count in wanted.items()}
    return {name: count for name, count in left.items() if count > 0}


def together(total: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, Any]:
    """Add one round's report to those before."""
    return {**total, **{name: _both(name, total.get(name), value) for name, value in report.items()}}


def _both(name: str, before: Any, value: Any) -> Any:
    if before is None:
        return value
    if name in ADDED:
        return before + value
    if isinstance(value, dict):
        return dict(Counter(before) + Counter(value))
    if isinstance(value, list):
        return before + value if name == "load" else (before + value)[:MOST]
    return value
