"""What follows when an arrival was set aside: the operators are told, and the customer is asked to send it again."""

import asyncio
import logging
from dataclasses import replace

from bot.app.alarm import Alarm
from flows.events import FromCustomer, Garbled
from storage.ports import Arrival, Asides, StorageFailure, Streams

logger = logging.getLogger(__name__)


class Apologies:
    """Hears of arrivals that were set aside; an apology that fails too is logged and raises no other."""

    def __init__(self, *, asides: Asides, streams: Streams, alarm: Alarm) -> None:
        self._asides = asides
        self._streams = streams
        self._alarm = alarm
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Listen from now on."""
        self._asides.subscribe(self.hear)

    def hear(self, arrival: Arrival) -> None:
        """Take note of one arrival; never blocks."""
        kind = type(arrival.event).__name__
        self._alarm.sound(f"Set aside: {kind} from {arrival.source}. See: clearshot outbox list")
        if isinstance(arrival.event, FromCustomer) and not isinstance(arrival.event, Garbled):
            task = asyncio.get_running_loop().create_task(self._apologize(arrival))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _apologize(self, arrival: Arrival) -> None:
        event = Garbled(at=arrival.event.at, nonce=arrival.event.nonce, what="set aside")
        try:
            await self._streams.post(replace(arrival, id=f"{arrival.id}.aside", event=event, settles=()))
        except StorageFailure as failure:
            logger.warning("no apology: %s", failure)

    async def aclose(self) -> None:
        """Stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
