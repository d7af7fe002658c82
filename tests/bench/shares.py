"""Whose processor time it was: groups of processes, read from /proc, before and after."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psutil

TICKS = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0))
Roots = Mapping[str, Iterable[int]]
"""Groups by name: the processes at their heads, whose children count with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Processor seconds so far, by process and of the whole machine."""

    at: float
    spent: Mapping[str, Mapping[int, float]]
    machine: float


def look(groups: Roots) -> Look:
    """Read what was spent until now."""
    spent = {
        name: {pid: _spent(pid) for root in roots for pid in _family(root)} for name, roots in groups.items()
    }
    return Look(at=time.perf_counter(), spent=spent, machine=_machine())


def _family(root: int) -> list[int]:
    try:
        return [root, *(child.pid for child in psutil.Process(root).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def _spent(pid: int) -> float:
    """User and system time, children that ended included (proc(5), fields 14 to 17)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:  # noqa: PTH123 - read often
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(one) for one in fields[11:15]) / TICKS


def _machine() -> float:
    busy = psutil.cpu_times()
    return float(busy.user + busy.nice + busy.system + busy.irq + busy.softirq)


def between(before: Look, after: Look) -> dict[str, float]:
    """Cores that each group kept busy on average, those that others did, and those that nobody needed."""
    seconds = after.at - before.at
    told = {
        name: sum(spent - before.spent[name].get(pid, 0.0) for pid, spent in found.items()) / seconds
        for name, found in after.spent.items()
    }
    all_of_it = (after.machine - before.machine) / seconds
    told["others_on_this_machine"] = max(0.0, all_of_it - sum(told.values()))
    told["idle"] = max(0.0, CORES - all_of_it)
    return {name: round(value, 2) for name, value in told.items()}
