"""Deleting a person: one way for their own wish, an operator's, and time's."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.ports import Clock
from flows.conversation import Conversation
from storage.ports import Archive, BlobStore, Cases


class Eraser:
    """Deletes a chat, and leaves for `record_for` what a seller must keep of each case; nothing by default."""

    def __init__(
        self, *, cases: Cases, blobs: BlobStore, clock: Clock, record_for: timedelta = timedelta(0)
    ) -> None:
        self._cases = cases
        self._blobs = blobs
        self._clock = clock
        self.record_for = record_for

    async def __call__(self, chat: int) -> Sequence[Conversation]:
        """Delete photos first, so that whatever breaks off is found and done again; tells the cases as they were."""
        known = await self._cases.of_chat(chat)
        for case in known:
            await self._blobs.delete_case(case.id)
        await self._cases.forget(chat, record_until=self._record_until())
        return known

    async def case(self, code: str, *, archive: Archive, before: datetime) -> bool:
        """Delete one case that was outlived, its row first: it may have come to life again; the sweep is the net."""
        gone = await archive.drop(code, before=before, record_until=self._record_until())
        if gone:
            await self._blobs.delete_case(code)
        return gone

    def _record_until(self) -> datetime | None:
        return self._clock.now() + self.record_for if self.record_for else None

    async def drop_records(self) -> None:
        """Delete the records whose time is over."""
        await self._cases.drop_records(before=self._clock.now())
