"""`clearshot doctor`: checks everything that the bot needs, a line each."""

from typing import Annotated

import typer

from bot.cli.given import awaited, settings_of
from bot.diagnosis import diagnose

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def doctor(
    context: typer.Context,
    trials: Annotated[  # noqa: FBT002 - a switch of the command line
        bool, typer.Option(help="Send each inbox a bundle that says that it is a test; else only look.")
    ] = True,
) -> None:
    """Check settings, token, database, photo store, every seller's inbox, and flows; exit code 1 on a fault."""
    settings = settings_of(context)
    findings = awaited(diagnose(settings, trials=trials))
    for finding in findings:
        print(f"{'ok  ' if finding.well else 'FAIL'}  {finding.what}: {finding.said}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)
