"""The order in which problems are worth mending; loads nothing."""

from collections.abc import Collection

from flows.values import Problem

ORDER: tuple[Problem, ...] = (
    "duplicate", "small", "dark", "bright", "blur", "unreadable", "glare", "shadow", "contrast", "aspect", "screen",
    "seen_before",
)  # fmt: skip
"""Worst first: another picture is needed anyway before light matters, and poor light is what blurs."""


def in_order(found: Collection[Problem]) -> tuple[Problem, ...]:
    """Sort problems, the one to mend first at the front."""
    return tuple(problem for problem in ORDER if problem in found)
