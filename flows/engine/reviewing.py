"""The verb `review`: every answer and photo with an Edit button each, then Send; and what the seller is told."""

from flows.conversation import Claim, ShotState
from flows.definition import Shot, Step
from flows.engine import shooting
from flows.engine.keyboards import stacked
from flows.engine.lookup import accepted, shots_of
from flows.engine.turn import BREAK, LINE, Turn, joined
from flows.engine.walk import path, prune
from flows.values import Button, Picture, Rows, Span, Spans
from flows.wording import cut

ANSWER_SHOWN = 120
"""Characters of one answer in the review; the seller gets all of it."""
NAME_SHOWN = 26
"""Characters of what an Edit button names: leaves room for the verb."""


def edited_steps(turn: Turn) -> list[str]:
    """The answered steps on the way taken that can be edited, in order."""
    flow = turn.flow
    return [
        step_id
        for step_id in path(turn)
        if flow.steps[step_id].review is None and not flow.steps[step_id].internal
    ]


def question(turn: Turn, step_id: str, *, locale: str | None = None) -> str:
    """A step's question in a few words."""
    step = turn.flow.steps[step_id]
    return turn.own_plain(step.title or step.say or {}, locale=locale)


def show(turn: Turn, step: Step, *, edit: bool = False) -> None:
    """Show everything that will be sent."""
    prune(turn)
    parts: list[Spans] = [turn.own(step.say) if step.say else turn.words("review.title")]
    parts += [_order_lines(turn), _answer_lines(turn), _photo_lines(turn), _message_lines(turn)]
    turn.prompt(
        joined([part for part in parts if part], BREAK),
        _rows(turn),
        picture=contact_sheet(turn),
        edit=edit,
    )


def _order_lines(turn: Turn) -> Spans:
    order = turn.conv.order
    if order is None:
        return ()
    number = order.number or turn.plain("orders.none")
    item = turn.conv.item.title if turn.conv.item else ""
    line = turn.plain("orders.line", number=number, item=item) if item else number
    label = () if order.verified else (Span(text=f" ({turn.plain('review.unverified')})"),)
    return (_bold(turn.plain("review.order")), Span(text=f" {line}"), *label)


def _bold(text: str) -> Span:
    return Span(text=text, style="bold")


def _answer_lines(turn: Turn) -> Spans:
    lines: list[Spans] = []
    for step_id in edited_steps(turn):
        answer = turn.conv.answers.get(step_id)
        step = turn.flow.steps[step_id]
        if answer is None or step.compose is not None:
            continue
        text = str(turn.value(f"{step_id}.text") or "–")
        lines.append((_bold(question(turn, step_id)), Span(text=f" {cut(text, limit=ANSWER_SHOWN)}")))
    return joined(lines, LINE)


def _photo_lines(turn: Turn) -> Spans:
    lines: list[Spans] = []
    for shot in shots_of(turn):
        state = turn.conv.shots.get(shot.label, ShotState())
        flags = sorted({flag for claim in accepted(state) for flag in claim.flags})
        if accepted(state) or state.missing:
            noted = turn.plain("progress.used_anyway", shot=_name(turn, shot)) if flags else ""
            lines.append((Span(text=noted or f"{shooting.mark(turn, shot)} {_name(turn, shot)}"),))
    if turn.conv.tray:
        lines.append(turn.words("review.extras", count=len(turn.conv.tray)))
    lines += [(Span(text=f"💬 {cut(words, limit=ANSWER_SHOWN)}"),) for words in turn.conv.captions]
    if not lines:
        return ()
    return joined([(_bold(turn.plain("review.photos")),), *lines], LINE)


def _name(turn: Turn, shot: Shot) -> str:
    state = turn.conv.shots.get(shot.label, ShotState())
    count, name = len(accepted(state)), shooting.title(turn, shot)
    if state.missing and not count:
        return f"{name}: {turn.plain('review.missing')} ({cut(state.missing, limit=ANSWER_SHOWN)})"
    return f"{name} ({count})" if count > 1 else name


def _message_lines(turn: Turn) -> Spans:
    message = message_of(turn)
    if not message:
        return ()
    return (_bold(turn.plain("review.message")), LINE, Span(text=message, style="quote"))


def message_of(turn: Turn) -> str:
    """The message as the customer decided on it."""
    for step_id in path(turn):
        if turn.flow.steps[step_id].compose is not None and step_id in turn.conv.answers:
            return turn.conv.answers[step_id].value
    return ""


def contact_sheet(turn: Turn) -> Picture | None:
    """The photos that will be sent, as one picture."""
    shown = [
        (claim, shooting.title(turn, shot))
        for shot in shots_of(turn)
        for claim in accepted(turn.conv.shots.get(shot.label, ShotState()))
    ]
    shown += [(claim, turn.plain("more.photos_title")) for claim in turn.conv.tray]
    pairs = [(claim.photo.key, name) for claim, name in shown if _drawable(claim) and claim.photo]
    if not pairs:
        return None
    return Picture(
        source="sheet", refs=tuple(key for key, _ in pairs), captions=tuple(name for _, name in pairs)
    )


def _drawable(claim: Claim) -> bool:
    return claim.photo is not None and claim.photo.kind != "pdf"


def _rows(turn: Turn) -> Rows:
    edit = turn.plain("button.edit")
    places = {step_id: n for n, step_id in enumerate(turn.flow.steps)}
    buttons = [
        turn.button(f"edit{places[step_id]}", f"{edit}: {_short(_edit_name(turn, step_id))}")
        for step_id in edited_steps(turn)
    ]
    if turn.conv.tray:
        buttons.append(turn.button("dropextras", turn.plain("button.drop_extras")))
    if turn.conv.captions:
        buttons.append(turn.button("dropwords", turn.plain("button.drop_words")))
    return ((turn.button("send", turn.plain("button.send")),), *stacked(buttons), _back(turn))


def _edit_name(turn: Turn, step_id: str) -> str:
    step = turn.flow.steps[step_id]
    if step.shots is not None:
        return turn.plain("review.photos")
    if step.compose is not None:
        return turn.plain("review.message")
    return question(turn, step_id)


def _short(text: str) -> str:
    return cut(text.rstrip(":?. "), limit=NAME_SHOWN)


def _back(turn: Turn) -> tuple[Button, ...]:
    return (turn.button("back", turn.plain("button.back")),)
