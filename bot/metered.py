"""Meters around what already runs: updates taken in, effects carried out; says in the log which case is worked on."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bot.app.jobs import Job, Jobs, Perform, Result
from bot.logs import case_of, on_case
from bot.meters import Meters
from bot.ports import PermanentFailure, TransientFailure
from bot.telegram.courtesies import Courtesy
from bot.telegram.seller_chat import TakesUpdates
from flows.effects import DeliverBundle, JudgePhoto
from flows.events import PhotoJudged
from storage.ports import OutboxRow, StorageFailure

logger = logging.getLogger(__name__)

OUTCOMES: Mapping[type[Exception], str] = {
    TransientFailure: "again",
    StorageFailure: "again",
    PermanentFailure: "refused",
    Exception: "fault",
}


def outcome_of(failure: Exception) -> str:
    """Say in a word what a failure means for the row that it happened to."""
    return next(said for one, said in OUTCOMES.items() if isinstance(failure, one))


class MeteredIntake:
    """Counts and times updates on their way to the commit."""

    def __init__(self, intake: TakesUpdates, meters: Meters) -> None:
        self._intake = intake
        self._taken, self._refused = (meters.updates.labels(outcome) for outcome in ("taken", "refused"))
        self._seconds = meters.update_seconds

    async def take(self, update: Any) -> Courtesy | None:
        """Take one update, as the intake does."""
        began = time.perf_counter()
        try:
            courtesy = await self._intake.take(update)
        except StorageFailure:
            self._refused.inc()
            raise
        self._taken.inc()
        self._seconds.observe(time.perf_counter() - began)
        return courtesy


def metered(jobs: Jobs, meters: Meters) -> Jobs:
    """The same jobs, counted and timed, each with its case in the log."""
    return {kind: replace(job, perform=_metered(kind, job, meters)) for kind, job in jobs.items()}


def _metered(kind: type, job: Job, meters: Meters) -> Perform:
    seconds = meters.effect_seconds.labels(kind.__name__)

    async def perform(row: OutboxRow) -> Result:
        with on_case(case_of(row.effect)), seconds.time(), _counted(kind, job, row, meters):
            result = await job.perform(row)
            _note_verdict(row.effect, result, meters)
            return result

    return perform


@contextmanager
def _counted(kind: type, job: Job, row: OutboxRow, meters: Meters) -> Iterator[None]:
    outcome = "done"
    try:
        yield
    except Exception as failure:
        outcome = outcome_of(failure)
        raise
    finally:
        meters.effects.labels(kind.__name__, outcome).inc()
        if kind is DeliverBundle:
            meters.deliveries.labels(job.gate(row.effect), outcome).inc()
            logger.info("a bundle for %s: %s", job.gate(row.effect), outcome)


def _note_verdict(effect: Any, result: Result, meters: Meters) -> None:
    if isinstance(effect, JudgePhoto) and isinstance(result.event, PhotoJudged):
        meters.judged.inc()
        problems = result.event.verdict.problems
        again = [problem for problem in problems if effect.quality.actions.get(problem) == "retake"]
        meters.retaken.inc(bool(again))
        for problem in again:
            meters.retakes.labels(problem).inc()
