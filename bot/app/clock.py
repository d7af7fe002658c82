"""The time, and waiting for it; the only place of the application that reads the machine's clock."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Timepiece(Protocol):
    """A clock that can be waited on, so that a test's clock can wake what sleeps on it."""

    def now(self) -> datetime:
        """Return the time, aware and UTC: what is told and stored."""
        ...

    def steady(self) -> datetime:
        """Return a time that goes on evenly, whatever the machine's clock is set to: what is waited by.

        It begins anywhere, so that it is good for differences, within one process.
        """
        ...

    async def sleep_until(self, due: datetime) -> None:
        """Return as soon as `due`, by the steady time, has come; at once when it has passed."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> datetime:
        return BEGINNING + timedelta(seconds=time.monotonic())

    async def sleep_until(self, due: datetime) -> None:
        seconds = (due - self.steady()).total_seconds()
        if seconds > 0:
            await asyncio.sleep(seconds)
