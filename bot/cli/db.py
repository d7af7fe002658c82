"""`clearshot db`: the database's schema."""

import typer

from bot.bootstrap import upgrade
from bot.cli.given import awaited, settings_of

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def database() -> None:
    """Bring the database to this version."""


@app.command(name="upgrade")
def upgrade_(context: typer.Context) -> None:
    """Bring the schema to this version; does nothing where it is there already."""
    print(f"the database ({awaited(upgrade(settings_of(context)))}) is at this version")
