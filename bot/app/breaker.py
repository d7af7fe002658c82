"""A circuit breaker per seller's inbox: one that fails is asked seldom, by one delivery at a time; pure."""

from datetime import datetime, timedelta

TOLERATED = 5
"""Failures in a row before the inbox is paused."""
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
BUSY = timedelta(seconds=5)
"""When to look again while another delivery is probing; its success wakes the others at once."""


class Breaker:
    """The state of one inbox: closed (deliver), open (wait), half open (one delivery tries)."""

    def __init__(self) -> None:
        self.failures = 0
        self._pause = FIRST_PAUSE
        self._until: datetime | None = None  # None = closed
        self._probing = False

    def admit(self, now: datetime) -> datetime | None:
        """Let a delivery try (None), or say when to ask again."""
        due = self.next_probe(now)
        if due is None:
            return None
        if due > now:
            return due
        self._probing = True
        return None

    def succeeded(self) -> None:
        """Close: the inbox answers."""
        self.failures, self._pause, self._until, self._probing = 0, FIRST_PAUSE, None, False

    def abandoned(self) -> None:
        """Forget a probe that ended without an answer about the inbox."""
        self._probing = False

    def failed(self, now: datetime) -> None:
        """Count a failure; pause, longer each time, once there were too many in a row."""
        self.failures += 1
        if self._probing:
            self._probing = False
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            self._until = now + self._pause
        elif self.failures >= TOLERATED and self._until is None:
            self._until = now + self._pause

    def next_probe(self, now: datetime) -> datetime | None:
        """When the next delivery may try, None when all may."""
        if self._until is None:
            return None
        return max(self._until, now + BUSY) if self._probing else self._until
