"""How long to wait between attempts, and when to stop trying; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

Chance = Callable[[], float]
"""Draws from [0, 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Exponential back-off with full jitter, or a written schedule; ends with age or with the number of attempts.

    A row is given up when it is older than `lasts` and was tried more than `least` times, so that a dead letter
    that an operator revives gets its chances; or after `attempts` failures, where that is set.
    """

    base: float = 0.5  # seconds
    cap: float = 60.0  # seconds
    schedule: tuple[float, ...] = ()  # seconds; its last entry repeats
    lasts: timedelta = timedelta(hours=24)
    least: int = 3
    attempts: int = 0  # 0 = no limit

    def delay(self, failures: int, chance: Chance) -> float:
        """Seconds to wait after the n-th failure in a row (n counts from 1)."""
        if self.schedule:
            return self.longest(failures) * (0.5 + 0.5 * chance())
        return self.longest(failures) * chance()

    def longest(self, failures: int) -> float:
        """Seconds that the wait after the n-th failure can last."""
        if self.schedule:
            return self.schedule[min(failures, len(self.schedule)) - 1]
        return min(self.cap, self.base * 2.0 ** min(failures - 1, 30))

    def over(self, failures: int, age: timedelta) -> bool:
        """Tell whether the n-th failure was the last."""
        if self.attempts and failures >= self.attempts:
            return True
        return age > self.lasts and failures > self.least


SENDING = Patience(base=0.5, cap=60, lasts=timedelta(hours=24))
"""A Telegram that is out of reach keeps what is sent to it a day; so do we with what we send."""

FETCHING = Patience(base=0.5, cap=10, lasts=timedelta(hours=1), least=20)
"""A file stays fetchable for at least an hour (Bot API, getFile); a clock that was set ahead takes no photo away.

The customer stands there and waits for the tick, so no wait is long."""

LOOKING = Patience(base=0.5, cap=5, attempts=3)
"""A picture that kills its worker thrice, or a shop that is silent thrice: the customer waits for the answer."""

DELIVERING = Patience(schedule=(5, 10, 20, 30, 60, 120, 300, 900, 1800, 3600), lasts=timedelta(hours=76))
"""Soon at first, for a mail server that restarts; then hourly, so that a day's outage ends within the hour."""

STORE = Patience(base=0.2, cap=10)
"""Our own store, down or full: without it nothing can be noted, told or given up, so that nothing ever is."""

UNEXPECTED = Patience(base=1, cap=30, attempts=5)
"""Our own faults: a few chances, then a person looks."""
