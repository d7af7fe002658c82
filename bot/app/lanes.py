"""The rows of one lane that wait, in order, and the law that a later unsent Say supersedes its slot; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.app.patience import Patience
from flows.effects import Say
from storage.ports import OutboxRow

PATIENCE_FOR_SUPERSEDERS = 3
"""A Say that keeps being superseded is shown after this many times its delay."""


LONGEST_NAMED = timedelta(minutes=1)
"""A wait that Telegram names is kept this far over a restart; asked too early, it names the rest."""


def still_to_wait(row: OutboxRow, *, now: datetime, patience: Patience) -> timedelta:
    """Tell how long a row that failed in an earlier life waits on.

    Its own patience is the bound: a clock that was set back by hours since would hold it, and its lane, as long.
    """
    if not row.attempts:
        return timedelta(0)
    longest = max(timedelta(seconds=patience.longest(row.attempts)), LONGEST_NAMED)
    return min(max(row.due - now, timedelta(0)), longest)


@dataclass(slots=True, kw_only=True)
class Held:
    """A row in memory, with the rows that it makes superfluous: they count as done when it is. Times are steady ones."""

    row: OutboxRow
    came: datetime
    first: datetime  # when the first of those that it supersedes came
    born: datetime  # when it was committed, by the clock as it went when the row came
    due: datetime | None = None  # not before: it failed in an earlier life
    absorbed: tuple[str, ...] = ()
    told: bool = False  # that it is delayed
    refused: int = 0  # how often our own store was the reason that it could not be carried out

    @property
    def ids(self) -> tuple[str, ...]:
        """The rows that are done when this one is."""
        return (*self.absorbed, self.row.id)

    @property
    def say(self) -> Say | None:
        """What it says, if it speaks into a slot."""
        effect = self.row.effect
        return effect if isinstance(effect, Say) and effect.slot else None


class Lane:
    """One lane. `not_before` holds the whole lane back after a failure."""

    def __init__(self) -> None:
        self.waiting: list[Held] = []
        self.not_before: datetime | None = None
        self.gate = ""  # the inbox whose recovery would make waiting needless

    def add(
        self, row: OutboxRow, *, now: datetime, wait: timedelta = timedelta(0), age: timedelta = timedelta(0)
    ) -> None:
        """Put a row in its place, by its commit; let it supersede a waiting Say of its slot."""
        held = Held(row=row, came=now, first=now, due=now + wait if wait else None, born=now - age)
        later = (place for place, one in enumerate(self.waiting) if row.comes_before(one.row))
        place = next(later, len(self.waiting))
        earlier = _of_same_slot(self.waiting[:place], held)
        if earlier is None:
            self.waiting.insert(place, held)
        else:
            self._merge(earlier, held)

    def _merge(self, earlier: Held, later: Held) -> None:
        """An edit is shown at once in the earlier one's place; a new message stays last and closes what was open."""
        before, after = earlier.say, later.say
        if before is None or after is None:
            return
        later.absorbed = (*earlier.absorbed, earlier.row.id, *later.absorbed)
        later.first = earlier.first
        later.due = max(filter(None, (earlier.due, later.due)), default=None)
        attempts = max(earlier.row.attempts, later.row.attempts)
        if after.place == "edit":
            merged = replace(after, place=before.place, closing=before.closing)
            later.row = replace(later.row, effect=merged, attempts=attempts)
            self.waiting[self.waiting.index(earlier)] = later
            return
        closing = before.closing if before.place == "new" else after.closing
        later.row = replace(later.row, effect=replace(after, closing=closing), attempts=attempts)
        self.waiting.remove(earlier)
        self.waiting.append(later)

    def ready_at(self) -> datetime:
        """When the first row may go: not before a retry is due, nor before a superseder had its chance to come."""
        first = self.waiting[0]
        effect = first.row.effect
        delay = effect.delay if isinstance(effect, Say) and len(self.waiting) == 1 else timedelta(0)
        ready = min(first.came + delay, first.first + PATIENCE_FOR_SUPERSEDERS * delay)
        return max(ready, first.due or ready, self.not_before or ready)

    def take(self) -> Held:
        """Take the first row out."""
        self.not_before = None
        return self.waiting.pop(0)

    def drop(self, held: Held) -> tuple[str, ...]:
        """Take a row out that was put back, unless another superseded it meanwhile; the ids that are let go."""
        if all(one is not held for one in self.waiting):
            return ()
        self.waiting = [one for one in self.waiting if one is not held]
        self.not_before = None
        return held.ids

    def put_back(self, held: Held, *, not_before: datetime) -> None:
        """Return a row to the front; what came meanwhile for its slot supersedes it."""
        self.not_before = not_before
        later = _of_same_slot(self.waiting, held)
        self.waiting.insert(0, held)
        if later is not None:
            self.waiting.remove(later)
            self._merge(held, later)


def _of_same_slot(waiting: Sequence[Held], held: Held) -> Held | None:
    """The last row that speaks into the same slot; there is one at most, as rows of a slot merge."""
    say = held.say
    found = [one for one in waiting if say and one.say and one.say.slot == say.slot]
    return found[-1] if found else None
