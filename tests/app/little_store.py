"""An outbox and streams on dicts whose failures a test can order; the contract suite keeps the real ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.testing import NOON
from flows.conversation import Chat, ChatState
from flows.effects import Effect, SetTimer
from storage.ports import (
    Arrival,
    Backlog,
    Committed,
    OutboxRow,
    Slot,
    StorageFailure,
    Waits,
    nothing_lost,
)


class LittleStore:
    """Both ports in one; `rows` are what would survive a crash."""

    def __init__(self) -> None:
        self.rows: dict[str, OutboxRow] = {}
        self.letters: dict[str, OutboxRow] = {}
        self.slots: dict[tuple[int, str], Slot] = {}
        self.arrivals: list[Arrival] = []
        self.seen: set[tuple[str, str]] = set()
        self.refusals = 0  # writes that fail before one succeeds
        self.posts = 0
        self.leased: set[str] = set()
        self.marks_wait = (
            False  # True: settled rows and slots are written by `write_marks`, as in a later group
        )
        self._marks: list[tuple[Sequence[str], Mapping[tuple[int, str], Slot]]] = []
        self._take: Callable[[Sequence[OutboxRow]], None] | None = None
        self._lose: Callable[[], None] = nothing_lost
        self.taken_over = False  # True: the lease ran out, and another process has the rows
        self.given_out_meanwhile: list[OutboxRow] = []  # while the lease, which ran out, is renewed
        self._count = 0

    def commit(self, *effects: Effect, chat: int = 1, lane: str | None = None) -> list[str]:
        """Commit effects as one group would, and hand them to the relay."""
        rows = []
        for effect in effects:
            self._count += 1
            due = NOON + effect.after if isinstance(effect, SetTimer) else NOON
            name = "" if isinstance(effect, SetTimer) else lane or f"chat:{chat}"
            row_id = f"row{self._count:04}"
            rows.append(OutboxRow(id=row_id, chat=chat, lane=name, effect=effect, due=due, created=NOON))
        self.rows.update({row.id: row for row in rows})
        self.leased.update(row.id for row in rows)
        if self._take is not None:
            self._take(rows)
        return [row.id for row in rows]

    def crash(self) -> None:
        """Forget what the process knew: the rows are orphans."""
        self.leased.clear()
        self._take = None

    @property
    def events(self) -> list[object]:
        return [arrival.event for arrival in self.arrivals]

    def _refuse(self) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StorageFailure("told to")

    # -- Streams -------------------------------------------------------------------------------------------

    async def post(self, arrival: Arrival) -> Committed:
        self._refuse()
        self.posts += 1
        if (arrival.source, arrival.id) in self.seen:
            return Committed(repeated=True)
        self.seen.add((arrival.source, arrival.id))
        self.arrivals.append(arrival)
        for row_id in arrival.settles:
            self.rows.pop(row_id)
        return Committed()

    async def load(self, chat: int) -> ChatState:
        return ChatState(chat=Chat(id=chat))

    async def chats_of(self, case: str) -> int | None:
        return 1 if case == "K7F3QX" else None

    # -- Outbox --------------------------------------------------------------------------------------------

    def subscribe(
        self, take: Callable[[Sequence[OutboxRow]], None], *, lose: Callable[[], None] = nothing_lost
    ) -> None:
        self._take, self._lose = take, lose

    async def still_mine(self) -> bool:
        if self.given_out_meanwhile:
            rows, self.given_out_meanwhile = self.given_out_meanwhile, []
            self._lose()
            if self._take is not None:
                self._take(rows)
            return False
        if self.taken_over:
            self._lose()
        return not self.taken_over

    async def settle(
        self, ids: Sequence[str], *, slots: Mapping[tuple[int, str], Slot] | None = None
    ) -> None:
        self._refuse()
        self._marks.append((ids, slots or {}))
        if not self.marks_wait:
            self.write_marks()

    def write_marks(self) -> None:
        """Write the marks that wait."""
        for ids, slots in self._marks:
            for row_id in ids:
                self.rows.pop(row_id, None)
            self.slots.update(slots)
        self._marks = []

    def lose_marks(self) -> None:
        """Let the marks that wait come to nothing: another process has the rows; it dies, and they come back."""
        self._marks = []
        self.leased.clear()

    async def postpone(self, row_id: str, *, due: datetime, attempts: int, error: str) -> bool:
        if row_id not in self.rows:
            return False
        self.rows[row_id] = replace(self.rows[row_id], due=due, attempts=attempts, error=error)
        return True

    async def bury(self, row_id: str, *, error: str) -> None:
        self.letters[row_id] = replace(self.rows.pop(row_id), error=error)

    async def slot(self, chat: int, name: str) -> Slot | None:
        waiting = (slots[chat, name] for _, slots in reversed(self._marks) if (chat, name) in slots)
        return next(waiting, self.slots.get((chat, name)))

    async def claim(self, *, now: datetime, limit: int = 500) -> Sequence[OutboxRow]:
        soon = now + timedelta(minutes=1)
        mine = [
            row
            for row in self.rows.values()
            if row.id not in self.leased or (not row.lane and row.due <= soon)
        ]
        self.leased.update(row.id for row in mine)
        return sorted(mine, key=lambda row: row.id)[:limit]

    async def dead(self, *, limit: int = 100) -> Sequence[OutboxRow]:
        return list(self.letters.values())[:limit]

    async def revive(self, row_id: str) -> bool:
        row = self.letters.pop(row_id, None)
        if row is not None:
            self.rows[row_id] = replace(row, attempts=0)
            self.leased.discard(row_id)
        return row is not None

    async def pending(self) -> int:
        return len(self.rows)

    async def backlog(self) -> Backlog:
        return Backlog(waiting={"other": Waits(rows=len(self.rows))}, dead=len(self.letters))
