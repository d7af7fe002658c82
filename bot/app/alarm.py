"""Tells the operators' chats what needs a person; never more than a message per half minute, never personal data."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from bot.app.clock import Timepiece
from bot.ports import Chat, PermanentFailure, TransientFailure
from flows.effects import Say
from flows.values import Span

logger = logging.getLogger(__name__)

PAUSE = timedelta(seconds=30)
LINES = 10
"""Lines of one alert; more are counted."""


class Alarm:
    """Alerts gather, and go out together; an alert that fails is logged and raises no other alert."""

    def __init__(self, *, chat: Chat, operators: Sequence[int], clock: Timepiece) -> None:
        self._chat = chat
        self._operators = tuple(operators)
        self._clock = clock
        self._lines: list[str] = []
        self._task: asyncio.Task[None] | None = None

    def sound(self, text: str) -> None:
        """Note an alert; it is sent at once when none was sent lately."""
        logger.warning("alert: %s", text)
        if not self._operators:
            return
        self._lines.append(text)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._send_all())

    async def tell(self, text: str) -> None:
        """Tell every operator now; raises the last failure when nobody could be told."""
        failures: list[TransientFailure | PermanentFailure] = []
        say = Say(spans=(Span(text=text),))
        for operator in self._operators:
            try:
                await self._chat.send(operator, say, None)
            except (TransientFailure, PermanentFailure) as failure:
                failures.append(failure)
        if failures and len(failures) == len(self._operators):
            raise failures[-1]

    async def _send_all(self) -> None:
        await asyncio.sleep(0)  # what fails in the same moment is told together
        failures = 0
        while self._lines:
            lines, self._lines = self._lines, []
            try:
                await self.tell(_composed(lines))
                failures = 0
            except TransientFailure as failure:
                failures += 1
                self._lines = [*lines, *self._lines]
                wait = max(failure.retry_after or 0.0, min(2.0**failures, 600.0))
                await self._clock.sleep_until(self._clock.steady() + timedelta(seconds=wait))
            except PermanentFailure:
                logger.error("no operator could be told of %d alerts", len(lines))
            else:
                await self._clock.sleep_until(self._clock.steady() + PAUSE)

    async def close(self) -> None:
        """Stop; what is not told yet stays in the dead letters and the log."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def _composed(lines: Sequence[str]) -> str:
    different = list(dict.fromkeys(lines))
    shown = different[:LINES]
    if len(different) > LINES:
        shown.append(f"... and {len(different) - LINES} more: clearshot outbox list")
    return "\n".join(shown)
