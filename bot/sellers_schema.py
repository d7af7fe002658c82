"""The JSON Schema of the sellers file, for editors: with the settings of each inbox, the zones, and the shots there are."""

from collections.abc import Collection, Mapping
from typing import Any, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel

from bot.sellers import SellersFile
from flows.catalogue import Catalogue
from flows.seller_variants import Wanted

FILLED = {"telegram_chat": ("token", "api"), "folder": ("path",)}
"""Settings that the bot fills in by itself."""


def sellers_schema(inboxes: Mapping[str, type[BaseModel]], catalogue: Catalogue) -> dict[str, Any]:
    """Describe a sellers file that this bot takes."""
    schema = SellersFile.model_json_schema()
    definitions = schema["$defs"]
    entry = definitions["Entry"]["properties"]
    entry["inbox"]["enum"] = sorted(inboxes)
    entry["shots"] = {"type": "object", "additionalProperties": False, "properties": _shots(catalogue)}
    definitions["Answers"]["properties"]["zone"]["enum"] = sorted(available_timezones())
    definitions["Entry"]["allOf"] = [
        {"if": _names(kind), "then": {"properties": {"settings": _settings(kind, model, definitions)}}}
        for kind, model in inboxes.items()
    ]
    return schema


def _names(kind: str) -> dict[str, Any]:
    return {"required": ["inbox"], "properties": {"inbox": {"const": kind}}}


def _settings(kind: str, model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """Describe the settings of one inbox; what they are made of gets names of its own."""
    made = model.model_json_schema(ref_template=f"#/$defs/{kind}.{{model}}")
    for name, inner in made.pop("$defs", {}).items():
        definitions[f"{kind}.{name}"] = inner
    made["required"] = [name for name in made.get("required", ()) if name not in FILLED.get(kind, ())]
    return made


def _shots(catalogue: Catalogue) -> dict[str, Any]:
    return {
        issue.flow: {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                label: {"enum": list(get_args(Wanted))} for label in _labels(catalogue, issue.flow)
            },
        }
        for issue in catalogue.issues()
    }


def _labels(catalogue: Catalogue, issue: str) -> Collection[str]:
    """List the shots of an issue and of its variants, in their order."""
    flows = [flow for flow in catalogue.flows.values() if flow.issue == issue]
    steps = [step for flow in flows for step in flow.steps.values()]
    return dict.fromkeys(shot.label for step in steps for shot in step.shots or ())
