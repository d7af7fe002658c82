"""`clearshot outbox`: what could not be done, and another chance for it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from bot.app.reports import told
from bot.bootstrap import open_store
from bot.cli.given import awaited, settings_of
from bot.cli.refused import Refused
from bot.settings import Settings
from storage.ports import OutboxRow, SetAside, Storage

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


ARRIVAL = "in:"
"""Begins the ids of arrivals that were set aside; rows of the outbox have none."""


@app.callback()
def outbox() -> None:
    """List what could not be done; try it again."""


@app.command(name="list")
def list_(context: typer.Context, limit: int = 100) -> None:
    """List the dead letters and the arrivals that were set aside, oldest first, and count what waits."""
    rows, asides, pending = awaited(_read(settings_of(context), limit))
    for row in rows:
        print(f"{row.id}\t{told(row).partition(' [')[0]}\t{row.error}")
    for aside in asides:
        print(f"{ARRIVAL}{aside.id}\t{aside.event} from {aside.source}\t{aside.error}")
    print(f"{len(rows)} dead letters, {len(asides)} arrivals set aside, {pending} waiting")


async def _read(settings: Settings, limit: int) -> tuple[Sequence[OutboxRow], Sequence[SetAside], int]:
    async with open_store(settings) as store:
        asides = await store.asides.aside(limit=limit)
        return await store.outbox.dead(limit=limit), asides, await store.outbox.pending()


@app.command()
def retry(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Everything that is listed.")] = False,
) -> None:
    """Give what is listed another chance; a running bot takes it within a second or two."""
    if not ids and not every:
        raise Refused("name them by the ids of `outbox list`, or all of them with --all")
    print(f"{awaited(_retry(settings_of(context), ids or []))} revived")


async def _retry(settings: Settings, ids: Sequence[str]) -> int:
    async with open_store(settings) as store:
        wanted = ids or await _listed(store)
        revived = [one for one in wanted if await _revive(store, one)]
    missing = [one for one in ids if one not in revived]
    if missing:
        raise Refused(f"there is nothing listed as {missing[0]}")
    return len(revived)


async def _listed(store: Storage) -> list[str]:
    dead = await store.outbox.dead(limit=10_000)
    asides = await store.asides.aside(limit=10_000)
    return [*(row.id for row in dead), *(f"{ARRIVAL}{aside.id}" for aside in asides)]


async def _revive(store: Storage, named: str) -> bool:
    number = named.removeprefix(ARRIVAL)
    if number != named and number.isdecimal():
        return await store.asides.retry(int(number))
    return await store.outbox.revive(named)
