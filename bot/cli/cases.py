"""`clearshot cases`: what a seller or operator does to a case, from a shell; a running bot tells the customer."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from bot.app.case_actions import CaseActions
from bot.app.clock import SystemClock
from bot.bootstrap import open_store
from bot.cli.given import awaited, settings_of
from bot.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _as_written(code: str) -> str:
    """Bring a code to the letters that codes have."""
    return code.strip().upper()


Code = Annotated[str, typer.Argument(metavar="CODE", help="The case's code.", callback=_as_written)]
Key = Annotated[str, typer.Option(help="The same key counts once.")]


@app.callback()
def cases() -> None:
    """Answer, ask for a photo, settle, give back."""


async def _act(settings: Settings, act: Callable[[CaseActions], Awaitable[None]]) -> None:
    async with open_store(settings) as store:
        await act(CaseActions(streams=store.streams, clock=SystemClock()))


@app.command()
def answer(context: typer.Context, case: Code, text: str, key: Key = "") -> None:
    """Bring the seller's words to the customer."""
    if not text.strip():
        raise typer.BadParameter("is empty", param_hint="TEXT")
    awaited(_act(settings_of(context), lambda cases: cases.answer(case, text, key=key)))
    print(f"{case}: answered")


@app.command()
def request(
    context: typer.Context,
    case: Code,
    text: Annotated[str, typer.Argument(help="What the photo should show.")] = "",
    label: Annotated[
        list[str] | None, typer.Option(help="A shot of the issue's flow; may be repeated.")
    ] = None,
    key: Key = "",
) -> None:
    """Ask the customer for one more photo."""
    awaited(
        _act(
            settings_of(context),
            lambda cases: cases.request_photo(case, text, labels=label or (), key=key),
        )
    )
    print(f"{case}: photo requested")


@app.command()
def settle(
    context: typer.Context, case: Code, text: Annotated[str, typer.Argument()] = "", key: Key = ""
) -> None:
    """Call the matter settled."""
    awaited(_act(settings_of(context), lambda cases: cases.settle(case, text, key=key)))
    print(f"{case}: settled")


@app.command(name="give-back")
def give_back(context: typer.Context, case: Code, key: Key = "") -> None:
    """Give a case that a person had taken over back to the bot."""
    awaited(_act(settings_of(context), lambda cases: cases.give_back(case, key=key)))
    print(f"{case}: given back to the bot")
