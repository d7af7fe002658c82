"""`clearshot outbox`: what could not be done, and another chance for it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from bot.app.reports import told
from bot.bootstrap import open_store
from bot.cli.given import awaited, settings_of
from bot.cli.refused import Refused
from bot.settings import Settings
from storage.ports import OutboxRow

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def outbox() -> None:
    """List what could not be done; try it again."""


@app.command(name="list")
def list_(context: typer.Context, limit: int = 100) -> None:
    """List the dead letters, oldest first, and count what waits."""
    rows, pending = awaited(_read(settings_of(context), limit))
    for row in rows:
        print(f"{row.id}\t{told(row).partition(' [')[0]}\t{row.error}")
    print(f"{len(rows)} dead letters, {pending} waiting")


async def _read(settings: Settings, limit: int) -> tuple[Sequence[OutboxRow], int]:
    async with open_store(settings) as store:
        return await store.outbox.dead(limit=limit), await store.outbox.pending()


@app.command()
def retry(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
) -> None:
    """Give dead letters another chance; a running bot takes them within a second or two."""
    if not ids and not every:
        raise Refused("name dead letters by their id, or all of them with --all")
    print(f"{awaited(_retry(settings_of(context), ids or []))} revived")


async def _retry(settings: Settings, ids: Sequence[str]) -> int:
    async with open_store(settings) as store:
        wanted = ids or [row.id for row in await store.outbox.dead(limit=10_000)]
        revived = [row_id for row_id in wanted if await store.outbox.revive(row_id)]
    missing = [row_id for row_id in ids if row_id not in revived]
    if missing:
        raise Refused(f"there is no dead letter {missing[0]}")
    return len(revived)
