"""Tells when one chat sends more than a person can; counts, and knows nothing of Telegram or of storage.

Words, presses and photos each have a bucket, photos a far larger one, and one for their bytes: a customer who sends twenty albums is a
good customer, one who taps three hundred times is a program. What comes while a bucket is empty is dropped before it
is stored, and the chat is told once; it is told again only after the bucket was full in between. Time is when a message
was sent, as Telegram dates it: what gathered while the bot was away is no flood.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum, auto

from flows.events import ChatBlocked, ChoiceMade, Event, PhotoReceived

REMEMBERED_BUCKETS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How much may come at once, and how much again per second."""

    burst: float
    per_second: float


WORDS = Allowance(burst=30, per_second=3)
PRESSES = Allowance(burst=30, per_second=3)
PHOTOS = Allowance(burst=300, per_second=5)
MEGABYTES = Allowance(burst=1000, per_second=2)
"""Of photos and files: a thousand pictures as phones send them, fifty of the largest files that a bot may fetch."""

SET_BACK = 300.0
"""Seconds by which a clock goes back when it is set: updates overtake each other by less."""
LARGEST = 20.0
"""Megabytes of one file at most: a larger one is refused before it is fetched (Bot API, getFile)."""


class Ruling(Enum):
    """What becomes of an update."""

    TAKEN = auto()
    DROPPED = auto()
    DROPPED_FIRST = auto()
    """The first of a flood: the one that the chat is told about."""


@dataclass(slots=True)
class _Bucket:
    allowance: Allowance
    left: float = 0.0
    since: float = 0.0
    told: bool = False

    def is_full(self, now: float) -> bool:
        """Whether it is as one that was never drawn from: then it need not be remembered."""
        return self._refilled(now) >= self.allowance.burst

    def _refilled(self, now: float) -> float:
        more = max(0.0, now - self.since) * self.allowance.per_second
        return min(self.allowance.burst, self.left + more)

    def draw(self, now: float, amount: float = 1.0) -> Ruling:
        if now < self.since - SET_BACK:
            self.since = now
        self.left = self._refilled(now)
        self.since = max(self.since, now)
        if self.left >= self.allowance.burst:
            self.told = False
        if self.left >= amount:
            self.left -= amount
            return Ruling.TAKEN
        first, self.told = not self.told, True
        return Ruling.DROPPED_FIRST if first else Ruling.DROPPED

    def give_back(self, amount: float) -> None:
        self.left = min(self.allowance.burst, self.left + amount)


def _megabytes(photo: PhotoReceived) -> float:
    return min(photo.upload.size / 1_000_000, LARGEST)


@dataclass(slots=True)
class Flood:
    """The buckets of each chat that was heard of lately."""

    words: Allowance = WORDS
    presses: Allowance = PRESSES
    photos: Allowance = PHOTOS
    megabytes: Allowance = MEGABYTES
    _chats: OrderedDict[tuple[int, str], _Bucket] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        """How many buckets are remembered."""
        return len(self._chats)

    def rule(self, chat: int, event: Event, *, at: float) -> Ruling:
        """Rule on one update of a chat that was sent at `at` (Unix seconds)."""
        if isinstance(event, ChatBlocked):
            return Ruling.TAKEN
        self._forget_full(at)
        ruling = self._bucket(chat, event).draw(at)
        if ruling is Ruling.TAKEN and isinstance(event, PhotoReceived):
            return self._of_kind(chat, "megabytes", self.megabytes).draw(at, _megabytes(event))
        return ruling

    def _forget_full(self, now: float) -> None:
        """Let go what was not drawn from for longest, as far as it is full again: chats that rest cost nothing."""
        while self._chats and next(iter(self._chats.values())).is_full(now):
            self._chats.popitem(last=False)

    def give_back(self, chat: int, event: Event) -> None:
        """Undo a draw: the update was not stored, and Telegram will bring it again."""
        self._bucket(chat, event).give_back(1.0)
        if isinstance(event, PhotoReceived):
            self._of_kind(chat, "megabytes", self.megabytes).give_back(_megabytes(event))

    def _bucket(self, chat: int, event: Event) -> _Bucket:
        allowance, kind = self._allowance(event)
        return self._of_kind(chat, kind, allowance)

    def _of_kind(self, chat: int, kind: str, allowance: Allowance) -> _Bucket:
        key = (chat, kind)
        if key not in self._chats:
            self._chats[key] = _Bucket(allowance, left=allowance.burst)
            if len(self._chats) > REMEMBERED_BUCKETS:
                self._chats.popitem(last=False)
        self._chats.move_to_end(key)
        return self._chats[key]

    def _allowance(self, event: Event) -> tuple[Allowance, str]:
        if isinstance(event, PhotoReceived):
            return self.photos, "photos"
        return (self.presses, "presses") if isinstance(event, ChoiceMade) else (self.words, "words")
