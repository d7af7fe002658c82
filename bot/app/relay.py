"""The relay: carries out outbox rows, lane by lane; results return to the streams as events. It decides nothing.

Laws:
 1. Rows of a lane go in order, one at a time; lanes never wait for each other. An idle lane costs nothing.
 2. A row is settled after its effect, so a crash in between repeats the effect: a delivery carries a key, a
    Telegram text has none, and a repeat is better than a loss.
 3. Two failures: a transient one holds its own lane back, a permanent one becomes a dead letter, and is told.
 4. What nobody expected counts as transient a few times, and never ends the relay.
"""

import asyncio
import contextlib
import logging
import random
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.app.alarm import Alarm
from bot.app.clock import Timepiece
from bot.app.jobs import GivenUp, Job, Jobs, Result, best_effort, guarded
from bot.app.lanes import Held, Lane, still_to_wait
from bot.app.patience import STORE, UNEXPECTED, Chance, Patience
from bot.app.reports import reason, told, where
from bot.app.timers import Timers
from bot.app.turns import Turns
from bot.ports import PermanentFailure, TransientFailure
from flows.effects import AlertOperators, SetTimer
from flows.events import Event, TimerFired
from storage.ports import Arrival, Committed, Outbox, OutboxRow, StorageFailure, Streams
from storage.rows import HORIZON

logger = logging.getLogger(__name__)

STILL = 8
"""What was woken shows within this many turns of the loop."""
POLL = timedelta(seconds=1)
MARKS_TAKE = timedelta(seconds=10)
"""A row counts as done for us at once; its mark, which rides in a later group, is surely written by then."""


