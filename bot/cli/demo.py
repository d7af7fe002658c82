"""`clearshot demo`: everything on this machine, with no account."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.given import awaited
from bot.demo import demonstrate

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def demo(
    port: Annotated[
        int, typer.Option(help="Port of the chat page; 0 takes a free one.", min=0, max=65535)
    ] = 8765,
    data: Annotated[
        Path | None, typer.Option(help="Folder that keeps everything; without it nothing stays.")
    ] = None,
) -> None:
    """Run everything on this machine, with no account: sandbox Telegram, bot, sample orders, sellers' inbox."""
    awaited(demonstrate(port=port, data=data))
