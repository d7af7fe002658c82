"""Which shots a seller wants for an issue, said in the sellers file: made into variants, and patched like those.

A seller's wish lies over the flow itself and over each variant that an operator wrote, one priority above it, so that
whichever of them a case would have got, it gets with the wish.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from flows.merging import MergeFault
from flows.yaml_source import Items, Map, Mark

Wanted = Literal["required", "optional", "never"]
LAID_OVER = "+"
"""Before the seller's id in the name of such a variant; an operator's own names hold none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotWish:
    """What one seller wants of the shots of one issue, with the places where they say so."""

    seller: str
    issue: str
    mark: Mark
    shots: Mapping[str, tuple[Wanted, Mark]]  # by label


def variants_of(wish: ShotWish, flows: Mapping[str, Map]) -> Iterator[Map]:
    """Make the variants that carry a wish; `flows` are merged. Raises MergeFault at the place of the mistake."""
    issues = [name for name, root in flows.items() if "@" not in name and root.get("kind") != "system"]
    if wish.issue not in issues:
        raise MergeFault(wish.mark, f"there is no issue {wish.issue!r}{_meant(wish.issue, issues)}")
    parents = [name for name in flows if name.partition("@")[0] == wish.issue and LAID_OVER not in name]
    _check_labels(wish, [label for parent in parents for label in _steps_of_labels(flows[parent])])
    for parent in parents:
        yield _variant(wish, parent, flows)


def _check_labels(wish: ShotWish, known: list[str]) -> None:
    for label, (_, mark) in wish.shots.items():
        if label not in known:
            raise MergeFault(mark, f"there is no shot {label!r} in {wish.issue!r}{_meant(label, known)}")


def _meant(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f", did you mean {near[0]!r}?" if near else f"; there are: {', '.join(dict.fromkeys(known))}"


def _steps_of_labels(flow: Map) -> dict[str, str]:
    """Tell the step of each shot; a step that is not written as it should be has none (and a fault of its own)."""
    steps = flow.get("steps")
    found = {}
    for step_id, step in steps.items() if isinstance(steps, Map) else ():
        shots = step.get("shots") if isinstance(step, Map) else None
        for shot in shots if isinstance(shots, Items) else ():
            if isinstance(shot, Map):
                found[str(shot.get("label"))] = step_id
    return found


def _variant(wish: ShotWish, parent: str, flows: Mapping[str, Map]) -> Map:
    """Write the variant as an operator would: `when`, `priority`, `change` and `remove`."""
    suffix = "" if "@" in parent else "@"
    condition = f'seller.id == "{wish.seller}"'
    own = flows[parent].get("when")
    if suffix:
        priority = min((_priority(flows[name]) for name in flows if _is_written(name, parent)), default=1) - 1
    else:
        priority = _priority(flows[parent]) + 1
        condition = f"({own}) and {condition}" if own is not None else condition
    variant = Map(wish.mark)
    for key, value in (
        ("flow", f"{parent}{suffix}{LAID_OVER}{wish.seller}"),
        ("extends", parent),
        ("when", condition),
        ("priority", priority),
        *_patches(wish, _steps_of_labels(flows[parent])),
    ):
        variant.put(key, value, wish.mark)
    return variant


def _is_written(name: str, issue: str) -> bool:
    """Whether it is an operator's own variant of this issue."""
    return name.startswith(f"{issue}@") and LAID_OVER not in name


def _priority(flow: Map) -> int:
    found = flow.get("priority", 0)
    return found if isinstance(found, int) else 0


def _patches(wish: ShotWish, steps: Mapping[str, str]) -> tuple[tuple[str, Map], tuple[str, Items]]:
    """Change or remove what there is in this flow; a shot that another variant has alone is passed over."""
    change, remove = Map(wish.mark), Items(wish.mark)
    for label, (wanted, mark) in wish.shots.items():
        if label not in steps:
            continue
        path = f"steps.{steps[label]}.shots.{label}"
        if wanted == "never":
            remove.put(path, mark)
        else:
            change.put(f"{path}.optional", wanted == "optional", mark)
    return ("change", change), ("remove", remove)
