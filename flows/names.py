"""The names that templates and conditions may use, with their kinds; `flows.engine.lookup` gives their values."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.definition import Flow, Shot, Step
from flows.expressions import Kind


@dataclass(frozen=True, slots=True)
class Name:
    """What a name is, and whether it is always there."""

    kind: Kind
    always: bool = False


NAMES: Mapping[str, Name] = {
    "order.number": Name("text"),
    "order.item": Name("text"),
    "order.sku": Name("text"),
    "order.quantity": Name("number"),
    "order.items.count": Name("number", always=True),
    "order.placed_on": Name("date"),
    "order.delivered_on": Name("date"),
    "order.hazardous": Name("truth", always=True),
    "order.verified": Name("truth", always=True),
    "order.personalization": Name("text"),
    "order.image": Name("text"),
    "order.barcode": Name("text"),
    "seller.id": Name("text", always=True),
    "seller.name": Name("text", always=True),
    "seller.locale": Name("text", always=True),
    "customer.first_name": Name("text"),
    "customer.language": Name("text", always=True),
    "case.code": Name("text", always=True),
    "locale": Name("text", always=True),
    "chat.language": Name("text"),
    "orders.count": Name("number", always=True),
    "found.count": Name("number", always=True),
    "found.exhausted": Name("truth", always=True),
    "request.text": Name("text"),
    "photos.count": Name("number", always=True),
    "photos.missing.count": Name("number", always=True),
    "kept.days": Name("number", always=True),
}
"""The fixed names; answers and photos of a flow are added by `names_of`."""

VARIANT_NAMES = frozenset(
    {
        "locale", "seller.id", "seller.name", "seller.locale", "order.number", "order.hazardous", "order.verified",
        "order.items.count", "order.placed_on", "order.delivered_on",
    }
)  # fmt: skip
"""What a variant's `when` may see."""


def names_of(flow: Flow) -> dict[str, Name]:
    """Every name that a flow may use."""
    names = dict(NAMES)
    for step_id, step in flow.steps.items():
        names |= _of_step(step_id, step)
    return names


def _of_step(step_id: str, step: Step) -> dict[str, Name]:
    if step.shots is not None:
        return {name: found for shot in step.shots for name, found in _of_shot(shot).items()}
    if step.choose is None and step.ask is None and step.compose is None:
        return {}
    sure = step.when is None and not (step.ask and step.ask.optional)
    kinds: dict[str, Kind] = {"number": "number", "date": "date"}
    kind = kinds.get(step.ask.type, "text") if step.ask else "text"
    names = {step_id: Name(kind, sure), f"{step_id}.text": Name("text", sure)}
    if step.choose is not None and any(option.phrase for option in step.choose.options):
        names[f"{step_id}.phrase"] = Name(
            "text", sure and all(option.phrase for option in step.choose.options)
        )
    return names


def _of_shot(shot: Shot) -> dict[str, Name]:
    return {
        f"photos.{shot.label}.count": Name("number", always=True),
        f"photos.{shot.label}.barcode": Name("text"),
        f"photos.{shot.label}.text": Name("text"),
    }


def options_of(flow: Flow) -> dict[str, tuple[str, ...]]:
    """The values that each choice written out can take."""
    return {
        step_id: tuple(option.value for option in step.choose.options)
        for step_id, step in flow.steps.items()
        if step.choose is not None and step.choose.from_ is None and not step.choose.many
    }
