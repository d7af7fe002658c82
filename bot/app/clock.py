"""The time, and waiting for it; the only place of the application that reads the machine's clock."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Timepiece(Protocol):
    """A clock that can be waited on, so that a test's clock can wake what sleeps on it."""

    def now(self) -> datetime:
        """Return the time, aware and UTC."""
        ...

    async def sleep_until(self, due: datetime) -> None:
        """Return as soon as `due` has come; at once when it has passed."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, due: datetime) -> None:
        seconds = (due - self.now()).total_seconds()
        if seconds > 0:
            await asyncio.sleep(seconds)
