"""`clearshot orders`: load orders from a file; make a customer's single-use link."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bot.bootstrap import Faulty, OrdersFile, import_orders, open_store, read_orders, read_profiles
from bot.cli.given import awaited, settings_of
from bot.cli.refused import Refused
from bot.diagnosis import bot_name
from bot.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)
LINK_LASTS = timedelta(days=30)


@app.callback()
def orders() -> None:
    """Import orders; make a customer's link."""


@app.command(name="import")
def import_(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE.csv")]) -> None:
    """Load orders from a CSV file; a known order is brought up to date."""
    if not file.is_file():
        raise Refused(f"{file}: no such file")
    count, found = awaited(_import(settings_of(context), file))
    print(f"{count} orders imported")
    for line in found.strangers:
        typer.echo(line, err=True)
    if found.faults:
        raise Faulty(*found.faults)


async def _import(settings: Settings, file: Path) -> tuple[int, OrdersFile]:
    found = await read_orders(settings, file)
    async with open_store(settings) as store:
        return await import_orders(store, found), found


@app.command()
def link(
    context: typer.Context,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The order's number.")],
    seller: Annotated[str, typer.Option(help="Its seller, where two have the same number.")] = "",
) -> None:
    """Print a link that proves to the bot, once, that the order is its customer's."""
    print(awaited(_link(settings_of(context), order, seller)))


async def _link(settings: Settings, number: str, seller: str) -> str:
    now = datetime.now(UTC)
    async with open_store(settings) as store:
        order = await store.orders.get(number, seller=seller)
        if order is None and not seller:
            known = [one.id for one in read_profiles(settings).known]
            having = [one for one in known if await store.orders.get(number, seller=one) is not None]
            if len(having) > 1:
                raise Refused(
                    f"{len(having)} sellers have an order {number!r}: add --seller {having[0]}, or another of: {', '.join(having)}"
                )
        if order is None:
            raise Refused(f"there is no order {number!r}; clearshot orders import FILE.csv loads some")
        token = await store.orders.mint(order.number, seller=order.seller, at=now, expires=now + LINK_LASTS)
    return f"https://t.me/{await bot_name(settings)}?start={token}"
