"""`clearshot console`: lets an operator into the console."""

import asyncio
from typing import Annotated

import typer

from bot.cli.given import settings_of
from bot.console_desk import console_link

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
LONGEST_NAME = 60


@app.command()
def console(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose link it is.")] = "Operator",
) -> None:
    """Print a link that lets an operator into the console: once, within a day."""
    settings = settings_of(context)
    words = " ".join(name.split())[:LONGEST_NAME]
    if not words:
        raise typer.BadParameter("is empty", param_hint="NAME")
    print(f"{settings.public_url}{asyncio.run(console_link(settings, words))}")
    if not settings.public_url:
        typer.echo("CLEARSHOT_PUBLIC_URL is not set: put the address of the bot before it", err=True)
