"""The streams in SQL: an arrival goes to the writer of its chat, or, from a guest, into the inbox of whoever works."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from flows.conversation import ChatState
from storage.codec import CodecFault, encode
from storage.ports import Arrival, Committed, StorageFailure
from storage.sql.database import Database
from storage.sql.group import CONVERSATIONS, INBOX, SEEN, load
from storage.sql.mapping import aware, inbox_columns, waiting_of
from storage.sql.writer import Writer
from storage.stepping import Waiting

CHANNEL = "clearshot"
INBOX_NOTICE = "inbox"
AT_ONCE = 200
"""Stored arrivals that are taken up at a time."""


class SqlStreams:
    """See storage.ports.Streams."""

    def __init__(self, database: Database, *, exclusive: bool, now: Callable[[], datetime]) -> None:
        self._database = database
        self._exclusive = exclusive
        self._now = now
        self.writers: Sequence[Writer] = ()  # set when the store opens

    async def post(self, arrival: Arrival) -> Committed:
        """Work an arrival; a guest on a running bot's database leaves it for the bot."""
        if not self._exclusive:
            return await self._leave(arrival)
        return await self._writer_of(arrival.chat).post(arrival)

    def _writer_of(self, chat: int) -> Writer:
        if not self.writers:
            raise StorageFailure("the store is not open")
        return self.writers[chat % len(self.writers)]

    async def _leave(self, arrival: Arrival) -> Committed:
        try:
            body = encode(arrival.event)
        except CodecFault as fault:
            raise StorageFailure(str(fault)) from None
        return await self._database.run(lambda c: _leave(c, arrival, body, now=self._now()))

    async def take_up(self) -> int:
        """Work what guests left, as far as it can be worked now; tells how many there were."""
        query = select(INBOX).where(~INBOX.c.aside).order_by(INBOX.c.id).limit(AT_ONCE)
        rows = await self._database.read(lambda c: c.execute(query).all())
        for row in rows:
            waiting = waiting_of(row)
            await self._writer_of(waiting.arrival.chat).post(waiting.arrival, inbox=waiting.inbox)
        return len(rows)

    async def load(self, chat: int) -> ChatState:
        """Read a chat as it is."""
        return await self._database.read(lambda c: load(c, chat))

    async def chats_of(self, case: str) -> int | None:
        """Tell the chat of a case."""
        query = select(CONVERSATIONS.c.chat).where(CONVERSATIONS.c.id == case)
        return await self._database.read(lambda c: c.execute(query).scalar_one_or_none())


def _leave(connection: Connection, arrival: Arrival, body: str, *, now: datetime) -> Committed:
    source, key = Waiting(arrival=arrival).key
    known = select(SEEN.c.id).where(SEEN.c.source == source, SEEN.c.id == key)
    if connection.execute(known).first() is not None:
        return Committed(repeated=True)
    connection.execute(insert(SEEN).values(source=source, id=key, at=aware(now)))
    columns = inbox_columns(arrival, body=body, now=now, aside=False, error="")
    connection.execute(insert(INBOX).values(columns))
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(CHANNEL, INBOX_NOTICE)))
    return Committed(waiting=True)
