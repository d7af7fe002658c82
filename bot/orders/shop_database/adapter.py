"""A shop's own database, asked with one SELECT; nothing is ever written."""

import asyncio
from contextlib import suppress
from threading import Thread
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.orders.shop_database.settings import ShopDatabaseSettings
from bot.orders.shop_database.wire import Row, order_of
from bot.ports import PermanentFailure, TransientFailure
from flows.values import Order

MOST_ROWS = 100
SIDE_BY_SIDE = 4
WITHIN = 10.0
"""Seconds in which an answer has to come; the customer waits for it."""


class ShopDatabase:
    """See bot.ports.OrderSource.

    Questions have threads of their own, which nobody waits for: a shop that hangs would else take those by which
    photos are read and written, and hold up the bot's end.
    """

    def __init__(self, settings: ShopDatabaseSettings, *, within: float = WITHIN) -> None:
        self._seller = settings.seller
        self._query = text(settings.query)
        self._engine = create_engine(
            settings.url.get_secret_value(), pool_size=SIDE_BY_SIDE, pool_pre_ping=True
        )
        self._within = within
        self._free = asyncio.Semaphore(SIDE_BY_SIDE)

    async def find(self, *, number: str, fact: str) -> Order | None:
        """Ask for one order."""
        try:
            async with asyncio.timeout(self._within):
                await self._free.acquire()
                rows = await asyncio.shield(self._begun(number))
        except TimeoutError:
            raise TransientFailure("the shop's database does not answer") from None
        except DBAPIError as failure:
            raise TransientFailure(f"the shop's database: {type(failure.orig).__name__}") from None
        except SQLAlchemyError as fault:
            raise PermanentFailure(f"the shop's query: {type(fault).__name__}") from None
        try:
            return order_of(rows, seller=self._seller, fact=fact)
        except KeyError as fault:
            raise PermanentFailure(f"the shop's query gives no column {fault}") from None
        except (ValueError, TypeError):
            raise PermanentFailure("the shop's query gives a quantity that is no whole number") from None

    def _begun(self, number: str) -> asyncio.Future[list[Row]]:
        """Ask in a thread; a question that nobody waits for any longer keeps its place until it ends."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Row]] = loop.create_future()

        def ask() -> None:
            try:
                rows = self._rows(number)
            except Exception as fault:  # noqa: BLE001 - raised where it is waited for
                tell(answer.set_exception, fault)
            else:
                tell(answer.set_result, rows)

        def tell(how: Any, what: Any) -> None:
            with suppress(RuntimeError):  # the bot has ended
                loop.call_soon_threadsafe(how, what)

        answer.add_done_callback(self._ended)
        Thread(target=ask, name="shop database", daemon=True).start()
        return answer

    def _ended(self, answer: asyncio.Future[list[Row]]) -> None:
        self._free.release()
        if not answer.cancelled():
            answer.exception()  # looked at: nobody may wait for it any longer

    def _rows(self, number: str) -> list[Row]:
        with self._engine.connect() as connection:
            found = connection.execute(self._query, {"number": number}).mappings().fetchmany(MOST_ROWS)
            connection.rollback()
            return [dict(row) for row in found]

    async def aclose(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._engine.dispose)
