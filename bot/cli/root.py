"""The root command: a table of commands that are imported only when they are run, so that help comes at once."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from bot.settings_table import ROWS


class Entry(NamedTuple):
    """Where a command lives, and its line in the help."""

    module: str
    line: str


COMMANDS = {
    "demo": Entry(
        "bot.cli.demo", "Run everything on this machine, with no account: sandbox Telegram, bot, inbox"
    ),
    "run": Entry("bot.cli.run", "Run the real bot, from settings"),
    "doctor": Entry(
        "bot.cli.doctor", "Check settings, token, database, photo store, sellers' inboxes and flows"
    ),
    "flows": Entry("bot.cli.flows", "Check and show flows"),
    "photos": Entry("bot.cli.photos", "Judge picture files"),
    "orders": Entry("bot.cli.orders", "Import orders; make a customer's link"),
    "sellers": Entry("bot.cli.sellers", "List the sellers, and invite their people"),
    "cases": Entry("bot.cli.cases", "Answer, ask for a photo, settle, give back"),
    "console": Entry("bot.cli.console", "Let an operator into the console"),
    "outbox": Entry("bot.cli.outbox", "List what could not be done; try it again"),
    "db": Entry("bot.cli.db", "Bring the database to this version"),
    "backup": Entry("bot.cli.backup", "Copy database and photos into one file, while the bot works"),
    "restore": Entry("bot.cli.restore", "Bring a backup into an empty database"),
    "forget": Entry("bot.cli.forget", "Delete everything that is known of a chat"),
}


class LazyCommands(TyperGroup):
    """A group that knows its commands by name and imports one when it is wanted."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the library's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the library's signature
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = typer.main.get_command(import_module(entry.module).app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the library's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in COMMANDS.items()])
        with formatter.section("Settings (environment, or a YAML file with the names in lower case)"):
            formatter.write_dl([(row.variable, f"{row.meaning} [{row.default}]") for row in ROWS])


app = typer.Typer(
    cls=LazyCommands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - the library's signature
    if not wanted:
        return
    metadata = import_module("importlib.metadata")
    try:
        typer.echo(f"clearshot {metadata.version('clearshot')}")
    except metadata.PackageNotFoundError:
        typer.echo("clearshot, from a source tree")
    raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    settings: Annotated[Path | None, typer.Option(help="Settings file (YAML).", metavar="FILE")] = None,
    version: Annotated[  # noqa: FBT002 - the callback prints it
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Clearshot guides customers to photos that settle a case, and delivers them to sellers, labelled."""
    context.obj = settings