class Relay:
    """Takes committed rows, carries them out by `jobs`, and tells storage what became of them."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        streams: Streams,
        jobs: Jobs,
        alarm: Alarm,
        clock: Timepiece,
        chance: Chance = random.random,
    ) -> None:
        self._outbox = outbox
        self._streams = streams
        self._jobs = jobs
        self._alarm = alarm
        self._clock = clock
        self._chance = chance
        self._lanes: dict[str, Lane] = {}
        self._changed: dict[str, asyncio.Event] = {}
        self._turns = Turns(clock)
        self._timers = Timers()
        self._timer_set = asyncio.Event()
        self._held: set[str] = set()
        self._done: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._clockwork: list[asyncio.Task[None]] = []
        self._busy = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._stopping = False

    # -- life ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take over what an earlier process left, and everything that is committed from now on."""
        self._outbox.subscribe(self.take, lose=self.lose)
        await self._claim()
        self._clockwork = [asyncio.create_task(self._poll()), asyncio.create_task(self._keep_time())]

    async def stop(self, *, grace: float = 10.0) -> None:
        """Start nothing more, finish what is under way within `grace` seconds; the rest stays in the outbox."""
        self._stopping = True
        for task in self._clockwork:
            task.cancel()
        for changed in self._changed.values():
            changed.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.quiet(), grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._clockwork, return_exceptions=True)

    async def quiet(self) -> None:
        """Return once everything that can be done now is done; what waits for its time does not count."""
        still = 0
        while still < STILL:
            still = still + 1 if self._busy == 0 else 0
            await self._quiet.wait()
            await asyncio.sleep(0)

    def wake(self) -> None:
        """Look at every waiting lane again."""
        for changed in self._changed.values():
            changed.set()

    # -- taking rows ---------------------------------------------------------------------------------------

    def take(self, rows: Sequence[OutboxRow]) -> None:
        """Take committed rows; called by storage, never blocks."""
        for row in rows:
            if isinstance(row.effect, SetTimer):
                self._take_timer(row)
            elif row.id in self._done:  # its mark is on its way, or came while another process had the row
                self._spawn(self._settle([row.id], Result()))
            elif row.id not in self._held and not self._stopping:
                self._held.add(row.id)
                self._enter_lane(row)

    def lose(self) -> None:
        """Let go of every row that waits: another process may have it by now."""
        for name, lane in self._lanes.items():
            self._clear(lane)
            self._changed[name].set()

    def _clear(self, lane: Lane) -> None:
        self._held.difference_update(*(held.ids for held in lane.waiting))
        lane.waiting.clear()

    def _take_timer(self, row: OutboxRow) -> None:
        if row.due - self._clock.now() > HORIZON:
            self._timers.drop(row)
        else:
            self._timers.set(row)
            self._timer_set.set()

    def _enter_lane(self, row: OutboxRow) -> None:
        name = row.lane or f"row:{row.id}"
        known, lane = name in self._lanes, self._lanes.setdefault(name, Lane())
        steady, now = self._clock.steady(), self._clock.now()
        wait = still_to_wait(row, now=now, patience=self._jobs[type(row.effect)].patience)
        lane.add(row, now=steady, wait=wait, age=max(now - row.created, timedelta(0)))
        if known:
            self._changed[name].set()
            return
        self._changed[name] = asyncio.Event()
        self._spawn(self._work(name, lane))

    async def _poll(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.steady() + POLL)
            self._count(1)  # what has come due and is not claimed yet is no quiet
            try:
                await self._claim()
            except Exception as fault:  # noqa: BLE001 - law 4: the next poll may find the store well again
                logger.warning("outbox cannot be read: %s at %s", type(fault).__name__, where(fault))
            finally:
                self._count(-1)

    async def _claim(self) -> None:
        """Take rows over."""
        self.take(await self._outbox.claim(now=self._clock.now()))
        self._forget_marks(self._clock.steady() - MARKS_TAKE)

    def _forget_marks(self, past: datetime) -> None:
        for row_id in [row_id for row_id, when in self._done.items() if when < past]:
            del self._done[row_id]

    # -- timers --------------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        while True:
            while (row := self._timers.take_due(self._clock.now())) is not None:
                self._spawn(self._fire(row))
            self._timer_set.clear()
            due = self._timers.next_due()
            steady = None if due is None else self._clock.steady() + (due - self._clock.now())
            await self._either(steady, self._timer_set)

    async def _fire(self, row: OutboxRow) -> None:
        effect = row.effect
        if not isinstance(effect, SetTimer):
            return
        event = TimerFired(case=effect.case, name=effect.name, serial=effect.serial)
        # a timer set again may reuse its row's id; its due time tells the two apart
        await self._post(row, event, key=f"{row.id}@{row.due.isoformat()}", settles=(row.id,))
        self._forget(row.id)

    # -- lanes ---------------------------------------------------------------------------------------------

    async def _work(self, name: str, lane: Lane) -> None:
        changed = self._changed[name]
        try:
            while lane.waiting and not self._stopping:
                changed.clear()
                due = self._due(lane)
                if due > self._clock.steady():
                    await self._nap(due, changed)
                else:
                    await self._carry_out(lane, lane.take())
        finally:
            del self._lanes[name], self._changed[name]

    def _due(self, lane: Lane) -> datetime:
        """When to look at a lane again: a paused inbox is probed by whichever delivery waits for it."""
        due = lane.ready_at()
        probe = self._turns.next_probe(lane.gate)
        return due if probe is None else min(due, probe)

    async def _carry_out(self, lane: Lane, held: Held) -> None:
        job = self._jobs[type(held.row.effect)]
        lane.gate = job.gate(held.row.effect)
        try:
            if not await self._still_mine(held):
                return
            async with self._turns.turn(job.pool, lane.gate) as later:
                result = await job.perform(held.row) if later is None else Result()
        except StorageFailure as failure:
            self._turns.failed(lane.gate, failure)
            self._wait_for_store(lane, held, failure)
        except TransientFailure as failure:
            self._turns.failed(lane.gate, failure)
            await self._again(lane, held, job, failure, job.patience)
        except PermanentFailure as failure:
            self._answered(lane.gate)
            await self._give_up(held, job, failure)
        except Exception as fault:  # noqa: BLE001 - law 4
            self._turns.failed(lane.gate, fault)
            logger.error("%s: %s at %s", told(held.row), type(fault).__name__, where(fault))
            await self._again(lane, held, job, fault, UNEXPECTED)
        else:
            if later is None:
                self._answered(lane.gate)
                await self._finish(held, result)
            else:
                await self._tell_delay(job, held)
                lane.put_back(held, not_before=later)

    async def _still_mine(self, held: Held) -> bool:
        """Ask, holding nothing meanwhile: a row that is ours still may be given out again before the answer is here."""
        self._held.difference_update(held.ids)
        mine = True
        try:
            mine = await self._outbox.still_mine()
        finally:
            if mine:
                self._held.update(held.ids)
        return mine

    def _answered(self, gate: str) -> None:
        """An inbox that answers again need not be waited for any longer."""
        if not self._turns.answered(gate):
            return
        for name, lane in self._lanes.items():
            if lane.gate == gate and lane.waiting:
                lane.waiting[0].due = lane.not_before = None
                self._changed[name].set()

    # -- what becomes of a row -----------------------------------------------------------------------------

    async def _finish(self, held: Held, result: Result) -> None:
        if result.event is not None:
            await self._post(held.row, result.event, key=held.row.id, settles=held.ids)
            self._forget(*held.ids)
        else:
            await self._settle(held.ids, result)
        if result.after is not None:
            self._spawn(best_effort(result.after()))

    async def _settle(self, ids: Sequence[str], result: Result) -> None:
        await self._insist(lambda: self._outbox.settle(ids, slots=result.slots))
        self._forget(*ids)

    def _wait_for_store(self, lane: Lane, held: Held, failure: StorageFailure) -> None:
        """Try again when the store may be well; that is no attempt, and says nothing about the effect."""
        held.refused += 1
        wait = STORE.delay(held.refused, self._chance)
        logger.warning("%s waits for the store: %s", told(held.row), failure)
        lane.put_back(held, not_before=self._clock.steady() + timedelta(seconds=wait))

    async def _again(self, lane: Lane, held: Held, job: Job, failure: Exception, patience: Patience) -> None:
        """Hold the lane back and try again later, or give the row up."""
        now = self._clock.now()
        failures = held.row.attempts + 1
        if patience.over(failures, self._clock.steady() - held.born):
            await self._give_up(held, job, failure)
            return
        named = getattr(failure, "retry_after", None)
        wait = max(patience.delay(failures, self._chance), named or 0.0)
        due, error = now + timedelta(seconds=wait), reason(failure)
        held.row = replace(held.row, attempts=failures, due=due, error=error)
        logger.warning("%s: attempt %d failed, again in %.1f s: %s", told(held.row), failures, wait, error)
        lane.put_back(held, not_before=self._clock.steady() + timedelta(seconds=wait))
        await self._tell_delay(job, held)
        try:
            if not await self._outbox.postpone(held.row.id, due=due, attempts=failures, error=error):
                self._held.difference_update(
                    lane.drop(held)
                )  # it is done, or another's; what came after it may be ours
        except StorageFailure as fault:
            logger.warning("%s: cannot be postponed: %s", told(held.row), type(fault).__name__)

    async def _tell_delay(self, job: Job, held: Held) -> None:
        event = job.delayed(held.row.effect)
        if event is not None and not held.told:
            held.told = True
            await self._post(held.row, event, key=f"{held.row.id}.delayed")

    async def _give_up(self, held: Held, job: Job, failure: Exception) -> None:
        """Make the row a dead letter, and tell its chat and the operators."""
        event = failure.event if isinstance(failure, GivenUp) else job.surrender(held.row.effect)
        if event is not None:
            await self._post(held.row, event, key=f"{held.row.id}.failed")
        await self._insist(lambda: self._outbox.bury(held.row.id, error=reason(failure)))
        if held.absorbed:
            await self._insist(lambda: self._outbox.settle(held.absorbed))
        self._forget(*held.absorbed)
        self._held.discard(held.row.id)  # an operator may revive it at once
        logger.error("%s: given up: %s", told(held.row), reason(failure))
        if not isinstance(held.row.effect, AlertOperators):
            self._alarm.sound(f"Given up: {told(held.row)} ({reason(failure)}). See: clearshot outbox list")

    def _forget(self, *ids: str) -> None:
        """Let rows go that are done."""
        self._held.difference_update(ids)
        self._done.update(dict.fromkeys(ids, self._clock.steady()))

    async def _post(self, row: OutboxRow, event: Event, *, key: str, settles: tuple[str, ...] = ()) -> None:
        stamped = replace(event, at=self._clock.now(), nonce=secrets.token_hex(8))
        arrival = Arrival(source="outbox", id=key, chat=row.chat, event=stamped, settles=settles)
        committed: Committed = await self._insist(lambda: self._streams.post(arrival))
        if committed.repeated and settles:
            await self._insist(lambda: self._outbox.settle(settles))

    async def _insist(self, write: Any) -> Any:
        """Repeat a write until the store takes it: the effect is done, and must not be done again for its sake."""
        failures = 0
        while True:
            try:
                return await write()
            except StorageFailure as failure:
                failures += 1
                logger.warning("store refuses a write: %s", type(failure).__name__)
                wait = timedelta(seconds=STORE.delay(failures, self._chance))
                await self._clock.sleep_until(self._clock.steady() + wait)

    # -- waiting and counting ------------------------------------------------------------------------------

    async def _nap(self, due: datetime, changed: asyncio.Event) -> None:
        self._count(-1)
        try:
            await self._either(due, changed)
        finally:
            self._count(1)

    async def _either(self, due: datetime | None, event: asyncio.Event) -> None:
        """Wait for a time or an event, whichever comes first."""
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(event.wait())]
        if due is not None:
            waits.append(asyncio.create_task(self._clock.sleep_until(due)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._count(1)
        task = asyncio.create_task(guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._count(-1)

    def _count(self, change: int) -> None:
        self._busy += change
        if self._busy:
            self._quiet.clear()
        else:
            self._quiet.set()
