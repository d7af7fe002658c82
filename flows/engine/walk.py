"""The way through a flow: which step comes next, going back, editing, and the way actually taken."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from flows import templates
from flows.conversation import Conversation, ShotState
from flows.definition import Flow, Shot, Step
from flows.engine.lookup import accepted
from flows.engine.turn import Turn
from flows.expressions import parse as parse_expression
from flows.values import Answer

LONGEST_WALK = 2000
"""Steps passed without input before the walk is called endless; the checks refuse such flows at load."""


class EndlessWalkError(RuntimeError):
    """A flow went round without asking for anything."""


def following(flow: Flow, step_id: str) -> str:
    """The next step in the order of the file, "" at the end."""
    ids = list(flow.steps)
    place = ids.index(step_id) + 1
    return ids[place] if place < len(ids) else ""


def landing(flow: Flow, target: str) -> str:
    """The step that `go: target` leads to: a fragment is entered at its first step."""
    if target in flow.steps:
        return target
    return next((step_id for step_id in flow.steps if step_id.startswith(f"{target}.")), "")


def target_of(turn: Turn, step_id: str) -> str:
    """Where an answered step leads: its option's `go`, its own, else the next in order."""
    step = turn.flow.steps[step_id]
    answer = turn.conv.answers.get(step_id)
    if step.choose is not None and answer is not None:
        go = next(
            (option.go for option in step.choose.options if option.value == answer.value and option.go), None
        )
        if go:
            return landing(turn.flow, go)
    return landing(turn.flow, step.go) if step.go else following(turn.flow, step_id)


def branch_of(turn: Turn, step: Step) -> str:
    """Where a `check` leads."""
    for branch in step.check or ():
        if branch.else_ is not None:
            return landing(turn.flow, branch.else_)
        if branch.go is not None and turn.holds(branch.if_):
            return landing(turn.flow, branch.go)
    return ""


def active_shots(turn: Turn, step: Step) -> list[Shot]:
    """The shots of a step whose `when` holds."""
    return [shot for shot in step.shots or () if turn.holds(shot.when)]


def settled_shot(turn: Turn, shot: Shot) -> bool:
    """Whether nothing more is asked for a shot."""
    state = turn.conv.shots.get(shot.label, ShotState())
    return state.done or bool(state.missing) or len(accepted(state)) >= shot.most


def answered(turn: Turn, step_id: str) -> bool:
    """Whether a step that waits has what it needs."""
    step = turn.flow.steps[step_id]
    if step.shots is not None:
        return all(settled_shot(turn, shot) for shot in active_shots(turn, step))
    return step_id in turn.conv.answers and step.review is None


def path(turn: Turn) -> Iterator[str]:
    """The waiting steps on the way taken so far, in order; ends at the first one without an answer."""
    flow, seen = turn.flow, set[str]()
    step_id = next(iter(flow.steps), "")
    while step_id and step_id not in seen:
        seen.add(step_id)
        step = flow.steps[step_id]
        if not turn.holds(step.when):
            step_id = following(flow, step_id)
        elif step.check is not None:
            step_id = branch_of(turn, step)
        elif step.waits:
            yield step_id
            if not answered(turn, step_id):
                return
            step_id = target_of(turn, step_id)
        else:
            step_id = target_of(turn, step_id)


def record(turn: Turn, step_id: str, answer: Answer) -> None:
    """Keep an answer; when it changed, forget the answers that were made of it."""
    before = turn.conv.answers.get(step_id)
    turn.change(answers={**turn.conv.answers, step_id: answer})
    if before is not None and before != answer:
        _forget_dependents(turn, step_id)


def _forget_dependents(turn: Turn, changed: str) -> None:
    gone = dependents(turn.flow, changed) & set(turn.conv.answers)
    if gone:
        kept = {step_id: answer for step_id, answer in turn.conv.answers.items() if step_id not in gone}
        turn.change(answers=kept)


def dependents(flow: Flow, changed: str) -> set[str]:
    """The steps whose `when`, options, template or words use the answer of `changed`, directly or through others."""
    users = {step_id: names_used(step) for step_id, step in flow.steps.items()}
    found: set[str] = set()
    frontier = {changed}
    while frontier:
        frontier = {
            step_id
            for step_id, names in users.items()
            if step_id not in found
            and step_id != changed
            and any(_speaks_of(name, frontier) for name in names)
        }
        found |= frontier
    return found


def _speaks_of(name: str, step_ids: set[str]) -> bool:
    return name in step_ids or name.rpartition(".")[0] in step_ids


def names_used(step: Step) -> frozenset[str]:
    """Every name that a step's answer depends on."""
    names: set[str] = set()
    for condition in [step.when, *(option.when for option in (step.choose.options if step.choose else ()))]:
        if condition is not None:
            names |= parse_expression(condition).names
    texts = [*(step.say or {}).values(), *(step.compose.template if step.compose else {}).values()]
    for text in texts:
        names |= templates.parse(text).names
    return frozenset(names)


def prune(turn: Turn) -> None:
    """Drop answers of this flow that are no longer on the way taken."""
    on_way = set(path(turn))
    kept = {
        step_id: answer
        for step_id, answer in turn.conv.answers.items()
        if step_id in on_way or step_id not in turn.flow.steps
    }
    if len(kept) != len(turn.conv.answers):
        turn.change(answers=kept)


Enter = Callable[[Turn, str], None]


def forward(turn: Turn, arrive: Enter) -> None:
    """Leave the step that was just answered and arrive at what comes next."""
    left = turn.conv.step
    history = turn.conv.history
    if left and (not history or history[-1] != left):
        history = (*history, left)
    turn.change(history=history[-100:], mode="")
    target = target_of(turn, left)
    if target and _is_backward(turn.flow, left, target):
        again = _between(turn.flow, target, left)
        turn.change(answers={key: answer for key, answer in turn.conv.answers.items() if key not in again})
    arrive(turn, target)


def _between(flow: Flow, first: str, last: str) -> set[str]:
    """The steps that a jump back asks again."""
    ids = list(flow.steps)
    return set(ids[ids.index(first) : ids.index(last) + 1])


def _is_backward(flow: Flow, left: str, target: str) -> bool:
    ids = list(flow.steps)
    return ids.index(target) <= ids.index(left)


def without_history(conversation: Conversation) -> Conversation:
    """Forget the way back, as after Send."""
    return replace(conversation, history=(), editing="", mode="")
