"""What happens around and after Send: the seller's answers and wishes, notes, reminders, the end of a case."""

from datetime import timedelta

from flows.conversation import Conversation, FlowRef
from flows.effects import SetTimer
from flows.engine.arriving import arrive, fresh_shots, show
from flows.engine.sending import forward_text
from flows.engine.turn import BREAK, Turn
from flows.engine.walk import target_of, without_history
from flows.events import CaseSettled, HandedBack, PhotoRequested, SellerAnswered, TimerFired
from flows.values import Span, Spans

CLOSED = {"cancelled", "expired"}
LONGEST_NOTE = 2000


def status_id(conv: Conversation) -> str:
    """The text id, below `status.`, of where a case stands."""
    if conv.phase in {"sending", "sent"} and conv.bundles:
        return conv.bundles[-1].status
    return conv.phase


def where_it_stands(turn: Turn) -> None:
    """Say where the case stands, with what can be done."""
    conv = turn.conv
    if conv.phase == "open" and turn.step is not None:
        show(turn, again=True)
        return
    line = turn.words("status.line", case=conv.id, summary=conv.own_summary or conv.issue_title)
    state = turn.words(f"status.{status_id(conv)}")
    row = [turn.lasting("new", turn.plain("button.new_case"))]
    if conv.phase in CLOSED:
        row.insert(0, turn.lasting("undo", turn.plain("button.undo")))
    turn.tell((*line, BREAK, *state), slot=f"status:{conv.id}", buttons=(tuple(row),))


def on_lasting(turn: Turn, action: str) -> None:
    """Take a press on a button that is bound to the case and to no step."""
    match action:
        case "focus":
            where_it_stands(turn)
        case "undo":
            resume(turn)
        case "note":
            _send_note(turn)
        case "nonote":
            turn.change(pending_note="")
            turn.tell(turn.words("note.dropped"), slot="note", edit=True)
        case _:
            where_it_stands(turn)


def resume(turn: Turn) -> None:
    """Take a cancelled or expired case up where it was."""
    if turn.conv.phase not in CLOSED:
        where_it_stands(turn)
        return
    turn.change(phase="open", armed=False)
    turn.remark(turn.words("cancel.undone"))
    if turn.step is not None:
        show(turn)


def cancel(turn: Turn) -> None:
    """Put the case aside; it can be taken up again."""
    turn.change(phase="cancelled")
    button = turn.lasting("undo", turn.plain("button.undo"))
    turn.tell(turn.words("cancel.done"), slot=f"prompt:{turn.conv.id}", buttons=((button,),))


# -- words after Send ----------------------------------------------------------------------------------------


def offer_note(turn: Turn, text: str) -> None:
    """Offer to pass words on to the seller."""
    if turn.conv.phase in CLOSED:
        where_it_stands(turn)
        return
    turn.change(pending_note=text[:LONGEST_NOTE])
    rows = (
        (
            turn.lasting("note", turn.plain("button.tell_seller")),
            turn.lasting("nonote", turn.plain("button.not_now")),
        ),
        (turn.lasting("new", turn.plain("button.new_case")),),
    )
    turn.tell(
        (*turn.words("note.offer"), BREAK, Span(text=text[:LONGEST_NOTE], style="quote")),
        slot="note",
        buttons=rows,
    )


def _send_note(turn: Turn) -> None:
    if not turn.conv.pending_note:
        where_it_stands(turn)
        return
    forward_text(turn, turn.conv.pending_note)
    turn.change(pending_note="")
    turn.tell(turn.words("note.sent"), slot="note", edit=True)


# -- the seller's side ---------------------------------------------------------------------------------------


def on_answer(turn: Turn, event: SellerAnswered) -> None:
    """Show the seller's answer; words typed next are offered back to the seller."""
    said: Spans = (*turn.words("seller.answered"), BREAK, Span(text=event.text, style="quote"))
    turn.tell((*said, BREAK, *turn.words("seller.reply_hint")))
    _take_focus(turn)


def on_request(turn: Turn, event: PhotoRequested) -> None:
    """The seller wishes for one more photo: ask for it in the same guided way."""
    wish = event.text.strip() or ", ".join(_titles(turn, event.labels))
    turn.remark(turn.words("seller.wish"))
    follow_up(turn, request=wish)
    _take_focus(turn)


