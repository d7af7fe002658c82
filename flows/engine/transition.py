"""`transition`: one event, one conversation; the table at the end says which function answers which event."""

from collections.abc import Callable
from typing import Any

from flows.definition import Step
from flows.engine import (
    afterwards,
    asking,
    choosing,
    claiming,
    composing,
    delivering,
    errands,
    photographing,
    sellers_side,
    sending,
)
from flows.engine.arriving import arrive, reenter, show
from flows.engine.choosing import Choice, take
from flows.engine.turn import Turn
from flows.engine.walk import forward, target_of
from flows.events import (
    CaseAssigned,
    CaseReopened,
    CaseSettled,
    ChoiceMade,
    Delivered,
    DeliveryDelayed,
    DeliveryFailed,
    HandedBack,
    LeftToCustomer,
    OrdersFound,
    PhotoJudged,
    PhotoReceived,
    PhotoRefused,
    PhotoRequested,
    PhotoStored,
    RemarkMade,
    SellerAnswered,
    SellerSaw,
    TextReceived,
    TimerFired,
    UnsupportedReceived,
)

LONGEST_STALE_EDIT = 1
"""A press on the prompt just before is a double tap: then the current one is edited in place, not sent anew."""


def transition(turn: Turn) -> None:
    """Let the conversation of `turn` answer its event."""
    turn.touch()
    answer = TABLE.get(type(turn.event))
    if answer is not None:
        answer(turn, turn.event)
    turn.flush()


def on_choice(turn: Turn, event: ChoiceMade) -> None:
    """Take a press on one of the conversation's buttons."""
    _, _, rest = event.data.partition(".")
    serial, _, action = rest.partition(".")
    if serial == "0":
        afterwards.on_lasting(turn, action)
        return
    if turn.conv.phase != "open" or turn.step is None:
        afterwards.where_it_stands(turn)
        return
    if not serial.isdigit() or int(serial) != turn.conv.serial:
        double = serial.isdigit() and turn.conv.serial - int(serial) <= LONGEST_STALE_EDIT
        show(turn, again=True, edit=double)
        return
    if action == "back":
        back(turn)
        return
    _pressed(turn, event, turn.step, action)


def _pressed(turn: Turn, event: ChoiceMade, step: Step, action: str) -> None:
    if step.shots is not None:
        photographing.on_choice(turn, step, action)
        return
    if step.review is not None:
        _reviewed(turn, action)
        return
    if step.choose is not None:
        done = choosing.on_choice(turn, event, step, action)
    elif step.ask is not None:
        done = asking.on_choice(turn, step, action)
        if not done:
            show(turn)
    else:
        done = composing.on_choice(turn, step, action)
    if done:
        forward(turn, arrive)


def _reviewed(turn: Turn, action: str) -> None:
    if action == "send":
        photographing.send_when_ready(turn)
        return
    if action in {"dropextras", "dropwords"}:
        if action == "dropextras":
            claiming.drop_tray(turn)
        else:
            turn.change(captions=())
        show(turn)
        return
    places = list(turn.flow.steps)
    place = int(action[4:]) if action.startswith("edit") and action[4:].isdigit() else len(places)
    if place >= len(places):
        show(turn)
        return
    review, target = turn.conv.step, places[place]
    mode = "overview" if turn.flow.steps[target].shots else ""
    turn.chosen = turn.plain("button.edit")
    turn.change(step=target, editing=review, mode=mode)
    show(turn)


def on_text(turn: Turn, event: TextReceived) -> None:
    """Take typed words where the conversation stands."""
    if turn.conv.phase == "handed_over":
        sending.forward_text(turn, event.text)
        turn.tell(turn.words("handover.passed_on"))
        return
    step = turn.step
    if turn.conv.phase != "open" or step is None:
        afterwards.offer_note(turn, event.text)
        return
    if step.shots is not None:
        photographing.on_text(turn, event, step)
        return
    if step.choose is not None:
        done = choosing.on_text(turn, event, step)
    elif step.ask is not None:
        done = asking.on_text(turn, event, step)
    elif step.compose is not None:
        done = composing.on_text(turn, event, step)
    elif step.find is not None:  # an answer is on its way, and brings the next question
        done = False
    else:
        done = False
        turn.remark(turn.words("choose.pick_button"))
        show(turn)
    if done:
        forward(turn, arrive)


def back(turn: Turn) -> None:
    """Show the question before; nothing is discarded."""
    conv = turn.conv
    if conv.phase != "open" or turn.step is None:
        afterwards.where_it_stands(turn)
    elif conv.mode and not conv.mode.startswith(("page", "search")):
        if conv.mode == "overview" and conv.editing:
            _leave_edit(turn)
            return
        turn.change(mode="")
        show(turn)
    elif conv.editing:
        _leave_edit(turn)
    else:
        _back_along_history(turn)


def _leave_edit(turn: Turn) -> None:
    turn.change(step=turn.conv.editing, editing="", mode="")
    show(turn)


def _back_along_history(turn: Turn) -> None:
    history = list(turn.conv.history)
    while history and history[-1] == turn.conv.step:
        history.pop()
    if not history:
        turn.remark(turn.words("back.first"))
        show(turn)
        return
    step_id = history.pop()
    turn.change(history=tuple(history))
    if step_id in turn.flow.steps:
        turn.change(step=step_id, mode="")
        show(turn)
        return
    welcome = turn.catalogue.current("welcome")
    if step_id in welcome.steps:
        reenter(turn, welcome, step_id)
    else:
        show(turn)


def on_orders(turn: Turn, event: OrdersFound) -> None:
    """Go on with what was found."""
    step = turn.step
    if turn.conv.phase != "open" or step is None or step.find is None or event.query != turn.conv.step:
        return
    turn.change(found=event.orders, exhausted=event.exhausted)
    if step.find.orders == "number" and len(event.orders) == 1:
        order = event.orders[0]
        waiting = turn.conv.step
        take(turn, Choice(action="", value=order.number, text=order.number, thing=order))
        turn.chosen = ""
        turn.change(step=waiting)
    arrive(turn, target_of(turn, turn.conv.step))


def on_unsupported(turn: Turn, event: UnsupportedReceived) -> None:
    """Hint kindly at what helps; the step stays as it is."""
    turn.tell(turn.words(f"unsupported.{event.what}"))
    if turn.conv.phase == "open" and turn.step is not None:
        show(turn, again=True)


TABLE: dict[type, Callable[[Turn, Any], None]] = {
    ChoiceMade: on_choice,
    TextReceived: on_text,
    PhotoReceived: photographing.on_photo,
    UnsupportedReceived: on_unsupported,
    PhotoStored: photographing.on_stored,
    PhotoRefused: photographing.on_refused,
    PhotoJudged: photographing.on_judged,
    OrdersFound: on_orders,
    Delivered: delivering.delivery,
    DeliveryDelayed: delivering.delivery,
    DeliveryFailed: delivering.delivery,
    LeftToCustomer: errands.on_left,
    SellerAnswered: sellers_side.on_answer,
    PhotoRequested: sellers_side.on_request,
    CaseSettled: sellers_side.on_settled,
    CaseReopened: sellers_side.on_reopened,
    SellerSaw: sellers_side.on_saw,
    CaseAssigned: sellers_side.on_assigned,
    RemarkMade: sellers_side.on_remark,
    HandedBack: sellers_side.on_handed_back,
    TimerFired: afterwards.on_timer,
}
