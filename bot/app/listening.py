"""Keeps listening to the inboxes that must be asked for answers: started anew, with patience, whenever one breaks off."""

import asyncio
import logging
from collections.abc import Mapping

from bot.app.hearing import Ears
from bot.ports import Listens, PermanentFailure, TransientFailure

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds before an inbox that broke off is listened to again."""
WELL_AFTER = 60.0
"""Seconds of listening after which the next break counts as the first."""


class Listening:
    """One task for each listening inbox."""

    def __init__(self, *, inboxes: Mapping[str, object], ears: Ears) -> None:
        self._listeners = {key: inbox for key, inbox in inboxes.items() if isinstance(inbox, Listens)}
        self._ears = ears
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        self._tasks = [
            asyncio.create_task(self._keep_on(seller, inbox), name=f"listening:{seller}")
            for seller, inbox in self._listeners.items()
        ]

    async def aclose(self) -> None:
        """End every task."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _keep_on(self, seller: str, inbox: Listens) -> None:
        loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
        while True:
            begun = loop.time()
            try:
                await inbox.listen(self._ears(seller))
                why = "ended"
            except (TransientFailure, PermanentFailure) as failure:
                why = str(failure)
            except Exception as fault:  # noqa: BLE001 - a fault of ours must not end the listening for good
                why = type(fault).__name__
            if loop.time() - begun > WELL_AFTER:
                pause = FIRST_PAUSE
            logger.warning("listening to the inbox of %s broke off: %s; again in %.0f s", seller, why, pause)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
