"""States that this process read or wrote lately.

Where others write too, a state is read every time, and only not decoded again while its text is the same. A process that is
alone with its SQLite file need not even read it, as long as the file itself says that nobody else wrote (`clearshot forget`
does). What the process deletes past its writer it says here. And a state that was trusted wrongly writes nothing: the
fence refuses what was made of it.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from flows.conversation import Chat, Conversation
from storage.codec import decode
from storage.stepping import Known, Written

MOST = 1024
"""Some five megabytes; a chat that rests falls out, and costs no memory."""

State = TypeVar("State", Chat, Conversation)
Name = int | str
"""A chat's number or a case's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A state, its text, and of a chat when this life of it began."""

    value: Chat | Conversation
    body: str
    born: datetime | None = None


class Recent:
    """A bounded memory of what is committed; one writer at a time uses it."""

    def __init__(self, *, alone: bool = False, most: int = MOST) -> None:
        self._alone = alone
        self._most = most
        self._entries: OrderedDict[Name, Entry] = OrderedDict()
        self._version: tuple[object, int] | None = None  # of the file, as this connection saw it
        self._doubted = False

    def look(self, connection: Connection) -> None:
        """Let everything go when it was doubted, or others wrote since the last look; a group begins with it."""
        doubted, self._doubted = self._doubted, False
        if self._alone:
            version = _version(connection)
            doubted |= version is None or version != self._version
            self._version = version
        if doubted:
            self._entries.clear()

    def chats(self, numbers: Collection[int]) -> dict[int, Known]:
        """Return the chats that need not be read; none where others write too."""
        return {
            one.value.id: Known(chat=one.value, born=one.born)
            for one in self._trusted(numbers)
            if isinstance(one.value, Chat) and one.born is not None
        }

    def conversations(self, codes: Collection[str]) -> dict[str, Conversation]:
        """Return the conversations that need not be read; none where others write too."""
        return {
            one.value.id: one.value for one in self._trusted(codes) if isinstance(one.value, Conversation)
        }

    def read(self, name: Name, body: str, *, expected: type[State], born: datetime | None = None) -> State:
        """Decode a text that was read, unless it is the one that is known; raises CodecFault."""
        known = self._entries.get(name)
        if known is not None and known.body == body and isinstance(known.value, expected):
            self._entries.move_to_end(name)
            return known.value
        state = decode(body, expected=expected)
        self._keep(name, Entry(value=state, body=body, born=born))
        return state

    def learn(self, chats: Iterable[Written[Chat]], conversations: Iterable[Written[Conversation]]) -> None:
        """Remember what was written, once it is committed."""
        for chat in chats:
            self._keep(chat.value.id, Entry(value=chat.value, body=chat.body, born=chat.at))
        for conversation in conversations:
            self._keep(conversation.value.id, Entry(value=conversation.value, body=conversation.body))

    def doubt(self) -> None:
        """Hear that what was written may not stand, or that something was deleted; from any thread."""
        self._doubted = True

    def _trusted(self, names: Collection[Name]) -> list[Entry]:
        found = []
        for name in names if self._alone else ():
            if (known := self._entries.get(name)) is not None:
                self._entries.move_to_end(name)
                found.append(known)
        return found

    def _keep(self, name: Name, entry: Entry) -> None:
        self._entries[name] = entry
        self._entries.move_to_end(name)
        if len(self._entries) > self._most:  # what was not asked for longest goes
            self._entries.popitem(last=False)


def _version(connection: Connection) -> tuple[object, int] | None:
    """Read what changes with every commit of another connection (sqlite.org/pragma.html#pragma_data_version).

    Asked of the driver itself, for it comes before every group; None where it cannot tell.
    """
    driver: Any = connection.connection.driver_connection
    try:
        return driver, driver.execute("PRAGMA data_version").fetchone()[0]
    except sqlite3.Error:
        return None
