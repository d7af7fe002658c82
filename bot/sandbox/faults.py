"""Failures on demand: which call is to fail, how, and how often; carries none of them out."""

import itertools
import random
from dataclasses import dataclass
from typing import Literal, get_args

from bot.sandbox.shapes import Json

Kind = Literal["error", "drop", "drop_after_acting", "hang", "slow"]
KINDS: tuple[str, ...] = get_args(Kind)
"""error: answer with a status; drop: break the connection before acting; drop_after_acting: act, then break it;
hang: hold the call for some seconds, then break the connection without acting; slow: hold it, then act."""

EVERY_METHOD = "*"
FILE_DOWNLOAD = "file"


class InvalidFault(ValueError):
    """A fault that makes no sense; the message says why."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One order for failures; `skip` calls pass before it begins, `times` (None: always) are hit."""

    id: int
    method: str
    kind: Kind
    status: int = 500
    retry_after: int = 1
    seconds: float = 0.0
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    hits: int = 0

    def wants(self, method: str, chance: random.Random) -> bool:
        """Count one call and say whether it is to fail."""
        if self.method not in (EVERY_METHOD, method) or self.times == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1.0 and chance.random() >= self.probability:
            return False
        self.hits += 1
        if self.times is not None:
            self.times -= 1
        return True

    def described(self) -> Json:
        """Return the fault as the control API shows it."""
        return {name: getattr(self, name) for name in self.__slots__}


class FaultPlan:
    """The orders that stand; the first that wants a call gets it."""

    def __init__(self, *, seed: int = 1) -> None:
        self._faults: dict[int, Fault] = {}
        self._ids = itertools.count(1)
        self._chance = random.Random(seed)

    def add(self, order: Json) -> Fault:
        """Take one order; method names are matched in lower case, "*" is every method, "file" a download."""
        unknown = set(order) - {
            "method",
            "kind",
            "status",
            "retry_after",
            "seconds",
            "times",
            "skip",
            "probability",
        }
        if unknown:
            raise InvalidFault(f"unknown: {', '.join(sorted(unknown))}")
        if order.get("kind", "error") not in KINDS:
            raise InvalidFault(f"kind must be one of {', '.join(KINDS)}")
        try:
            fault = _fault(next(self._ids), order)
        except (TypeError, ValueError) as mistake:
            raise InvalidFault(f"not a fault: {mistake}") from mistake
        self._faults[fault.id] = fault
        return fault

    def claim(self, method: str) -> Fault | None:
        """Return the fault that this call meets, if any."""
        for fault in self._faults.values():
            if fault.wants(method, self._chance):
                return fault
        return None

    def standing(self) -> list[Json]:
        """Return all orders with their hits."""
        return [fault.described() for fault in self._faults.values()]

    def clear(self) -> None:
        """Forget every order."""
        self._faults.clear()


def _fault(number: int, order: Json) -> Fault:
    times = order.get("times", 1 if "probability" not in order else None)
    return Fault(
        id=number,
        method=str(order.get("method", EVERY_METHOD)).lower(),
        kind=order.get("kind", "error"),
        status=int(order.get("status", 500)),
        retry_after=int(order.get("retry_after", 1)),
        seconds=float(order.get("seconds", 0.0)),
        times=None if times is None else int(times),
        skip=int(order.get("skip", 0)),
        probability=float(order.get("probability", 1.0)),
    )
