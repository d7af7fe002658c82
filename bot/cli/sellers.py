"""`clearshot sellers`: who gets bundles and where, and who reads them in the web inbox."""

import asyncio
from typing import Annotated, Literal

import typer

from bot.bootstrap import invite as let_in
from bot.bootstrap import read_profiles
from bot.cli.given import settings_of

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def sellers() -> None:
    """List the sellers, and invite their people."""


@app.command(name="list")
def list_(context: typer.Context) -> None:
    """List the sellers and support, with the inbox of each."""
    for profile in read_profiles(settings_of(context)).profiles:
        print(f"{profile.id}\t{profile.name}\t{profile.locale}\t{profile.inbox}")


@app.command()
def invite(
    context: typer.Context,
    seller: Annotated[str, typer.Argument(metavar="SELLER", help="The id in the sellers file.")],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Who it is, as customers and colleagues read it.")
    ],
    role: Annotated[Literal["owner", "agent"], typer.Option(help="An owner may invite others.")] = "owner",
    language: Annotated[
        Literal["", "en", "de", "es"], typer.Option(help="Of the pages; the seller's if not given.")
    ] = "",
) -> None:
    """Print a link that signs somebody in to a seller's web inbox: once, within a day. Again for one who is known."""
    settings = settings_of(context)
    words = " ".join(name.split())
    if not words:
        raise typer.BadParameter("is empty", param_hint="NAME")
    path = asyncio.run(let_in(settings, seller, words[:60], role=role, locale=language))
    print(f"{settings.public_url}{path}")
    if not settings.public_url:
        typer.echo("CLEARSHOT_PUBLIC_URL is not set: put the address of your bot before it", err=True)
