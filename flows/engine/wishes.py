"""A seller's wish for more photos: the wished shots of the issue's flow, asked for in the flow `follow_up`."""

from collections.abc import Sequence

from flows.conversation import FlowRef
from flows.definition import Flow, QualityRules, Shot, Step

FOLLOW_UP = "follow_up"


def wished_shots(origin: Flow, labels: Sequence[str]) -> list[Shot]:
    """Find shots by label; each carries the rules of its step, and whatever skipped it does so no longer."""
    found = []
    for step in origin.steps.values():
        for shot in step.shots or ():
            if shot.label in labels:
                quality = _merged(shot.quality, step.quality, origin.quality)
                found.append(shot.model_copy(update={"quality": quality, "when": None, "optional": False}))
    return found


def _merged(*layers: QualityRules) -> QualityRules:
    """Take each rule from the first layer that has it."""
    chosen = {}
    for name in QualityRules.model_fields:
        said = [getattr(layer, name) for layer in layers]
        chosen[name] = next((rule for rule in said if rule is not None), None)
    return QualityRules.model_construct(**chosen)


def with_wishes(flow: Flow, shots: Sequence[Shot]) -> Flow:
    """Let `follow_up` ask for these shots instead of its own."""
    if not shots:
        return flow
    steps: dict[str, Step] = {
        key: step.model_copy(update={"shots": tuple(shots)}) if step.shots else step
        for key, step in flow.steps.items()
    }
    return flow.model_copy(update={"steps": steps})


def is_follow_up(ref: FlowRef) -> bool:
    """Tell whether a conversation is asking for more photos."""
    return ref.name.partition("@")[0] == FOLLOW_UP
