"""What time alone brings: chats are forgotten when they were kept long enough, objects without a case are swept."""

import asyncio
import logging
from datetime import timedelta

from bot.app.clock import Timepiece
from bot.app.erasing import Eraser
from bot.app.reports import where
from storage.ports import BlobStore, Cases, Streams

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
ROWLESS = timedelta(days=1)
"""An object may lie this long without a row: its row may be on its way (law 11)."""
AT_ONCE = 100


class Housekeeping:
    """Keeps the promise of how long things are kept; runs once an hour."""

    def __init__(
        self,
        *,
        cases: Cases,
        streams: Streams,
        blobs: BlobStore,
        clock: Timepiece,
        kept: timedelta,
        record_for: timedelta = timedelta(0),
    ) -> None:
        self._cases = cases
        self._streams = streams
        self._blobs = blobs
        self._clock = clock
        self._kept = kept
        self._erase = Eraser(cases=cases, blobs=blobs, clock=clock, record_for=record_for)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with a first round at once."""
        self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """Stop; what is not done is done next time."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self.round()
            except Exception as fault:  # noqa: BLE001 - the next round may find everything well again
                logger.warning("housekeeping: %s at %s", type(fault).__name__, where(fault))
            await self._clock.sleep_until(self._clock.steady() + EVERY)

    async def round(self) -> None:
        """Forget and sweep what is due now."""
        while chats := await self._cases.idle(before=self._clock.now() - self._kept, limit=AT_ONCE):
            for chat in chats:
                await self._forget(chat)
        await self._erase.drop_records()
        await self._sweep()

    async def _forget(self, chat: int) -> None:
        cases = await self._erase(chat)
        logger.info("a chat was kept for %d days and is forgotten: %d cases", self._kept.days, len(cases))

    async def _sweep(self) -> None:
        """Delete the objects of cases that are not there: what a crash left between storing and committing."""
        old = self._clock.now() - ROWLESS
        cases: dict[str, list[bool]] = {}
        for blob in await self._blobs.keys():
            cases.setdefault(blob.key.partition("/")[0], []).append(blob.changed < old)
        for case, all_old in cases.items():
            if all(all_old) and await self._streams.chats_of(case) is None:
                await self._blobs.delete_case(case)
                logger.info("objects without a case are swept: %d", len(all_old))
