"""The ways through a flow: every jump lands, every step is reached, every loop asks, every issue ends in a send."""

from collections.abc import Iterator
from functools import lru_cache

from flows.definition import Flow, Step
from flows.expressions import unknown
from flows.yaml_source import Fault, Map, mark_of

Path = tuple[str | int, ...]


def landing(flow: Flow, target: str) -> str:
    """The step that a jump leads to; a fragment is entered at its first step; "" when there is none."""
    if target in flow.steps:
        return target
    return next((step_id for step_id in flow.steps if step_id.startswith(f"{target}.")), "")


def jumps(step_id: str, step: Step) -> Iterator[tuple[Path, str]]:
    """Every `go` and `else` of a step, with its place."""
    path: Path = ("steps", step_id)
    if step.go is not None:
        yield (*path, "go"), step.go
    for place, option in enumerate(step.choose.options if step.choose else ()):
        if option.go is not None:
            yield (*path, "choose", "options", place, "go"), option.go
    for place, branch in enumerate(step.check or ()):
        if branch.go is not None:
            yield (*path, "check", place, "go"), branch.go
        if branch.else_ is not None:
            yield (*path, "check", place, "else"), branch.else_


def edges(flow: Flow) -> dict[str, set[str]]:
    """Step -> the steps that may come next."""
    ids = list(flow.steps)
    ways: dict[str, set[str]] = {}
    for place, (step_id, step) in enumerate(flow.steps.items()):
        after = {ids[place + 1]} if place + 1 < len(ids) else set()
        goes = {landing(flow, target) for _, target in jumps(step_id, step)} - {""}
        always_jumps = step.check is not None or step.go is not None
        falls = after if not always_jumps or step.when is not None else set()
        ends = step.start is not None and step.when is None
        ways[step_id] = set() if ends else goes | falls
    return ways


def check_ways(flow: Flow, root: Map) -> list[Fault]:
    """Every fault of the ways through a flow."""
    faults = [
        Fault(mark_of(root, path), unknown(target, flow.steps).replace("name", "step"))
        for step_id, step in flow.steps.items()
        for path, target in jumps(step_id, step)
        if not landing(flow, target)
    ]
    if faults:
        return faults
    ways = edges(flow)
    reached = _reached(next(iter(flow.steps)), ways, without="")
    faults += [
        Fault(mark_of(root, ("steps", step_id)), f"no way leads to step {step_id!r}")
        for step_id in flow.steps
        if step_id not in reached
    ]
    faults += _silent_loops(flow, root, ways)
    faults += _open_ends(flow, root)
    return faults


def _reached(start: str, ways: dict[str, set[str]], *, without: str) -> set[str]:
    found: set[str] = set()
    frontier = [start] if start != without else []
    while frontier:
        step_id = frontier.pop()
        if step_id in found:
            continue
        found.add(step_id)
        frontier += [target for target in ways[step_id] if target != without]
    return found


def _silent_loops(flow: Flow, root: Map, ways: dict[str, set[str]]) -> list[Fault]:
    """A loop must contain input, else the bot would talk to itself for ever."""
    silent = {key for key, step in flow.steps.items() if not step.waits and step.find is None}
    inner = {key: ways[key] & silent for key in silent}
    looping = [key for key in flow.steps if key in silent and _comes_back(key, inner)]
    if not looping:
        return []
    mark = mark_of(root, ("steps", looping[-1]))
    return [Fault(mark, f"steps {', '.join(looping)} go round without asking for anything")]


def _comes_back(start: str, ways: dict[str, set[str]]) -> bool:
    found: set[str] = set()
    frontier = list(ways[start])
    while frontier:
        step_id = frontier.pop()
        if step_id == start:
            return True
        if step_id not in found:
            found.add(step_id)
            frontier += ways[step_id]
    return False


def _open_ends(flow: Flow, root: Map) -> list[Fault]:
    if flow.kind != "issue":
        return []
    last_id, last = list(flow.steps.items())[-1]
    closing = (
        last.send is not None or last.handover is not None or last.go is not None or last.check is not None
    )
    if closing and last.when is None:
        return []
    return [Fault(mark_of(root, ("steps", last_id)), "an issue's flow ends with `send` or `handover`")]


@lru_cache(maxsize=1)
def _dominators(flow_key: int, flow: "_Keyed") -> dict[str, frozenset[str]]:
    ways = edges(flow.flow)
    ids = list(flow.flow.steps)
    before: dict[str, set[str]] = {key: set() for key in ids}
    for key, targets in ways.items():
        for target in targets:
            before[target].add(key)
    everything = frozenset(ids)
    sure = dict.fromkeys(ids, everything)
    sure[ids[0]] = frozenset({ids[0]})
    changed = True
    while changed:
        changed = False
        for key in ids[1:]:
            known = [sure[other] for other in before[key]]
            now = (frozenset.intersection(*known) if known else frozenset()) | {key}
            if now != sure[key]:
                sure[key], changed = now, True
    return sure


class _Keyed:
    """Lets the cache hold one flow by identity: models are not hashable."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow

    def __hash__(self) -> int:
        return id(self.flow)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.flow is self.flow


def surely_answered(flow: Flow, step_id: str) -> frozenset[str]:
    """The steps that every way to `step_id` passes."""
    return _dominators(id(flow), _Keyed(flow)).get(step_id, frozenset())
