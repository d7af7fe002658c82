"""Reading doors to cases, and forgetting a customer, in SQL."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from flows.conversation import Conversation
from storage.codec import decode
from storage.ports import CaseLine, CaseRecord, StaleWrite
from storage.sql.database import Database
from storage.sql.group import CHATS, CONVERSATIONS, FINGERPRINTS, INBOX, OUTBOX, SLOTS, table
from storage.sql.orders import LINKS, TOKENS, TRIES
from storage.sql.tables import CaseRecordRow, RevisionRow
from storage.sql.times import aware

REPLICAS = 8
"""How often to try what others may be writing at the same time."""

REVISIONS, RECORDS = table(RevisionRow), table(CaseRecordRow)
LINE = [
    CONVERSATIONS.c[name]
    for name in (
        "id",
        "chat",
        "seller",
        "phase",
        "issue",
        "summary",
        "photos",
        "created",
        "changed",
        "bundles",
    )
]
"""What a line of a list needs: not the body, which fills pages of its own."""


class SqlCases:
    """See storage.ports.Cases."""

    def __init__(self, database: Database, *, forgotten: Callable[[int], None]) -> None:
        self._database = database
        self._forgotten = forgotten

    async def of_seller(
        self, seller: str, *, limit: int = 100, before: datetime | None = None
    ) -> Sequence[CaseLine]:
        """The cases of one seller, newest first."""
        query = select(*LINE).where(CONVERSATIONS.c.seller == seller, CONVERSATIONS.c.bundles > 0)
        if before is not None:
            query = query.where(CONVERSATIONS.c.created < before)
        query = query.order_by(CONVERSATIONS.c.created.desc()).limit(limit)
        return [case_line(row) for row in await self._database.read(lambda c: c.execute(query).all())]

    async def of_chat(self, chat: int) -> Sequence[Conversation]:
        """The cases of one chat, oldest first."""
        query = select(CONVERSATIONS).where(CONVERSATIONS.c.chat == chat).order_by(CONVERSATIONS.c.created)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [decode(row.body, expected=Conversation) for row in rows]

    async def earlier_fingerprints(self, case: str, *, limit: int = 5000) -> Sequence[str]:
        """Perceptual hashes of accepted photos in the other cases of a case's seller, newest first."""
        seller = select(CONVERSATIONS.c.seller).where(CONVERSATIONS.c.id == case).scalar_subquery()
        query = (
            select(FINGERPRINTS.c.hash)
            .where(FINGERPRINTS.c.seller == seller, FINGERPRINTS.c.case != case)
            .order_by(FINGERPRINTS.c.at.desc())
            .limit(limit)
        )
        return await self._database.read(lambda c: list(c.execute(query).scalars()))

    async def idle(self, *, before: datetime, limit: int = 100) -> Sequence[int]:
        """The chats that nothing happened in, longest first; those of a replica of before by their birth."""
        chats = CHATS.c
        told = select(chats.id).where(chats.touched < before).order_by(chats.touched).limit(limit)
        untold = select(chats.id).where(chats.touched.is_(None), chats.born < before).limit(limit)
        return await self._database.read(
            lambda c: [*c.execute(told).scalars(), *c.execute(untold).scalars()][:limit]
        )

    async def forget(self, chat: int, *, record_until: datetime | None = None) -> Sequence[str]:
        """Delete everything of a chat, but what must be kept."""
        codes = await self._database.run(lambda c: _forget(c, chat, record_until))
        self._forgotten(chat)
        return codes

    async def records(self, seller: str) -> Sequence[CaseRecord]:
        """What is kept for a seller, oldest first."""
        query = select(RECORDS).where(RECORDS.c.seller == seller).order_by(RECORDS.c.opened)
        rows = await self._database.read(lambda c: c.execute(query).all(), seller=seller)
        return [
            CaseRecord(
                case=row.case, seller=row.seller, order_number=row.order_number, issue=row.issue, photos=row.photos,
                opened=aware(row.opened), settled=aware(row.settled) if row.settled else None, until=aware(row.until),
            )
            for row in rows
        ]  # fmt: skip

    async def drop_records(self, *, before: datetime) -> int:
        """Delete records whose time is over."""
        over = delete(RECORDS).where(RECORDS.c.until < before)
        return await self._database.run(lambda c: c.execute(over).rowcount)


def case_line(row: Any) -> CaseLine:
    """Make the value of a row with the columns that `LINE` names."""
    return CaseLine(
        case=row.id, chat=row.chat, seller=row.seller, phase=row.phase, issue=row.issue, summary=row.summary,
        photos=row.photos, created=aware(row.created), changed=aware(row.changed), bundles=row.bundles,
    )  # fmt: skip


def _forget(connection: Connection, chat: int, record_until: datetime | None) -> list[str]:
    connection.execute(select(CHATS.c.id).where(CHATS.c.id == chat).with_for_update())
    if record_until is not None:
        keep_records(connection, CONVERSATIONS.c.chat == chat, record_until)
    codes = list(connection.execute(select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.chat == chat)).scalars())
    if codes:
        connection.execute(delete(FINGERPRINTS).where(FINGERPRINTS.c.case.in_(codes)))
    for target in (CONVERSATIONS, INBOX, OUTBOX, SLOTS, LINKS, TOKENS):
        connection.execute(delete(target).where(target.c.chat == chat))
    connection.execute(delete(TRIES).where(TRIES.c.key == f"chat:{chat}"))
    connection.execute(delete(CHATS).where(CHATS.c.id == chat))
    return codes


def keep_records(connection: Connection, which: ColumnElement[bool], until: datetime) -> None:
    """Leave of some cases what a seller must keep."""
    found = CONVERSATIONS.c
    given = select(
        found.id.label("case"), found.created.label("opened"), found.seller, found.order_number, found.issue,
        found.photos, found.settled,
    ).where(which, found.bundles > 0)  # fmt: skip
    rows = [{**row, "until": until} for row in connection.execute(given).mappings()]
    if rows:
        connection.execute(insert(RECORDS), rows)


class SqlRevisions:
    """See storage.ports.Revisions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, flows: Mapping[str, str]) -> None:
        """Keep merged flows; a hash that is known is left as it is."""

        def work(connection: Connection) -> None:
            known = set(connection.execute(select(REVISIONS.c.hash)).scalars())
            fresh = [{"hash": key, "body": body} for key, body in flows.items() if key not in known]
            if fresh:
                connection.execute(insert(REVISIONS), fresh)

        for _ in range(REPLICAS):
            with contextlib.suppress(StaleWrite):  # replicas that start together save the same
                await self._database.run(work)
                return
        await self._database.run(work)

    async def all(self) -> Mapping[str, str]:
        """Every kept revision by its hash."""
        rows = await self._database.read(lambda c: c.execute(select(REVISIONS)).all())
        return {row.hash: row.body for row in rows}
