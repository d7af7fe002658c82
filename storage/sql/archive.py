"""What time takes from chats that go on, in SQL: cases that were outlived, failures that nobody took up again."""

import contextlib
from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, text

from storage.ports import CaseLine, StaleWrite
from storage.sql.cases import LINE, case_line, keep_records
from storage.sql.database import Database
from storage.sql.group import CHATS, CONVERSATIONS, FINGERPRINTS, SEEN, SLOTS
from storage.sql.pruning import failures, in_slices
from storage.sql.tables import ENDED
from storage.sql.times import aware

CHORE = "chore"
"""Source of the marks that chores leave."""


class SqlArchive:
    """See storage.ports.Archive."""

    def __init__(self, database: Database, *, dropped: Callable[[], None]) -> None:
        self._database = database
        self._dropped = dropped

    async def outlived(self, *, before: datetime, limit: int = 100) -> Sequence[CaseLine]:
        """Find cases by their last change, on an index of those that ended."""
        query = select(*LINE).where(text(ENDED), CONVERSATIONS.c.changed < before)
        query = query.order_by(CONVERSATIONS.c.changed).limit(limit)
        return [case_line(row) for row in await self._database.read(lambda c: c.execute(query).all())]

    async def drop(self, case: str, *, before: datetime, record_until: datetime | None = None) -> bool:
        """Delete one case under its chat's lock."""
        gone = await self._database.run(lambda c: _drop(c, case, before, record_until))
        if gone:
            self._dropped()
        return gone

    async def known(self, codes: Collection[str]) -> AbstractSet[str]:
        """Look them up by primary key."""
        query = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.id.in_(codes))
        return set(await self._database.read(lambda c: c.execute(query).scalars().all()))

    async def drop_failures(self, *, before: datetime) -> int:
        """Delete them in slices."""
        return sum([await in_slices(self._database, one) for one in failures(before)])

    async def begin(self, chore: str, *, at: datetime) -> bool:
        """Leave a mark, as arrivals do: whoever comes second finds it."""
        mark = insert(SEEN).values(source=CHORE, id=chore, at=at)
        with contextlib.suppress(StaleWrite):
            await self._database.run(lambda c: c.execute(mark))
            return True
        return False

    async def latest(self, chore: str, *, until: datetime) -> datetime | None:
        """Read the marks of a week's chores, which are few."""
        mine = SEEN.c.id.startswith(f"{chore} ", autoescape=True)
        query = select(SEEN.c.at).where(SEEN.c.source == CHORE, mine, SEEN.c.at <= until)
        times = await self._database.read(lambda c: c.execute(query).scalars().all())
        return max(map(aware, times), default=None)


def _drop(connection: Connection, case: str, before: datetime, record_until: datetime | None) -> bool:
    """Lock the chat first, as every group does; then nothing changes in the case until the commit."""
    found = CONVERSATIONS.c
    chat = connection.execute(select(found.chat).where(found.id == case)).scalar_one_or_none()
    connection.execute(select(CHATS.c.id).where(CHATS.c.id == chat).with_for_update())
    outlived = (found.id == case) & text(ENDED) & (found.changed < before)
    if connection.execute(select(found.id).where(outlived)).first() is None:
        return False
    if record_until is not None:
        keep_records(connection, found.id == case, record_until)
    connection.execute(delete(FINGERPRINTS).where(FINGERPRINTS.c.case == case))
    of_case = SLOTS.c.name.endswith(f":{case}", autoescape=True)
    connection.execute(delete(SLOTS).where(SLOTS.c.chat == chat, of_case))
    connection.execute(delete(CONVERSATIONS).where(found.id == case))
    return True
