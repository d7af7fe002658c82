"""Arrivals that wait for a group: every chat gets its turn, so that one that floods delays nobody; no I/O."""

import asyncio
from collections import deque
from dataclasses import dataclass

from storage.ports import Committed
from storage.stepping import Waiting, in_order

LARGEST = 256
"""Arrivals of one group: beyond it a transaction would hold its locks too long."""
PER_CHAT = 16
"""Arrivals of one chat in one group, while others wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """An arrival, and who waits for its commit."""

    waiting: Waiting
    done: asyncio.Future[Committed]

    def answer(self, committed: Committed) -> None:
        """Tell that it is committed; who gave up waiting is not told."""
        if not self.done.done():
            self.done.set_result(committed)

    def fail(self, failure: Exception) -> None:
        """Tell that nothing was written."""
        if not self.done.done():
            self.done.set_exception(failure)


class Pending:
    """First come, first served among chats; within a chat in order."""

    def __init__(self) -> None:
        self._chats: dict[int, deque[Posted]] = {}

    def __bool__(self) -> bool:
        return bool(self._chats)

    def add(self, posted: Posted) -> None:
        """Let an arrival wait."""
        self._chats.setdefault(posted.waiting.arrival.chat, deque()).append(posted)

    def take(self) -> list[Posted]:
        """Take the next group: a share of every chat that waits; who is cut short is first the next time."""
        taken: list[Posted] = []
        share = LARGEST if len(self._chats) == 1 else PER_CHAT
        for chat in list(self._chats):
            room = min(share, LARGEST - len(taken))
            if room <= 0:
                break
            first, rest = _split(self._chats.pop(chat), room)
            taken += first
            if rest:
                self._chats[chat] = rest
        return taken


def _split(posted: deque[Posted], room: int) -> tuple[list[Posted], deque[Posted]]:
    """Sort what waits in a chat and cut off what fits."""
    if len(posted) > 1:
        by_waiting = {id(one.waiting): one for one in posted}
        posted = deque(by_waiting[id(one)] for one in in_order([one.waiting for one in posted]))
    first = [posted.popleft() for _ in range(min(room, len(posted)))]
    return first, posted
