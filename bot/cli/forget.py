"""`clearshot forget`: deletes everything that is known of one chat."""

from typing import Annotated

import typer

from bot.app.privacy import names_of
from bot.bootstrap import forget_chat
from bot.cli.given import awaited, settings_of

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def forget(
    context: typer.Context,
    chat: Annotated[int, typer.Argument(metavar="CHAT", help="The chat's Telegram id.")],
) -> None:
    """Delete everything that is known of a chat: cases, photos, links. What sellers got stays with them, and is named."""
    cases = awaited(forget_chat(settings_of(context), chat))
    print(f"chat {chat} is forgotten: {len(cases)} cases")
    for given in (names_of(case) for case in cases if case.bundles):
        print(f"{given['case']}: {given['who']} has {given['count']} photos, and decides about them")
