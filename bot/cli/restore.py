"""`clearshot restore`: a backup into an empty database."""

from pathlib import Path
from typing import Annotated

import typer

from bot.backup import restore
from bot.cli.given import awaited, settings_of

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(name="restore")
def restore_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `clearshot backup` made.")],
) -> None:
    """Bring a backup into an empty database, on either engine; who asked to be forgotten since must be forgotten again."""
    copied = awaited(restore(settings_of(context), file))
    print(f"{copied.rows} rows and {copied.photos} photos are back")
