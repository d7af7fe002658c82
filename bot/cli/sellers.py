"""`clearshot sellers`: who gets bundles, and where."""

import typer

from bot.bootstrap import read_profiles
from bot.cli.given import settings_of

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def sellers() -> None:
    """List the sellers."""


@app.command(name="list")
def list_(context: typer.Context) -> None:
    """List the sellers and support, with the inbox of each."""
    for profile in read_profiles(settings_of(context)).profiles:
        print(f"{profile.id}\t{profile.name}\t{profile.locale}\t{profile.inbox}")
