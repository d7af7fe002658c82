"""Performs order look-ups: what a chat owns, by number and second fact, by deep link; guessing is limited."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.app.clock import Timepiece
from bot.app.jobs import Result
from bot.ports import OrderSource, PermanentFailure, TransientFailure
from flows.effects import FindOrders, RedeemLink
from flows.events import Event, OrderLinked, OrdersFound
from flows.values import Order
from storage.ports import Orders, OutboxRow

logger = logging.getLogger(__name__)

HOUR = 3600
TRIES_PER_CHAT = 5
TRIES_PER_NUMBER = 20
"""Guesses an hour (threat table: order-number enumeration)."""
ANSWER_TAKES = 0.25
"""Seconds that every answer takes at least, so that its time tells nothing."""


def _nameless(chat: int) -> str:
    """Count a chat's guesses under no name: they count on for their hour although the chat lets itself be forgotten."""
    return f"who:{hashlib.blake2b(str(chat).encode(), digest_size=16).hexdigest()}"


class Finder:
    """FindOrders: unknown and not yours are answered alike."""

    def __init__(
        self,
        *,
        orders: Orders,
        sources: Sequence[OrderSource],
        clock: Timepiece,
        answer_takes: float = ANSWER_TAKES,
    ) -> None:
        self._orders = orders
        self._sources = tuple(sources)
        self._clock = clock
        self._answer_takes = answer_takes

    async def __call__(self, row: OutboxRow) -> Result:
        """Look up, and remember what was proven."""
        effect: FindOrders = row.effect  # type: ignore[assignment]  # the table of performers pairs them
        if effect.what == "known":
            found = tuple(await self._orders.linked(row.chat))
            return Result(event=OrdersFound(case=effect.case, query=effect.query, orders=found))
        if row.attempts == 0 and not await self._may_try(row.chat, effect.number):
            return Result(event=OrdersFound(case=effect.case, query=effect.query, exhausted=True))
        order, _ = await asyncio.gather(self._by_number(effect), asyncio.sleep(self._answer_takes))
        if order is not None:
            await self._orders.link(row.chat, order, at=self._clock.now())
        found = (order,) if order is not None else ()
        return Result(event=OrdersFound(case=effect.case, query=effect.query, orders=found))

    async def _may_try(self, chat: int, number: str) -> bool:
        now = self._clock.now()
        of_number = "".join(number.split()).casefold()[:100]
        by_chat = await self._orders.count_try(
            _nameless(chat), at=now, limit=TRIES_PER_CHAT, per_seconds=HOUR
        )
        by_number = await self._orders.count_try(
            f"number:{of_number}", at=now, limit=TRIES_PER_NUMBER, per_seconds=HOUR
        )
        return by_chat and by_number

    async def _by_number(self, effect: FindOrders) -> Order | None:
        """Ask the store and every source, whoever knows first; a source that is down fails only an empty answer."""
        asked = [self._orders.find(effect.number, effect.fact)]
        asked += [source.find(number=effect.number, fact=effect.fact) for source in self._sources]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, Order):
                return replace(answer, verified=True)
        for answer in answers:
            if isinstance(answer, PermanentFailure):
                logger.error("an order source refuses: %s", answer)
            elif isinstance(answer, BaseException):
                raise answer if isinstance(answer, TransientFailure) else TransientFailure("order source")
        return None


def nothing_found(effect: FindOrders) -> Event:
    """Let the chat go on without an order."""
    return OrdersFound(case=effect.case, query=effect.query)


class Redeemer:
    """RedeemLink: a deep link proves whose order it is, once."""

    def __init__(self, *, orders: Orders, clock: Timepiece) -> None:
        self._orders = orders
        self._clock = clock

    async def __call__(self, row: OutboxRow) -> Result:
        """Use the token up for this chat."""
        effect: RedeemLink = row.effect  # type: ignore[assignment]  # the table of performers pairs them
        now = self._clock.now()
        order = await self._orders.redeem(effect.token, chat=row.chat, at=now)
        if order is None:
            return Result(event=OrderLinked(order=None))
        order = replace(order, verified=True)
        await self._orders.link(row.chat, order, at=now)
        return Result(event=OrderLinked(order=order))


def not_linked(_effect: RedeemLink) -> Event:
    """Treat a link that could not be looked up as unknown."""
    return OrderLinked(order=None)
