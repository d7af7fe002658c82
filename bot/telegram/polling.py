"""Asks Telegram for updates; the next offset, which acknowledges a batch, is asked for when all of it is committed."""

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from typing import Any

from bot.ports import PermanentFailure, TransientFailure
from bot.telegram.client import TelegramBot
from bot.telegram.courtesies import Courtesies
from bot.telegram.reading import amount
from bot.telegram.seller_chat import TakesUpdates
from bot.telegram.setup import ALLOWED_UPDATES
from bot.telegram.translate import chat_of
from storage.ports import StorageFailure

logger = logging.getLogger(__name__)

HOLD_SECONDS = 50
"""How long Telegram may hold an empty answer back (its own limit is 50 s, tdlib/telegram-bot-api)."""
BATCH = 100
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0


class Poller:
    """The getUpdates loop.

    The updates of one chat are committed one after the other, those of different chats side by side. When a commit
    fails, the offset stays and the batch is asked for again: what was committed of it is a repeat and changes nothing.
    An offset is sent once, to acknowledge; without one Telegram begins at the earliest update that is not acknowledged,
    so that ids that restart lower after a silent week (Bot API, Update) are not skipped.
    """

    def __init__(
        self,
        intake: TakesUpdates,
        bot: TelegramBot,
        *,
        courtesies: Courtesies,
        hold: int = HOLD_SECONDS,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._intake = intake
        self._bot = bot
        self._courtesies = courtesies
        self._hold = hold
        self._first_pause = first_pause
        self._offset = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask; a second time changes nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop at once; what is not committed stays with Telegram."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                await self._round()
                failures = 0
            except Exception as failure:  # noqa: BLE001 - this is the bot's ear: it outlives our own faults
                failures += 1
                pause = self._pause(failures, failure)
                logger.warning("no updates for %.1f s: %s", pause, _reason(failure))
                await asyncio.sleep(pause)

    async def _round(self) -> None:
        params = {"timeout": self._hold, "limit": BATCH, "allowed_updates": list(ALLOWED_UPDATES)}
        offset = {"offset": self._offset} if self._offset else {}
        updates = await self._bot.call("getUpdates", params | offset, wait=self._hold)
        if not isinstance(updates, list):
            raise TransientFailure("getUpdates brought no list")
        await self._take(updates)
        numbers = [amount(update, "update_id") for update in updates if isinstance(update, dict)]
        if updates and not any(numbers):
            raise TransientFailure("getUpdates brought no numbers")
        self._offset = max(numbers, default=-1) + 1

    async def _take(self, updates: list[Any]) -> None:
        """Commit a batch; raises the first StorageFailure after all chats have had their turn."""
        chats: defaultdict[int, list[Any]] = defaultdict(list)
        for place, update in enumerate(updates):
            chats[chat_of(update) or -place].append(update)
        outcomes = await asyncio.gather(*map(self._take_in_order, chats.values()), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _take_in_order(self, updates: list[Any]) -> None:
        for update in updates:
            courtesy = await self._intake.take(update)
            if courtesy is not None:
                self._courtesies.do(courtesy)

    def _pause(self, failures: int, failure: Exception) -> float:
        named = failure.retry_after if isinstance(failure, TransientFailure) else None
        ceiling = min(LONGEST_PAUSE, self._first_pause * 2.0 ** min(failures, 10))
        return max(named or 0.0, ceiling * random.uniform(0.5, 1))


def _reason(failure: Exception) -> str:
    if isinstance(failure, TransientFailure | PermanentFailure):
        return str(failure)
    if isinstance(failure, StorageFailure):
        return f"the store did not commit ({type(failure).__name__})"
    return type(failure).__name__
