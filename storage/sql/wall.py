"""The second wall between sellers: PostgreSQL shows a seller's transaction that seller's rows, whatever a query asks for.

The first wall is the seller in every query. Migration 0005 makes the policies; a role that PostgreSQL binds by none
(superusers, BYPASSRLS) is told of by `clearshot doctor`.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from storage.ports import StorageFailure

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

SETTING = "clearshot.seller"
"""Names the seller for whom a transaction works; empty = the bot's own work, which sees everything."""
_NAME = f"SELECT set_config('{SETTING}', %s, true)"
_UNBOUND = text("SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)")


async def stand_before(connection: "AsyncConnection", seller: str) -> None:
    """Name the seller until the transaction's end; its beginning travels along, so it takes one round trip.

    The mark keeps a seller without a name from being taken for nobody, who sees everything.
    """
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        async with driver.pipeline():
            await driver.execute(_NAME, (f"={seller}",))
    except connection.dialect.loaded_dbapi.Error as failure:
        await connection.invalidate()
        raise StorageFailure(type(failure).__name__) from None


def unbound_role(connection: Connection) -> str:
    """Name the role that we connect as, where no policy binds it; else ""."""
    if connection.dialect.name != "postgresql":
        return ""
    return str(connection.execute(_UNBOUND).scalar_one_or_none() or "")