def _titles(turn: Turn, labels: tuple[str, ...]) -> list[str]:
    flow = turn.catalogue.flow(turn.conv.origin_ref) if turn.conv.origin_ref else turn.flow
    shots = [shot for step in flow.steps.values() for shot in step.shots or ()]
    return [turn.own_plain(shot.title or shot.say) for shot in shots if shot.label in labels]


def follow_up(turn: Turn, *, request: str) -> None:
    """Reopen the case in the flow `follow_up`; its photo becomes the next bundle in the same thread."""
    flow = turn.catalogue.current("follow_up")
    conv = without_history(turn.conv)
    answers = {key: answer for key, answer in conv.answers.items() if key not in flow.steps}
    shown = tuple(step_id for step_id in conv.shown if step_id not in flow.steps)
    turn.conv = conv
    turn.change(
        flow=FlowRef(name=flow.flow, hash=flow.hash), phase="open", step="", request=request, answers=answers,
        shown=shown, armed=False,
    )  # fmt: skip
    fresh_shots(turn, flow)
    arrive(turn, next(iter(flow.steps), ""))


def _take_focus(turn: Turn) -> None:
    """Texts and photos go to this case from now on, unless the customer is in the middle of another."""
    if turn.chat.focus in {"", turn.conv.id}:
        turn.change_chat(focus=turn.conv.id)


def on_settled(turn: Turn, event: CaseSettled) -> None:
    """The seller calls the matter settled."""
    turn.change(phase="settled")
    said = turn.words("seller.settled")
    words: Spans = (BREAK, Span(text=event.text, style="quote")) if event.text else ()
    turn.tell((*said, *words))


def on_handed_back(turn: Turn, event: HandedBack) -> None:
    """A person gives the case back: the flow goes on after the step that handed it over."""
    if turn.conv.phase != "handed_over":
        return
    turn.change(phase="open", inbox="")
    turn.remark(turn.words("handover.returned"))
    target = target_of(turn, turn.conv.step) if turn.step is not None else ""
    if target:
        arrive(turn, target)
    else:
        turn.change(phase="sent", step="")


# -- waiting -------------------------------------------------------------------------------------------------


def on_timer(turn: Turn, event: TimerFired) -> None:
    """Remind, or end an unfinished conversation, when its time has come; else wait on."""
    waiting = turn.flow.waiting
    turn.change(armed=False)
    if event.name != "waiting" or waiting is None or turn.conv.phase != "open" or turn.conv.touched is None:
        return
    elapsed = (event.at - turn.conv.touched).total_seconds()
    if waiting.expire_after is not None and elapsed >= waiting.expire_after:
        _expire(turn, keep=waiting.on_expire == "keep_draft")
        return
    due = [after for after in waiting.remind_after[turn.conv.reminded :] if elapsed >= after]
    if due:
        text_id = "reminder.first" if turn.conv.reminded == 0 else "reminder.later"
        button = turn.lasting("focus", turn.plain("button.continue_case"))
        turn.tell(turn.words(text_id, summary=turn.conv.issue_title), slot="reminder", buttons=((button,),))
        turn.change(reminded=turn.conv.reminded + len(due))
    _wait_on(turn, elapsed)


def _wait_on(turn: Turn, elapsed: float) -> None:
    waiting = turn.flow.waiting
    ends = [*waiting.remind_after, waiting.expire_after or 0] if waiting else []
    left = [end - elapsed for end in ends if end > elapsed]
    if left:
        turn.change(armed=True)
        turn.do(
            SetTimer(
                case=turn.conv.id,
                name="waiting",
                serial=turn.conv.serial,
                after=timedelta(seconds=min(left) + 1),
            )
        )


def _expire(turn: Turn, *, keep: bool) -> None:
    turn.change(phase="expired" if keep else "cancelled")
    button = turn.lasting("undo", turn.plain("button.continue_case"))
    turn.tell(turn.words("reminder.expired"), slot=f"prompt:{turn.conv.id}", buttons=((button,),))
    if turn.chat.focus == turn.conv.id:
        turn.change_chat(focus="")
