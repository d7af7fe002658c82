"""The live feed: what changes in chats, numbered, for the page and for drivers; knows no HTTP."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import orjson

REMEMBERED = 2000
"""How many events a reader may lag behind or miss while it reconnects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change, already encoded; `call` marks the Bot API traffic that only the drawer wants."""

    seq: int
    call: bool
    encoded: bytes


@dataclass(eq=False, slots=True)
class Reader:
    """One open connection that is fed; `None` in its queue means that it must end."""

    wants_calls: bool
    queue: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(REMEMBERED))

    def offer(self, event: Event) -> bool:
        """Hand over one event; say whether there was room."""
        if event.call and not self.wants_calls:
            return True
        if self.queue.full():
            return False
        self.queue.put_nowait(event)
        return True

    def end(self) -> None:
        """Tell the connection to close, even when its queue is full."""
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Feed:
    """Number events, remember the newest, hand them to every reader."""

    def __init__(self) -> None:
        self.seq = 0
        self._recent: deque[Event] = deque(maxlen=REMEMBERED)
        self._readers: set[Reader] = set()
        self._closed = False

    def publish(self, kind: str, **body: Any) -> int:
        """Number one event and hand it out; the number is returned."""
        self.seq += 1
        event = Event(
            seq=self.seq, call=kind == "call", encoded=orjson.dumps({"seq": self.seq, "type": kind, **body})
        )
        self._recent.append(event)
        for reader in [one for one in self._readers if not one.offer(event)]:
            self.leave(reader)
            reader.end()
        return self.seq

    def join(self, *, after: int | None, wants_calls: bool) -> tuple[Reader, list[Event] | None]:
        """Start reading; also return what was missed since `after`, or None when that is no longer known."""
        reader = Reader(wants_calls)
        if self._closed:
            reader.end()
        self._readers.add(reader)
        if after is None or after == self.seq:
            return reader, []
        oldest = self._recent[0].seq if self._recent else self.seq + 1
        if after > self.seq or after < oldest - 1:
            return reader, None
        return reader, [one for one in self._recent if one.seq > after and (wants_calls or not one.call)]

    def leave(self, reader: Reader) -> None:
        """Stop feeding a reader."""
        self._readers.discard(reader)

    def close(self) -> None:
        """End every reader, and those still to come."""
        self._closed = True
        for reader in self._readers:
            reader.end()
