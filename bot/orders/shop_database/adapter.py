"""A shop's own database, asked with one SELECT; nothing is ever written."""

import asyncio

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.orders.shop_database.settings import ShopDatabaseSettings
from bot.orders.shop_database.wire import Row, order_of
from bot.ports import PermanentFailure, TransientFailure
from flows.values import Order

MOST_ROWS = 100


class ShopDatabase:
    """See bot.ports.OrderSource."""

    def __init__(self, settings: ShopDatabaseSettings) -> None:
        self._seller = settings.seller
        self._query = text(settings.query)
        self._engine = create_engine(settings.url.get_secret_value(), pool_size=2, pool_pre_ping=True)

    async def find(self, *, number: str, fact: str) -> Order | None:
        """Ask for one order."""
        try:
            rows = await asyncio.to_thread(self._rows, number)
        except DBAPIError as failure:
            raise TransientFailure(f"the shop's database: {type(failure.orig).__name__}") from None
        except SQLAlchemyError as fault:
            raise PermanentFailure(f"the shop's query: {type(fault).__name__}") from None
        try:
            return order_of(rows, seller=self._seller, fact=fact)
        except (KeyError, ValueError) as fault:
            raise PermanentFailure(f"the shop's query does not give {fault}") from None

    def _rows(self, number: str) -> list[Row]:
        with self._engine.connect() as connection:
            found = connection.execute(self._query, {"number": number}).mappings().fetchmany(MOST_ROWS)
            connection.rollback()
            return [dict(row) for row in found]

    async def aclose(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._engine.dispose)
