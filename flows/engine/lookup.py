"""What names in templates and conditions stand for; `flows.names` lists the same names with their types."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flows.conversation import Claim, ShotState
from flows.definition import Shot, Step
from flows.expressions import Value

if TYPE_CHECKING:
    from flows.engine.turn import Turn

Lookup = Callable[[str], Any]


def value(turn: Turn, name: str, locale: str) -> Value | None:
    """Look one name up; None = missing. Texts of answers come in `locale`."""
    if name in _PLAIN:
        return _PLAIN[name](turn)
    head, _, rest = name.partition(".")
    if head == "photos":
        return _photo_fact(turn, rest)
    if head == "seller" and turn.conv.seller is not None:
        return turn.conv.seller.attributes.get(rest)
    return _answer(turn, name, locale)


def _answer(turn: Turn, name: str, locale: str) -> Value | None:
    step_id, part = name, ""
    if step_id not in turn.conv.answers:
        step_id, _, part = name.rpartition(".")
    answer = turn.conv.answers.get(step_id)
    if answer is None:
        return None
    if part == "":
        return answer.value if answer.value != "" else None
    step = turn.flow.steps.get(step_id)
    return _option_word(turn, step, answer.value, part, locale) or (
        answer.phrase if part == "phrase" else answer.text
    )


def _option_word(turn: Turn, step: Step | None, chosen: str, part: str, locale: str) -> str:
    """The words of chosen options in `locale`: the message may be in another language than the chat."""
    if step is None or step.choose is None:
        return ""
    words = []
    for option in step.choose.options:
        if option.value in chosen.split(","):
            text = option.phrase if part == "phrase" and option.phrase else option.text
            words.append(turn.own_plain(text, locale=locale))
    return ", ".join(words)


def shots_of(turn: Turn) -> list[Shot]:
    """The shots of the flow, in its order, whether their `when` holds or not."""
    return [shot for step in turn.flow.steps.values() for shot in step.shots or ()]


def accepted(state: ShotState) -> list[Claim]:
    """The claims of a shot that count."""
    return [claim for claim in state.claims if claim.status == "accepted"]


def _photo_fact(turn: Turn, rest: str) -> Value | None:
    if rest == "count":
        own = sum(len(accepted(turn.conv.shots.get(shot.label, ShotState()))) for shot in shots_of(turn))
        return own + sum(claim.status != "pending" for claim in turn.conv.tray)
    if rest == "missing.count":
        return sum(bool(state.missing) for state in turn.conv.shots.values())
    label, _, fact = rest.rpartition(".")
    claims = accepted(turn.conv.shots.get(label, ShotState()))
    if fact == "count":
        return len(claims)
    found = [getattr(claim.verdict, fact) for claim in claims if claim.verdict is not None]
    return next((word for word in found if word), None) if fact in {"barcode", "text"} else None


def _order(part: str) -> Callable[[Turn], Value | None]:
    def get(turn: Turn) -> Value | None:
        found: Value | None = getattr(turn.conv.order, part, None)
        return None if found == "" else found

    return get


def _item(part: str) -> Callable[[Turn], Value | None]:
    def get(turn: Turn) -> Value | None:
        found: Value | None = getattr(turn.conv.item, part, None)
        return None if found == "" else found

    return get


_PLAIN: dict[str, Callable[[Turn], Value | None]] = {
    "order.number": _order("number"),
    "order.placed_on": _order("placed_on"),
    "order.delivered_on": _order("delivered_on"),
    "order.hazardous": lambda turn: turn.conv.order.hazardous if turn.conv.order else False,
    "order.verified": lambda turn: turn.conv.order.verified if turn.conv.order else False,
    "order.items.count": lambda turn: len(turn.conv.order.items) if turn.conv.order else 0,
    "order.item": _item("title"),
    "order.sku": _item("sku"),
    "order.quantity": _item("quantity"),
    "order.personalization": _item("personalization"),
    "order.image": _item("image"),
    "order.barcode": _item("barcode"),
    "seller.id": lambda turn: turn.conv.seller.id if turn.conv.seller else None,
    "seller.name": lambda turn: turn.conv.seller.name if turn.conv.seller else None,
    "seller.locale": lambda turn: turn.conv.seller.locale if turn.conv.seller else None,
    "customer.first_name": lambda turn: turn.conv.customer_name.partition(" ")[0] or None,
    "customer.language": lambda turn: turn.conv.locale,
    "case.code": lambda turn: turn.conv.id,
    "locale": lambda turn: turn.conv.locale,
    "chat.language": lambda turn: turn.chat.language or None,
    "orders.count": lambda turn: len(turn.conv.found),
    "found.count": lambda turn: len(turn.conv.found),
    "found.exhausted": lambda turn: turn.conv.exhausted,
    "request.text": lambda turn: turn.conv.request or None,
    "kept.days": lambda turn: turn.catalogue.kept_days,
}
"""The fixed names; answers, photos and a seller's attributes are looked up by `value`."""
