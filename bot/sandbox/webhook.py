"""Delivers a bot's updates to its webhook: one at a time per lane, repeated until 2xx; decides nothing about chats.

Messages of a chat are one lane and a customer's presses another (Client.cpp: webhook_queue_id), so that a photo and a press
may overtake each other, as they do with Telegram.
"""

import asyncio
import logging
import random
import time

import aiohttp
import orjson

from bot.sandbox import limits
from bot.sandbox.journal import Journal
from bot.sandbox.mailbox import Update
from bot.sandbox.state import Bot, Webhook

_log = logging.getLogger(__name__)
_SUCCESS = range(200, 300)


class WebhookSender:
    """Deliver for one bot while its webhook stands; `retry_unit` is the length of Telegram's second between attempts."""

    def __init__(
        self, bot: Bot, *, session: aiohttp.ClientSession, journal: Journal, retry_unit: float
    ) -> None:
        self._bot = bot
        self._session = session
        self._journal = journal
        self._retry_unit = retry_unit
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(limits.WEBHOOK_CONNECTIONS[1])
        bot.mailbox.announce = self.wake

    def wake(self, lane: str) -> None:
        """Start a lane in which something waits, unless somebody works there."""
        if self._bot.webhook is not None and lane not in self._lanes:
            self._lanes[lane] = asyncio.create_task(self._work(lane, self._bot.webhook))

    def wake_all(self) -> None:
        """Start every lane in which something waits."""
        for lane in self._bot.mailbox.lanes():
            self.wake(lane)

    async def restart(self) -> None:
        """Give up what is under way, and begin anew with the webhook as it stands now."""
        await self.stop()
        if self._bot.webhook is not None:
            self._slots = asyncio.Semaphore(self._bot.webhook.max_connections)
            self.wake_all()

    async def stop(self) -> None:
        """End all deliveries."""
        tasks = list(self._lanes.values())
        self._lanes = {}  # before any wait: a lane that is woken meanwhile is not to be forgotten
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, lane: str, hook: Webhook) -> None:
        # The lane is given back in the same step that finds it empty, so that no update falls in between.
        while update := self._bot.mailbox.first_in(lane):
            await self._deliver(update, hook)
        if self._lanes.get(lane) is asyncio.current_task():
            del self._lanes[lane]

    async def _deliver(self, update: Update, hook: Webhook) -> None:
        failures = 0
        delay = self._retry_unit
        while self._bot.mailbox.holds(update):
            async with self._slots:
                wait = await self._attempt(update, hook)
            if wait is None:
                self._bot.mailbox.settle(update.id)
                return
            # Client.cpp: the first repeat comes at once, then the delay doubles.
            if wait == 0 and failures:
                most = random.uniform(1, 2) * limits.WEBHOOK_RESEND_SECONDS * self._retry_unit
                delay = min(most, delay * 2)
                wait = delay
            failures += 1
            await asyncio.sleep(wait)

    async def _attempt(self, update: Update, hook: Webhook) -> float | None:
        """Send one update once; return None when it was taken, else the seconds that the webhook asks to wait."""
        started = time.perf_counter()
        headers = {"Content-Type": "application/json"}
        if hook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = hook.secret_token
        try:
            async with self._session.post(
                hook.url, data=orjson.dumps(update.shape()), headers=headers
            ) as response:
                await response.read()
                status, reason = response.status, response.reason
                wait = _retry_after(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            status, reason, wait = 0, type(failure).__name__, 0.0
        self._journal.record(
            bot=self._bot.account.username,
            direction="webhook",
            method=next(iter(update.body)),
            parameters=update.shape(),
            status=status,
            answer=reason,
            seconds=time.perf_counter() - started,
        )
        if status in _SUCCESS:
            return None
        hook.last_error_date = int(time.time())
        hook.last_error_message = (
            f"Wrong response from the webhook: {status} {reason}"
            if status
            else f"Connection failed: {reason}"
        )
        _log.info("webhook refused update=%s status=%s", update.id, status)
        return wait


def _retry_after(response: aiohttp.ClientResponse) -> float:
    stated = response.headers.get("Retry-After", "")
    return float(min(int(stated), limits.WEBHOOK_RETRY_AFTER_SECONDS)) if stated.isdigit() else 0.0
