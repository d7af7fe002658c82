"""Who may go now: places in a pool, places at one inbox, and the breaker of an inbox that fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime

from bot.app.breaker import Breaker
from bot.app.clock import Timepiece
from bot.app.jobs import NotReady
from bot.ports import TransientFailure

LIMITS = {"sends": 100, "photos": 4, "deliveries": 8, "rest": 8}
"""How many rows of a pool are carried out at once; sends wait for Telegram most of their time."""
OF_ONE_INBOX = 3
"""How many deliveries go to one inbox at once, however slow it is: the others keep their places."""


class Turns:
    """Gates are inboxes by name; "" stands for none, and never fails."""

    def __init__(self, clock: Timepiece) -> None:
        self._clock = clock
        self._pools = {pool: asyncio.Semaphore(limit) for pool, limit in LIMITS.items()}
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._breakers: dict[str, Breaker] = {}

    def turn(self, pool: str, gate: str) -> AbstractAsyncContextManager[datetime | None]:
        """Wait for a place; yields None for "go", or when to ask again."""
        return self._gated(pool, gate) if gate else self._pools[pool]

    @asynccontextmanager
    async def _gated(self, pool: str, gate: str) -> AsyncIterator[datetime | None]:
        """Ask the breaker only in its place: those before us may have found the inbox out of reach."""
        async with self._gates.setdefault(gate, asyncio.Semaphore(OF_ONE_INBOX)), self._pools[pool]:
            yield self._breakers.setdefault(gate, Breaker()).admit(self._clock.steady())

    def next_probe(self, gate: str) -> datetime | None:
        """When a paused inbox may be tried next, None when it is not paused."""
        breaker = self._breakers.get(gate)
        return breaker.next_probe(self._clock.steady()) if breaker is not None else None

    def answered(self, gate: str) -> bool:
        """Note that an inbox answers; True when it failed before."""
        breaker = self._breakers.get(gate)
        if breaker is None:
            return False
        failed = breaker.failures > 0
        breaker.succeeded()
        return failed

    def failed(self, gate: str, failure: Exception) -> None:
        """Count a failure of an inbox; what says nothing about it only ends the probe."""
        breaker = self._breakers.get(gate)
        if breaker is None:
            return
        if isinstance(failure, TransientFailure) and not isinstance(failure, NotReady):
            breaker.failed(self._clock.steady())
        else:
            breaker.abandoned()
