"""Presses: taps that Telegram drops after 150 s, and answers to taps that come too late; whoever tapped is asked again."""

import argparse
import asyncio
import contextlib
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.sandbox import limits
from bot.sandbox.client import SandboxRefused
from tests.chaos.crowd import ISSUE, SENT, USE, Talk, Walker, bears
from tests.chaos.wall_clock import WallClock, wall_clock
from tests.chaos.world import World, compare, world
from tests.journeys.customer import labels, words

PATIENCE = 900.0
LONGER = limits.PRESS_SECONDS + 1.0
REMINDER = timedelta(minutes=31)
"""After which the flow's first reminder is due."""
TOO_OLD = "query is too old"
HELD = 1.0
"""Seconds for which answers to taps are held back."""


@dataclass
class TelegramsClock:
    """The time as Telegram has it."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass(kw_only=True)
class Stage:
    """Where all customers meet: they have tapped in vain, then the bot is there again."""

    tapped: asyncio.Barrier
    goes_on: asyncio.Barrier


class Unlucky(Walker):
    """Taps while the bot is out of reach for longer than a tap is kept, twice; goes on as people do."""

    def __init__(self, place: World, talk: Talk, stage: Stage) -> None:
        super().__init__(place.client, talk, patience=PATIENCE)
        self._stage = stage

    async def _choose(self) -> None:
        await self._in_vain(ISSUE)
        if self.talk.number % 2:  # one taps again, the other writes and is asked again
            mark = self._client.mark()
            await self._client.send_text(self.talk.chat, "hello?")
            await self._client.wait_for(self.talk.chat, bears(ISSUE), PATIENCE, after=mark)
        await super()._choose()

    async def _send(self) -> None:
        mark = await self._in_vain(USE)
        reminder = await self._client.wait_for(
            self.talk.chat, lambda m: "go on with" in words(m), PATIENCE, after=mark
        )
        await self._client.press(self.talk.chat, reminder, "Continue", within=0)
        await self._client.wait_for(
            self.talk.chat,
            lambda m: int(m["message_id"]) > int(reminder["message_id"]) and USE in "".join(labels(m)),
            PATIENCE,
        )
        await self._tap(USE, until=SENT)

    async def _in_vain(self, button: str) -> int:
        """Tap once everybody sees it and the bot is out of reach; what is known when it is back does not count."""
        message = await self._client.wait_for(self.talk.chat, bears(button), PATIENCE)
        await self._stage.tapped.wait()
        label = next(label for label in labels(message) if button in label)
        with contextlib.suppress(SandboxRefused):
            await self._client.press(self.talk.chat, message, label, within=0)
        await self._stage.tapped.wait()
        await self._stage.goes_on.wait()
        return self._client.mark()


async def _out_of_reach(place: World, stage: Stage, telegram: TelegramsClock) -> int:
    """Let everybody tap while the bot cannot be reached, until Telegram has dropped it all; how many were dropped."""
    await stage.tapped.wait()
    place.balancer.closed = True
    await stage.tapped.wait()
    [waiting] = [bot["pending"] for bot in await place.client.bots()]
    telegram.ahead += LONGER
    async with asyncio.timeout(PATIENCE):
        while any(bot["pending"] for bot in await place.client.bots()):  # noqa: ASYNC110 - a server drops them
            await asyncio.sleep(0.1)
    place.balancer.closed = False
    await stage.goes_on.wait()
    return int(waiting)


async def _answered_late(place: World, telegram: TelegramsClock) -> None:
    """Hold every answer to a tap back, until it is too late for it."""
    await place.client.faults(
        {"kind": "slow", "method": "answerCallbackQuery", "seconds": HELD, "probability": 1.0}
    )
    while True:
        await asyncio.sleep(0.5)
        telegram.ahead += LONGER


async def presses(*, customers: int) -> dict[str, Any]:
    """Run one campaign."""
    started, telegram = time.monotonic(), TelegramsClock()
    talks = [Talk(number) for number in range(1, customers + 1)]
    with wall_clock() as clock:
        async with world(
            engine="sqlite", conversations=customers, extra=clock.environment, telegrams_clock=telegram
        ) as place:
            walks = asyncio.gather(*_walks(place, talks, stage := _stage(customers)))
            try:
                dropped = await _play(place, stage, telegram, clock)
                await walks
            finally:
                walks.cancel()
            owed = await place.until_quiet()
            letters = await asyncio.to_thread(lambda: place.owed(dead=True))
            late = [one for one in await place.client.calls(method="answerCallbackQuery") if _too_old(one)]
            await place.pack.stop()
            tally = compare(talks, place.pack.inbox)
            traced = place.log.count("Traceback")
    return {
        "campaign": "presses",
        "kills": 0,
        "conversations": customers,
        "photos": sum(len(talk.sent) for talk in talks),
        "taps_dropped": dropped,
        "answers_too_late": len(late),
        "lost": tally.lost,
        "doubled": tally.doubled,
        "order_faults": tally.order_faults,
        "repeated_texts": sum(talk.repeats for talk in talks),
        "unfinished": [talk.why_not for talk in talks if not talk.done][:3],
        "tracebacks": traced,
        "seconds": round(time.monotonic() - started),
        "wrong_at": [*tally.wrong, *tally.unfinished, *owed, *letters][:10],
    }


def _stage(customers: int) -> Stage:
    return Stage(tapped=asyncio.Barrier(customers + 1), goes_on=asyncio.Barrier(customers + 1))


def _walks(place: World, talks: list[Talk], stage: Stage) -> list[Any]:
    return [Unlucky(place, talk, stage).walk(link) for talk, link in zip(talks, place.links, strict=True)]


async def _play(place: World, stage: Stage, telegram: TelegramsClock, clock: WallClock) -> int:
    """Lose the first taps, then the last ones, remind everybody, and from then on answer taps too late."""
    async with asyncio.timeout(2 * PATIENCE):
        dropped = await _out_of_reach(place, stage, telegram)
        dropped += await _out_of_reach(place, stage, telegram)
        clock.set(REMINDER)
        async with asyncio.TaskGroup() as group:
            late = group.create_task(_answered_late(place, telegram))
            await _all_done(place, customers=stage.tapped.parties - 1)
            telegram.ahead += LONGER  # what is held back still comes too late too
            late.cancel()
            await asyncio.sleep(2 * HELD)
    return dropped


async def _all_done(place: World, *, customers: int) -> None:
    """Wait until each has a bundle with the seller."""
    while len(list(place.pack.inbox.glob("acme/*/manifest.json"))) < customers:  # noqa: ASYNC110 - a process writes
        await asyncio.sleep(0.1)


def _too_old(call: dict[str, Any]) -> bool:
    return TOO_OLD in str(call["answer"])


def main(arguments: list[str]) -> dict[str, Any]:
    """Read the command's own options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos presses", description=__doc__)
    parser.add_argument("--customers", type=int, default=24, help="at the same time")
    parser.add_argument("--small", action="store_true", help="2 customers")
    given = parser.parse_args(arguments)
    return asyncio.run(presses(customers=2 if given.small else given.customers))
