"""`clearshot run`: the real bot."""

import typer

from bot.application import serve
from bot.cli.given import awaited, settings_of

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def run(context: typer.Context) -> None:
    """Run the real bot, from settings: polling, or by webhook where CLEARSHOT_PUBLIC_URL is set."""
    awaited(serve(settings_of(context)))
