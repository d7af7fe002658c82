"""What time alone brings: chats are forgotten when they were kept long enough, objects without a case are swept.

A clock that was set ahead would have everybody forgotten at once. So after a gap between rounds, whatever its reason,
nothing is deleted for a day, in which somebody can see to it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.app.clock import Timepiece
from bot.app.erasing import Eraser
from bot.app.reports import where
from storage.ports import Archive, BlobStore, Cases

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
ROWLESS = timedelta(days=1)
"""An object may lie this long without a row: its row may be on its way (law 11)."""
LONGEST_GAP = timedelta(days=2)
"""Between two rounds; after a longer one the clock is doubted."""
DOUBTED_FOR = timedelta(days=1)
AT_ONCE = 100
PAUSE = 0.05
"""Seconds between two portions, in which others write."""


class Housekeeping:
    """Keeps the promise of how long things are kept; runs once an hour."""

    def __init__(
        self,
        *,
        cases: Cases,
        archive: Archive,
        blobs: BlobStore,
        clock: Timepiece,
        sound: Callable[[str], None],
        kept: timedelta,
        record_for: timedelta = timedelta(0),
    ) -> None:
        self._cases = cases
        self._archive = archive
        self._blobs = blobs
        self._clock = clock
        self._sound = sound
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
        """Forget what is due now, once an hour, and sweep once a day; one of several replicas does it."""
        now = self._clock.now()
        if await self._doubts(now):
            return
        if await self._archive.begin(f"round {now:%Y-%m-%dT%H}", at=now):
            await self._forget_what_is_old(now - self._kept)
        if await self._archive.begin(f"sweep {now:%Y-%m-%d}", at=now):
            await self._sweep()

    async def _doubts(self, now: datetime) -> bool:
        """Tell whether the clock may be wrong; operators hear of it once."""
        last, doubted = [await self._archive.latest(chore, until=now) for chore in ("round", "doubt")]
        if doubted is not None and now - doubted < DOUBTED_FOR:
            return True
        if last is None or now - last <= LONGEST_GAP or (doubted is not None and doubted > last):
            return False
        if await self._archive.begin(f"doubt {now:%Y-%m-%dT%H}", at=now):
            self._sound(
                f"The last round of housekeeping was {(now - last).days} days ago by this machine's clock, so nothing that is "
                "old is deleted for a day. If the clock is wrong, please set it right."
            )
        return True

    async def _forget_what_is_old(self, before: datetime) -> None:
        while chats := await self._cases.idle(before=before, limit=AT_ONCE):
            for chat in chats:
                await self._forget(chat)
            await asyncio.sleep(PAUSE)
        while cases := await self._archive.outlived(before=before, limit=AT_ONCE):
            gone = [await self._erase.case(one.case, archive=self._archive, before=before) for one in cases]
            logger.info("cases were kept for %d days and are dropped: %d", self._kept.days, sum(gone))
            await asyncio.sleep(PAUSE)
        await self._archive.drop_failures(before=before)
        await self._erase.drop_records()

    async def _forget(self, chat: int) -> None:
        cases = await self._erase(chat)
        logger.info("a chat was kept for %d days and is forgotten: %d cases", self._kept.days, len(cases))

    async def _sweep(self) -> None:
        """Delete the objects of cases that are not there: what a crash left between storing and committing."""
        old = self._clock.now() - ROWLESS
        cases: dict[str, bool] = {}  # whether all of a case's objects are old
        case = ""
        async for blobs in self._blobs.slices():
            for blob in blobs:
                case = blob.key.partition("/")[0]
                cases[case] = cases.get(case, True) and blob.changed < old
            begun = {case: cases.pop(case)}  # the next slice may have more of it
            await self._drop_rowless(cases)
            cases = begun
            await asyncio.sleep(PAUSE)
        await self._drop_rowless(cases)

    async def _drop_rowless(self, cases: Mapping[str, bool]) -> None:
        old = [case for case, all_old in cases.items() if all_old]
        rowless = set(old) - await self._archive.known(old)
        for case in rowless:
            await self._blobs.delete_case(case)
        if rowless:
            logger.info("objects without a case are swept: of %d cases", len(rowless))
