"""Which message holds which slot of a chat: what is asked while a question runs goes along with the next one.

Law: only a process that is alone with its database remembers any; another one may have shown a later message.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from storage.ports import Slot
from storage.sql.database import Database
from storage.sql.group import SLOTS
from storage.sql.statements import among

Key = tuple[int, str]
"""A chat and the slot's name."""
REMEMBERED = 10.0
"""Seconds: a conversation's next words mostly come sooner."""

_OF_THESE = select(SLOTS).where(among(SLOTS.c.chat, "chats"))


class SlotReader:
    """Reads slots for everybody who asks in the meantime."""

    def __init__(self, database: Database, *, alone: bool) -> None:
        self._database = database
        self._alone = alone
        self._known: OrderedDict[Key, tuple[float, Slot]] = OrderedDict()
        self._turn = asyncio.Lock()
        self._wanted: set[Key] = set()
        self._next: asyncio.Task[dict[Key, Slot]] | None = None

    def shown(self, slots: Mapping[Key, Slot]) -> None:
        """Hear what this process has shown."""
        if not self._alone:
            return
        now = time.monotonic()
        for key, slot in slots.items():
            self._known[key] = now, slot
            self._known.move_to_end(key)
        while self._known and now - next(iter(self._known.values()))[0] > REMEMBERED:
            self._known.popitem(last=False)

    def forget(self, chat: int) -> None:
        """Hear that a chat was deleted."""
        for key in [key for key in self._known if key[0] == chat]:
            del self._known[key]

    async def read(self, key: Key) -> Slot | None:
        """Tell who holds one; raises StorageFailure."""
        shown, slot = self._known.get(key, (0.0, None))
        if slot is not None and time.monotonic() - shown <= REMEMBERED:
            return slot
        self._wanted.add(key)
        if self._next is None:
            self._next = asyncio.create_task(self._read_wanted())
        found = await asyncio.shield(self._next)  # the others want theirs, whoever gives up
        return found.get(key)

    async def _read_wanted(self) -> dict[Key, Slot]:
        async with self._turn:
            wanted, self._wanted, self._next = self._wanted, set(), None
            return await self._database.read(lambda c: _read(c, wanted))


def _read(connection: Connection, wanted: Collection[Key]) -> dict[Key, Slot]:
    rows = connection.execute(_OF_THESE, {"chats": sorted({chat for chat, _ in wanted})})
    return {
        (row.chat, row.name): Slot(
            message=row.message, has_picture=row.has_picture, has_buttons=row.has_buttons
        )
        for row in rows
    }
