"""`clearshot photos judge`: the verdict on picture files, for people or one JSON object a line."""

from typing import Annotated

import typer

from bot.photos.command import judge_files

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def photos() -> None:
    """Judge picture files."""


@app.command()
def judge(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Picture files.")],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, in the order given.")
    ] = False,
) -> None:
    """Judge picture files as the bot would; exit code 0 whatever the verdicts."""
    for line in judge_files(files, as_json=as_json):
        print(line, flush=True)
