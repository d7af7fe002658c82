"""Arriving at a step: what runs by itself runs, the first step that needs the customer is shown."""

from flows.conversation import Claim, FlowRef, ShotState
from flows.definition import Flow, Step
from flows.effects import FindOrders
from flows.engine import asking, choosing, claiming, composing, reviewing, sending, shooting
from flows.engine.lookup import accepted
from flows.engine.turn import Turn
from flows.engine.walk import LONGEST_WALK, EndlessWalkError, answered, branch_of, following, target_of


def arrive(turn: Turn, step_id: str) -> None:
    """Go on from `step_id` ("" = the end) until something is asked, looked up or sent."""
    for _ in range(LONGEST_WALK):
        if not step_id:
            end(turn)
            return
        step = turn.flow.steps[step_id]
        if not turn.holds(step.when):
            step_id = following(turn.flow, step_id)
            continue
        onward = _pass(turn, step_id, step)
        if onward is None:
            return
        step_id = onward
    raise EndlessWalkError(f"{turn.conv.flow.name}: no input in {LONGEST_WALK} steps from {turn.conv.step!r}")


def _pass(turn: Turn, step_id: str, step: Step) -> str | None:
    """Run one step; the step after it, "" at the end of the flow, or None when it waits."""
    if step.check is not None:
        return branch_of(turn, step)
    if step.start is not None:
        return start(turn, step)
    if step.find is not None:
        find(turn, step_id, step)
        return None
    if step.handover is not None:
        turn.change(step=step_id)
        sending.hand_over(turn, step)
        return None
    if step.send is not None:
        turn.change(step=step_id)
        sending.send(turn, step)
        return target_of(turn, step_id)
    if step.waits:
        return _wait(turn, step_id, step)
    _speak_once(turn, step_id, step)
    return target_of(turn, step_id)


def _wait(turn: Turn, step_id: str, step: Step) -> str | None:
    """Ask; photos from the tray come first, and then the question waits for their verdicts."""
    if answered(turn, step_id):
        return target_of(turn, step_id)
    turn.change(step=step_id, editing="" if step_id == turn.conv.editing else turn.conv.editing)
    if step.shots is not None and claiming.offer_tray(turn, step):
        turn.next_serial()
    else:
        show(turn)
    return None


def _speak_once(turn: Turn, step_id: str, step: Step) -> None:
    if step.say and step_id not in turn.conv.shown:
        turn.change(shown=(*turn.conv.shown, step_id))
        turn.remark(turn.own(step.say))


def show(turn: Turn, *, again: bool = False, edit: bool = False) -> None:
    """Show the step that waits; `again` keeps its buttons' serial (the same question once more)."""
    step = turn.step
    if step is None:
        return
    if not again:
        turn.next_serial()
    if step.choose is not None:
        choosing.show(turn, step, edit=edit)
    elif step.ask is not None:
        asking.show(turn, step, edit=edit)
    elif step.shots is not None:
        shooting.show(turn, step, edit=edit)
    elif step.compose is not None:
        composing.show(turn, step, edit=edit)
    elif step.review is not None:
        reviewing.show(turn, step, edit=edit)


def find(turn: Turn, step_id: str, step: Step) -> None:
    """Look orders up; the walk goes on when OrdersFound comes back."""
    rules = step.find
    if rules is None:
        return
    turn.change(step=step_id, found=(), exhausted=False)
    turn.do(
        FindOrders(
            case=turn.conv.id,
            query=step_id,
            what=rules.orders,
            number=_typed(turn, rules.number),
            fact=_typed(turn, rules.fact),
        )
    )


def _typed(turn: Turn, step_id: str | None) -> str:
    answer = turn.conv.answers.get(step_id or "")
    return answer.value if answer else ""


def start(turn: Turn, step: Step) -> str:
    """Go on in the issue's flow, in the seller's variant, pinned; answers are carried over by name."""
    issue = turn.conv.answers[step.start.flow].value if step.start else ""
    flow = turn.catalogue.resolve(
        issue, order=turn.conv.order, seller=turn.conv.seller, locale=turn.conv.locale
    )
    if turn.conv.origin and turn.conv.origin != flow.issue:
        _leave_issue(turn)
    ref = turn.catalogue.ref(flow)
    turn.change(flow=ref, origin=flow.issue, origin_ref=ref, issue_title=turn.own_plain(flow.title))
    if turn.conv.locale not in flow.locales:
        turn.change(locale=flow.locales[0])
    return next(iter(flow.steps), "")


def _leave_issue(turn: Turn) -> None:
    """The customer chose another issue: answers of the old one go, its photos wait in the tray."""
    kept = {key: answer for key, answer in turn.conv.answers.items() if key in turn.flow.steps}
    claims = [claim for state in turn.conv.shots.values() for claim in state.claims]
    tray = [
        Claim(photo_id=c.photo_id, upload=c.upload, status="stored" if c.photo else "pending", photo=c.photo)
        for c in claims
    ]
    turn.change(answers=kept, shots={}, tray=(*turn.conv.tray, *tray), draft="", own_words=False, shown=())


def reenter(turn: Turn, flow: Flow, step_id: str) -> None:
    """Go back into another flow of the same case (welcome), at a step; nothing is discarded."""
    turn.change(flow=FlowRef(name=flow.flow, hash=flow.hash), step=step_id, mode="")
    show(turn)


def end(turn: Turn) -> None:
    """The flow is at its end: nothing more is asked."""
    turn.change(step="", mode="", editing="")
    turn.flush()


def fresh_shots(turn: Turn, flow: Flow) -> None:
    """Empty the shots that a flow is about to ask for again (a follow-up); what was sent is kept under its bundle.

    It is kept so that the same photo sent again is known, and its original goes when all has arrived.
    """
    labels = {shot.label for step in flow.steps.values() for shot in step.shots or ()}
    shots: dict[str, ShotState] = {}
    for label, state in turn.conv.shots.items():
        if label not in labels:
            shots[label] = state
            continue
        shots[label] = ShotState()
        if sent := tuple(accepted(state)):
            shots[f"{label}#{len(turn.conv.bundles)}"] = ShotState(claims=sent)
    turn.change(shots=shots)
