"""`clearshot flows`: check, show, schema; what is wrong with a flow is told by file, line and column."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
import yaml
from pydantic import BaseModel

from bot.bootstrap import read_profiles
from bot.cli.given import settings_of
from bot.cli.refused import Refused
from bot.flow_files import read_flow_files
from flows.catalogue import Catalogue
from flows.definition import Base, Flow, Fragment
from flows.loader import Loaded

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)
MODELS: dict[str, type[BaseModel]] = {"flow": Flow, "fragment": Fragment, "base": Base}
Paths = Annotated[list[Path] | None, typer.Argument(help="Flow files, or folders of them.", metavar="PATH")]


@app.callback()
def flows() -> None:
    """Check and show flows."""


@app.command()
def check(context: typer.Context, paths: Paths = None) -> None:
    """Check the shipped flows, your own, and what your sellers want of them; one file:line:column line a fault."""
    loaded = _loaded(context, paths)
    for fault in loaded.faults:
        print(fault)
    if loaded.catalogue is None:
        raise typer.Exit(1)
    issues = ", ".join(flow.flow for flow in loaded.catalogue.issues())
    print(f"{len(loaded.catalogue.flows)} flows, no faults. Issues: {issues}")


@app.command()
def show(context: typer.Context, name: str, paths: Paths = None) -> None:
    """Print a flow as it runs: merged, with its fragments, its variant's changes and a seller's shots."""
    catalogue = _catalogue(context, paths)
    flow = catalogue.flows.get(name)
    if flow is None:
        raise Refused(f"there is no flow {name!r}; there are: {', '.join(sorted(catalogue.flows))}")
    merged = flow.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    print(yaml.safe_dump(merged, allow_unicode=True, sort_keys=False, width=110), end="")


@app.command()
def schema(kind: Annotated[str, typer.Argument(help="flow, fragment or base")] = "flow") -> None:
    """Print the JSON Schema of flow files, for editors."""
    model = MODELS.get(kind)
    if model is None:
        raise Refused(f"there is no schema {kind!r}; there are: {', '.join(MODELS)}")
    print(json.dumps(model.model_json_schema(by_alias=True), indent=2))


def _loaded(context: typer.Context, paths: Sequence[Path] | None) -> Loaded:
    """Load what would run: the sellers' wishes for shots make variants of their own."""
    settings = settings_of(context)
    own = paths or ([settings.flows] if settings.flows else [])
    sellers = read_profiles(settings) if settings.sellers else None
    if sellers is None:
        return read_flow_files(own).load()
    return read_flow_files(own).load(sellers=sellers.known, wishes=sellers.wishes)


def _catalogue(context: typer.Context, paths: Sequence[Path] | None) -> Catalogue:
    loaded = _loaded(context, paths)
    if loaded.catalogue is None:
        raise Refused("\n".join(str(fault) for fault in loaded.faults))
    return loaded.catalogue
