"""The updates that wait for one bot: numbered, kept for their time, acknowledged by number; delivers nothing itself."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass

from bot.sandbox.archive import Archive
from bot.sandbox.shapes import Json

NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Spec getUpdates, allowed_updates."""
_FIRST_ID = 700_000_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One update; updates of one lane are delivered in order, `expires` is seconds since 1970."""

    id: int
    lane: str
    expires: float
    body: Json

    def shape(self) -> Json:
        """Return Telegram's Update."""
        return {"update_id": self.id, **self.body}


class Mailbox:
    """Queue updates in order of their numbers until they are acknowledged or too old."""

    def __init__(self, *, bot: int, archive: Archive, now: Callable[[], float]) -> None:
        self.allowed: list[str] | None = None
        self.announce: Callable[[str], None] = _nobody
        self._kind = f"update:{bot}"
        self._archive = archive
        self._now = now
        self._arrived = asyncio.Event()
        self._waiting: dict[int, Update] = {}
        self._lanes: dict[str, dict[int, Update]] = {}
        for row in archive.rows(self._kind):
            self._remember(Update(**row))
        self.next_id = max(self._waiting, default=_FIRST_ID - 1) + 1

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, kind: str, body: Json, *, lane: str, seconds: float) -> None:
        """Add one update, unless the bot does not want its kind."""
        wanted = kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT
        if not wanted:
            return
        update = Update(id=self.next_id, lane=lane, expires=self._now() + seconds, body={kind: body})
        self.next_id += 1
        self._remember(update)
        self._archive.save(self._kind, f"{update.id:012}", asdict(update))
        self._arrived.set()
        self.announce(lane)

    def first(self, limit: int) -> list[Update]:
        """Return the oldest updates that are neither acknowledged nor too old, at most `limit`."""
        found: list[Update] = []
        for update in list(self._waiting.values()):
            if len(found) == limit:
                break
            if self.holds(update):
                found.append(update)
        return found

    def first_in(self, lane: str) -> Update | None:
        """Return the oldest update of a lane."""
        return next(
            (update for update in list(self._lanes.get(lane, {}).values()) if self.holds(update)), None
        )

    def holds(self, update: Update) -> bool:
        """Say whether an update still waits; one that is too old is forgotten."""
        if update.expires <= self._now():
            self.settle(update.id)
        return update.id in self._waiting

    def lanes(self) -> list[str]:
        """Return the lanes in which something waits."""
        return list(self._lanes)

    def settle(self, update_id: int) -> None:
        """Forget one update."""
        update = self._waiting.pop(update_id, None)
        if update is None:
            return
        lane = self._lanes[update.lane]
        del lane[update_id]
        if not lane:
            del self._lanes[update.lane]
        self._archive.erase(self._kind, f"{update_id:012}")

    def acknowledge(self, offset: int) -> None:
        """Forget what is below the offset; a negative one keeps only that many from the end."""
        ids = list(self._waiting)
        for update_id in ids[:offset] if offset < 0 else [one for one in ids if one < offset]:
            self.settle(update_id)

    def clear(self) -> None:
        """Forget everything that waits."""
        for update_id in list(self._waiting):
            self.settle(update_id)

    def arrival(self) -> asyncio.Event:
        """Return an event that is set by the next update to come."""
        self._arrived = asyncio.Event()
        return self._arrived

    def _remember(self, update: Update) -> None:
        self._waiting[update.id] = update
        self._lanes.setdefault(update.lane, {})[update.id] = update


def _nobody(lane: str) -> None:
    """Stand in where no webhook sender listens."""
