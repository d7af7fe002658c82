"""`clearshot backup`: everything in one file, while the bot works."""

from pathlib import Path
from typing import Annotated

import typer

from bot.backup import back_up
from bot.cli.given import awaited, settings_of

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def backup(
    context: typer.Context,
    place: Annotated[
        Path, typer.Argument(metavar="FILE|DIR", help="Where to: a file, or a folder that is there.")
    ],
    photos: Annotated[bool, typer.Option(help="Photos too, or only the database.")] = True,  # noqa: FBT002 - an option
) -> None:
    """Copy database and photos of one moment into a file; it holds personal data, so keep it as safe as the bot."""
    copied = awaited(back_up(settings_of(context), place, photos=photos))
    gone = f", {copied.left_out} were forgotten meanwhile" if copied.left_out else ""
    print(f"{copied.file}: {copied.rows} rows, {copied.photos} photos{gone}")
