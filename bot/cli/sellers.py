"""`clearshot sellers`: who gets bundles and where, and who reads them in the web inbox."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.bootstrap import inbox_blocks, kept_records, read_profiles, schema_of_sellers, sellers_faults
from bot.bootstrap import invite as let_in
from bot.cli.given import settings_of
from bot.cli.refused import Refused
from bot.text_files import read_text

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def sellers() -> None:
    """List the sellers, check their file, and invite their people."""


@app.command(name="list")
def list_(
    context: typer.Context,
    seller: Annotated[str, typer.Argument(metavar="[SELLER]", help="Only this one.")] = "",
) -> None:
    """List the sellers and support, each with everything that is in force for them; secrets are not shown."""
    settings = settings_of(context)
    found = read_profiles(settings)
    blocks = inbox_blocks(settings, found)
    shown = [profile for profile in found.profiles if seller in {"", profile.id}]
    if not shown:
        raise Refused(
            f"there is no seller {seller}; there are: {', '.join(one.id for one in found.profiles)}"
        )
    for profile in shown:
        print(f"{profile.id}\t{profile.name}\t{profile.locale}\t{profile.inbox}")
        for name, value in found.in_force(profile, blocks[profile.id]):
            print(f"    {name + ':':20} {value}")


@app.command()
def check(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Else the one of the settings.")] = None,
) -> None:
    """Check a sellers file with the inboxes and flows it speaks of; one file:line:column line for each fault."""
    settings = settings_of(context)
    wanted = file or settings.sellers
    if wanted is None:
        raise Refused("name a file, or set CLEARSHOT_SELLERS")
    faults = sellers_faults(settings, str(wanted), read_text(wanted))
    for fault in faults:
        print(fault)
    if faults:
        raise typer.Exit(1)
    print(f"{wanted}: no faults")


@app.command()
def schema(context: typer.Context) -> None:
    """Print the JSON Schema of the sellers file, for editors; it knows the shots of your flows."""
    print(json.dumps(schema_of_sellers(settings_of(context)), indent=2))


@app.command()
def records(
    context: typer.Context,
    seller: Annotated[str, typer.Argument(metavar="SELLER", help="The id in the sellers file.")],
) -> None:
    """List what is kept for a seller of cases whose customers were forgotten (CLEARSHOT_RECORDS)."""
    for one in asyncio.run(kept_records(settings_of(context), seller)):
        settled = f"{one.settled:%Y-%m-%d}" if one.settled else "-"
        print(
            f"{one.case}\t{one.order_number}\t{one.issue}\t{one.photos} photos\t{one.opened:%Y-%m-%d}"
            f"\tsettled {settled}\tuntil {one.until:%Y-%m-%d}"
        )


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
