"""`clearshot flows`: check, show, schema; what is wrong with a flow is told by file, line and column."""

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml
from pydantic import BaseModel

from bot.cli.given import settings_of
from bot.cli.refused import Refused
from bot.flow_files import read_flow_files
from flows.catalogue import Catalogue
from flows.definition import Base, Flow, Fragment

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
    """Check the shipped flows together with your own; one file:line:column line for each fault."""
    own = paths or _own(context)
    loaded = read_flow_files(own).load()
    for fault in loaded.faults:
        print(fault)
    if loaded.catalogue is None:
        raise typer.Exit(1)
    issues = ", ".join(flow.flow for flow in loaded.catalogue.issues())
    print(f"{len(loaded.catalogue.flows)} flows, no faults. Issues: {issues}")


@app.command()
def show(context: typer.Context, name: str, paths: Paths = None) -> None:
    """Print a flow as it runs: merged, with its fragments and its variant's changes."""
    catalogue = _catalogue(paths or _own(context))
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


def _own(context: typer.Context) -> list[Path]:
    folder = settings_of(context).flows
    return [folder] if folder else []


def _catalogue(own: list[Path]) -> Catalogue:
    loaded = read_flow_files(own).load()
    if loaded.catalogue is None:
        raise Refused("\n".join(str(fault) for fault in loaded.faults))
    return loaded.catalogue
