"""Delivers a bot's updates to its webhook: one at a time per lane, repeated until 2xx; decides nothing about chats.

Messages of a chat are one lane and a customer's presses another (Client.cpp: webhook_queue_id), so that a photo and a press
may overtake each other, as they do with Telegram.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import orjson

from bot.sandbox import limits
from bot.sandbox.journal import Journal
from bot.sandbox.mailbox import Update
from bot.sandbox.shapes import Json
from bot.sandbox.state import Bot, Webhook

_log = logging.getLogger(__name__)
_SUCCESS = range(200, 300)
_NOT_BY_ANSWER = ("get", "setwebhook", "deletewebhook", "close", "logout")
"""What a webhook's answer cannot call (WebhookActor.cpp)."""

CarryOut = Callable[[Bot, str, Json], Coroutine[Any, Any, None]]
"""Carry out a call that came as a webhook's answer: by its method and parameters."""


async def _carry_out_nothing(_bot: Bot, _method: str, _parameters: Json) -> None:
    """Stand in until the Bot API is there."""


class WebhookSender:
    """Deliver for one bot while its webhook stands; `retry_unit` is the length of Telegram's second between attempts."""

    def __init__(
        self, bot: Bot, *, session: aiohttp.ClientSession, journal: Journal, retry_unit: float
    ) -> None:
        self._bot = bot
        self._session = session
        self._journal = journal
        self._retry_unit = retry_unit
        self.carry_out: CarryOut = _carry_out_nothing
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._calls: set[asyncio.Task[None]] = set()
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
        tasks = [*self._lanes.values(), *self._calls]
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
                said = _call_in(response.content_type, await response.read())
                status, reason = response.status, response.reason
                wait = _retry_after(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            status, reason, wait, said = 0, type(failure).__name__, 0.0, {}
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
            if said:
                self._call(said)
            return None
        hook.last_error_date = int(time.time())
        hook.last_error_message = (
            f"Wrong response from the webhook: {status} {reason}"
            if status
            else f"Connection failed: {reason}"
        )
        _log.info("webhook refused update=%s status=%s", update.id, status)
        return wait

    def _call(self, said: Json) -> None:
        """Begin the call of an answer; the lane does not wait for it."""
        task = asyncio.create_task(self.carry_out(self._bot, said.pop("method"), said))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)


def _call_in(content_type: str, body: bytes) -> Json:
    """Read the call that an answer holds; empty when there is none."""
    try:
        said = orjson.loads(body) if content_type == "application/json" else None
    except orjson.JSONDecodeError:
        return {}
    call: Json = said if isinstance(said, dict) else {}
    method = str(call.get("method", "")).lower()
    return call if method and not method.startswith(_NOT_BY_ANSWER) else {}


def _retry_after(response: aiohttp.ClientResponse) -> float:
    stated = response.headers.get("Retry-After", "")
    return float(min(int(stated), limits.WEBHOOK_RETRY_AFTER_SECONDS)) if stated.isdigit() else 0.0
