"""Which lane an effect belongs to, and when it is due; every store makes its outbox rows here."""

from collections.abc import Sequence
from datetime import datetime

from flows.effects import DeliverBundle, Effect, ForwardText, JudgePhoto, Say, SetTimer, StorePhoto
from storage.ports import Arrival, OutboxRow


def lane_of(effect: Effect, chat: int) -> str:
    """Name the lane that keeps this effect in order; "" has no order."""
    match effect:
        case Say():
            return f"chat:{chat}"
        case StorePhoto(photo_id=photo_id):
            return f"photo:{photo_id}"
        case JudgePhoto(photo=photo):
            return f"photo:{photo.id}"
        case DeliverBundle(bundle=bundle):
            return f"case:{bundle.case}"
        case ForwardText(case=case):
            return f"case:{case}"
        case _:
            return ""


def timer_key(effect: Effect) -> str | None:
    """What makes a timer replace an earlier one: its case and name."""
    return f"{effect.case}:{effect.name}" if isinstance(effect, SetTimer) else None


def rows_of(arrival: Arrival, effects: Sequence[Effect], *, now: datetime) -> tuple[OutboxRow, ...]:
    """Make the outbox rows of one arrival; ids are made of it and of each effect's place."""
    return tuple(
        OutboxRow(
            id=f"{arrival.source}:{arrival.id}:{place}",
            chat=arrival.chat,
            lane=lane_of(effect, arrival.chat),
            effect=effect,
            due=now + effect.after if isinstance(effect, SetTimer) else now,
            created=now,
        )
        for place, effect in enumerate(effects)
    )
