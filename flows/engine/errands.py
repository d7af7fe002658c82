"""A bundle that no adapter can deliver: the customer is walked through sending it on a marketplace's own page."""

from datetime import timedelta
from typing import Any

from flows.effects import SetTimer
from flows.engine import delivering
from flows.engine.sellers_side import follow_up
from flows.engine.timeline import note
from flows.engine.turn import BREAK, Turn
from flows.events import LeftToCustomer, TimerFired
from flows.values import Button, Errand, Picture, Rows, Span, Spans

TIMER = "errand"
REMINDERS = (timedelta(hours=3), timedelta(hours=20), timedelta(days=3))
"""When the customer is reminded of what is still unsent, each counted from the one before."""


def on_left(turn: Turn, event: LeftToCustomer) -> None:
    """Walk the customer through it; a bundle that is with the customer already is not shown twice."""
    turn.change(errand=event.errand)
    if event.note:
        _show_note(turn, event.errand)
        return
    kept = {"manifest": event.manifest, "copies": event.copies, "names": event.names}
    if not delivering.fated(turn, event.number, "by_hand", **kept):
        return
    _show(turn, event.errand)
    _remind_later(turn, place=0)


def on_press(turn: Turn, action: str) -> bool:
    """Take a press on one of this walk's buttons; False when it is none."""
    answers = {"handed": _confirm, "errand": _again, "wished": _wished, "done": _settle}
    answer = answers.get(action)
    if answer is None or turn.conv.errand is None:
        return False
    answer(turn)
    return True


def buttons(turn: Turn) -> Rows:
    """What can be pressed while something waits to be sent, and afterwards."""
    if turn.conv.errand is None:
        return ()
    if _unsent(turn):
        names = ("handed", "errand")
    elif turn.conv.phase == "sent":
        names = ("wished", "done")
    else:
        return ()
    return (tuple(turn.lasting(name, turn.plain(f"errand.button.{name}")) for name in names),)


def _unsent(turn: Turn) -> tuple[int, ...]:
    return tuple(sent.number for sent in turn.conv.bundles if sent.status == "by_hand")


# -- showing ---------------------------------------------------------------------------------------------------


def _show(turn: Turn, errand: Errand) -> None:
    """The steps, the text by itself so that it can be copied, every file under its label, and the question."""
    turn.tell(
        _said(turn, "errand.steps", errand), slot=f"delivery:{turn.conv.id}", buttons=_door(turn, errand)
    )
    turn.tell((Span(text=errand.text, style="code"),))
    for sent in turn.conv.bundles:
        if sent.status == "by_hand":
            for key, name in zip(sent.copies, sent.names, strict=False):
                turn.tell((Span(text=name),), picture=Picture(source="file", refs=(key,), captions=(name,)))
    _ask(turn, "errand.asked", errand)


def _show_note(turn: Turn, errand: Errand) -> None:
    turn.tell(_said(turn, "errand.note", errand), slot="note", buttons=_door(turn, errand))
    turn.tell((Span(text=errand.text, style="code"),))


def _ask(turn: Turn, text_id: str, errand: Errand) -> None:
    turn.tell(_said(turn, text_id, errand), slot=f"errand:{turn.conv.id}", buttons=buttons(turn))


def _said(turn: Turn, text_id: str, errand: Errand) -> Spans:
    names: dict[str, Any] = {"place": errand.place, "way": errand.way or turn.plain("errand.way")}
    return turn.words(text_id, **names)


def _door(turn: Turn, errand: Errand) -> Rows:
    if not errand.url:
        return ()
    return ((Button(text=turn.plain("errand.button.open", place=errand.place), url=errand.url),),)


# -- what the customer does ------------------------------------------------------------------------------------


def _confirm(turn: Turn) -> None:
    """The customer has sent it: only now it counts as delivered."""
    errand = turn.conv.errand
    for number in _unsent(turn):
        delivering.fated(turn, number, "delivered")
    if errand is not None:
        _ask(turn, "errand.sent", errand)


def _again(turn: Turn) -> None:
    errand = turn.conv.errand
    if errand is None or not _unsent(turn):
        return
    _show(turn, errand)


def _wished(turn: Turn) -> None:
    """The seller asked for another photo on the marketplace: take it in the same guided way."""
    if turn.conv.phase != "sent":
        return
    note(turn, "request")
    follow_up(turn, request="")


def _settle(turn: Turn) -> None:
    if turn.conv.phase != "sent":
        return
    note(turn, "settled")
    turn.change(phase="settled")
    turn.tell((*turn.words("status.settled"),), slot=f"errand:{turn.conv.id}")


# -- reminding -------------------------------------------------------------------------------------------------


def on_timer(turn: Turn, event: TimerFired) -> None:
    """Remind of what is unsent, ever more seldom, then rest."""
    errand = turn.conv.errand
    if errand is None or not _unsent(turn) or turn.conv.phase in {"cancelled", "expired"}:
        return
    turn.tell(
        (*_said(turn, "errand.reminder", errand), BREAK, *_said(turn, "errand.asked", errand)),
        slot=f"errand:{turn.conv.id}",
        buttons=buttons(turn),
    )
    _remind_later(turn, place=event.serial + 1)


def _remind_later(turn: Turn, *, place: int) -> None:
    if place < len(REMINDERS):
        turn.do(SetTimer(case=turn.conv.id, name=TIMER, serial=place, after=REMINDERS[place]))
