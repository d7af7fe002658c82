"""The streams in SQL: an arrival goes to the writer of its chat, or, from a guest, into the inbox of whoever works."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Update, func, insert, select, update

from flows.conversation import ChatState
from storage.codec import CodecFault, encode
from storage.ports import Arrival, Committed, SetAside, StorageFailure
from storage.sql.database import Database
from storage.sql.group import CONVERSATIONS, INBOX, SEEN, load
from storage.sql.mapping import inbox_columns, set_aside_of, waiting_of
from storage.sql.times import aware
from storage.sql.writer import Writer
from storage.stepping import Waiting

CHANNEL = "clearshot"
INBOX_NOTICE = "inbox"
AT_ONCE = 200
"""Stored arrivals that are taken up at a time."""


class SqlStreams:
    """See storage.ports.Streams and storage.ports.Asides."""

    def __init__(self, database: Database, *, exclusive: bool, now: Callable[[], datetime]) -> None:
        self._database = database
        self._exclusive = exclusive
        self._now = now
        self.writers: Sequence[Writer] = ()  # set when the store opens
        self._tell: Callable[[Arrival], None] | None = None

    def subscribe(self, tell: Callable[[Arrival], None]) -> None:
        """Tell of every arrival that is set aside."""
        self._tell = tell

    async def post(self, arrival: Arrival) -> Committed:
        """Work an arrival; a guest on a running bot's database leaves it for the bot."""
        if not self._exclusive:
            return await self._leave(arrival)
        return await self._work(arrival)

    async def _work(self, arrival: Arrival, *, inbox: int | None = None) -> Committed:
        committed = await self._writer_of(arrival.chat).post(arrival, inbox=inbox)
        if committed.set_aside and self._tell is not None:
            self._tell(arrival)
        return committed

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
            await self._work(waiting.arrival, inbox=waiting.inbox)
        return len(rows)

    async def aside(self, *, limit: int = 100) -> Sequence[SetAside]:
        """List what was set aside."""
        query = select(INBOX).where(INBOX.c.aside).order_by(INBOX.c.id).limit(limit)
        return [set_aside_of(row) for row in await self._database.read(lambda c: c.execute(query).all())]

    async def retry(self, aside: int) -> bool:
        """Let it wait again, for whoever works the streams."""
        again = update(INBOX).where(INBOX.c.id == aside, INBOX.c.aside).values(aside=False, error="")
        return await self._database.run(lambda c: _leave_again(c, again))

    async def load(self, chat: int) -> ChatState:
        """Read a chat as it is."""
        return await self._database.read(lambda c: load(c, chat))

    async def chats_of(self, case: str) -> int | None:
        """Tell the chat of a case."""
        query = select(CONVERSATIONS.c.chat).where(CONVERSATIONS.c.id == case)
        return await self._database.read(lambda c: c.execute(query).scalar_one_or_none())


def _leave_again(connection: Connection, again: Update) -> bool:
    if connection.execute(again).rowcount != 1:
        return False
    _announce(connection)
    return True


def _announce(connection: Connection) -> None:
    """Tell whoever works the streams that something waits."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(CHANNEL, INBOX_NOTICE)))


def _leave(connection: Connection, arrival: Arrival, body: str, *, now: datetime) -> Committed:
    source, key = Waiting(arrival=arrival).key
    known = select(SEEN.c.id).where(SEEN.c.source == source, SEEN.c.id == key)
    if connection.execute(known).first() is not None:
        return Committed(repeated=True)
    connection.execute(insert(SEEN).values(source=source, id=key, at=aware(now)))
    columns = inbox_columns(arrival, body=body, now=now, aside=False, error="")
    connection.execute(insert(INBOX).values(columns))
    _announce(connection)
    return Committed(waiting=True)
