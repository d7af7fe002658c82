"""`clearshot outbox`: what could not be done, and another chance for it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from bot.app.dead_letters import ARRIVAL, MOST, Letter, lying, revive
from bot.bootstrap import open_store
from bot.cli.given import awaited, settings_of
from bot.cli.refused import Refused
from bot.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def outbox() -> None:
    """List what could not be done; try it again."""


@app.command(name="list")
def list_(context: typer.Context, limit: Annotated[int, typer.Option(min=1, max=MOST)] = 100) -> None:
    """List the dead letters and the arrivals that were set aside, oldest first, and count what waits."""
    letters, pending = awaited(_read(settings_of(context), limit))
    for letter in letters:
        print(f"{letter.id}\t{letter.what}\t{letter.why}")
    aside = sum(letter.id.startswith(ARRIVAL) for letter in letters)
    print(f"{len(letters) - aside} dead letters, {aside} arrivals set aside, {pending} waiting")


async def _read(settings: Settings, limit: int) -> tuple[Sequence[Letter], int]:
    async with open_store(settings) as store:
        return await lying(store.outbox, store.asides, limit=limit), await store.outbox.pending()


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
        wanted = ids or [one.id for one in await lying(store.outbox, store.asides, limit=MOST)]
        revived = [one for one in wanted if await revive(store.outbox, store.asides, one)]
    missing = [one for one in ids if one not in revived]
    if missing:
        raise Refused(f"there is nothing listed as {missing[0]}")
    return len(revived)
