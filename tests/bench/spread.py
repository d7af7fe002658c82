"""Sums a list of measurements up, and holds it against a promise; the machine is noisy, so the spread is told."""

from collections.abc import Sequence
from typing import Any


def share(values: Sequence[float], part: float) -> float:
    """The value that `part` (0..1) of the measurements do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Tell count, least, median, 95th percentile and most, in the unit given."""
    told = {"min": min(values), "median": share(values, 0.5), "p95": share(values, 0.95), "max": max(values)}
    return {"n": len(values), **{name: round(value, 3) for name, value in told.items()}}


def against(value: float, limit: float) -> dict[str, Any]:
    """Hold a figure against its limit."""
    return {"value": round(value, 3), "limit": limit, "ok": value <= limit}


def at_least(value: float, limit: float) -> dict[str, Any]:
    """Hold a figure against the least that was promised."""
    return {"value": round(value, 3), "limit": limit, "least": True, "ok": value >= limit}
