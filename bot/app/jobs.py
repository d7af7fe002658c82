"""What the relay knows of an effect's performer: how to run it, how patient to be, and what a failure means."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.app.patience import Patience
from bot.app.reports import reason, where
from bot.ports import PermanentFailure, TransientFailure
from flows.events import Event
from storage.ports import OutboxRow, Slot

logger = logging.getLogger(__name__)

Pool = Literal["sends", "photos", "deliveries", "rest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a row: an event for its chat (stamped by the relay), and which message holds which slot now.

    `after` is done once the row counts as done, best effort.
    """

    event: Event | None = None
    slots: Mapping[tuple[int, str], Slot] = field(default_factory=dict)
    after: Callable[[], Awaitable[None]] | None = None


class NotReady(TransientFailure):
    """The row could not be made ready; that says nothing about the inbox it goes to."""


class GivenUp(PermanentFailure):
    """The row is kept for a person to look at; `event` is what its chat hears, instead of what its job would say."""

    def __init__(self, why: str, *, event: Event) -> None:
        super().__init__(why)
        self.event = event


Perform = Callable[[OutboxRow], Awaitable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One effect's performer.

    `perform` raises TransientFailure or PermanentFailure; anything else is our own fault. `surrender` makes the
    event of a row that is given up, `delayed` that of a first failure, `gate` names the inbox that a row goes to.
    """

    perform: Perform
    pool: Pool
    patience: Patience
    surrender: Callable[[Any], Event | None] = lambda _effect: None
    delayed: Callable[[Any], Event | None] = lambda _effect: None
    gate: Callable[[Any], str] = lambda _effect: ""


Jobs = Mapping[type, Job]


async def best_effort(work: Awaitable[None]) -> None:
    """Do what may stay undone."""
    try:
        await work
    except (TransientFailure, PermanentFailure) as failure:
        logger.info("left undone: %s", reason(failure))


async def guarded(work: Awaitable[None]) -> None:
    """Do what must end nothing else, whatever becomes of it."""
    try:
        await work
    except Exception as fault:  # noqa: BLE001 - a fault of ours; the row comes again
        logger.error("relay: %s at %s", type(fault).__name__, where(fault))
