"""What the customer does after Send: where a case stands, notes to the seller, reminders, the end of a case."""

from dataclasses import replace
from datetime import timedelta

from flows.conversation import Conversation, Phase
from flows.effects import SetTimer
from flows.engine import errands, promptness, shooting, thanks
from flows.engine.arriving import arrive, show
from flows.engine.lookup import accepted
from flows.engine.sellers_side import told
from flows.engine.sending import LONGEST_WORDS, forward_text
from flows.engine.turn import BREAK, Turn
from flows.engine.walk import active_shots, forward, settled_shot
from flows.engine.wishes import is_follow_up
from flows.events import TimerFired
from flows.standing import ANSWERS, LOOKED
from flows.values import Span

SEND_WAITING = "send_waiting"
"""Mode of the review while Send waits for photos under way."""
CLOSED = {"cancelled", "expired"}
LEFT = "left:"
"""Begins the mode of a sent case whose seller is answered in the middle of another, which it names."""
ENDS_ASIDE = {"note", "nonote"}
"""Presses with which an answer to a seller is done: the customer goes on with what was begun before."""


def is_over(conv: Conversation) -> bool:
    """Whether a case hears nothing any more: put aside before anything of it was sent."""
    return conv.phase in CLOSED and not conv.bundles


def status_id(conv: Conversation) -> str:
    """The text id, below `status.`, of where a case stands."""
    if conv.phase in {"sending", "sent"} and conv.bundles:
        fate = conv.bundles[-1].status
        return _looked(conv) if fate == "delivered" else fate
    return "addition" if conv.phase == "open" and conv.bundles else conv.phase


def _looked(conv: Conversation) -> str:
    """What the seller has done since the newest bundle arrived."""
    for entry in reversed(conv.timeline):
        if entry.kind == "delivered":
            break
        if entry.kind in LOOKED:
            return "seen" if entry.kind == "seen" else "answered"
    return "delivered"


def where_it_stands(turn: Turn) -> None:
    """Say where the case stands, with what can be done."""
    conv = turn.conv
    if conv.phase == "open" and turn.step is not None:
        show(turn, again=True)
        return
    line = turn.words("status.line", case=conv.id, summary=conv.own_summary or conv.issue_title)
    state = (*turn.words(f"status.{status_id(conv)}"), *promptness.outlook(turn, conv))
    row = [turn.lasting("new", turn.plain("button.new_case"))]
    if conv.phase in CLOSED:
        row.insert(0, turn.lasting("undo", turn.plain("button.undo")))
    turn.tell((*line, BREAK, *state), slot=f"status:{conv.id}", buttons=(*errands.buttons(turn), tuple(row)))


def on_lasting(turn: Turn, action: str) -> None:
    """Take a press on a button that is bound to the case and to no step."""
    match action:
        case "focus":
            where_it_stands(turn)
        case "answer":
            _answer(turn)
        case "undo":
            resume(turn)
        case "note":
            _send_note(turn)
        case "nonote":
            _note_done(turn)
            turn.tell(turn.words("note.dropped"), slot="note", edit=True)
        case _:
            if not errands.on_press(turn, action):
                where_it_stands(turn)


def _answer(turn: Turn) -> None:
    """Hear an answer to the seller next, and remember which case is left for it."""
    if turn.elsewhere and turn.conv.phase != "open":
        turn.change(mode=f"{LEFT}{turn.elsewhere}")
    turn.tell(turn.words("seller.reply_hint"), slot="note")


def came_from(conv: Conversation) -> str:
    """The case that was left to answer this one's seller, "" = none."""
    return conv.mode.removeprefix(LEFT) if conv.mode.startswith(LEFT) else ""


def resume(turn: Turn) -> None:
    """Take a cancelled or expired case up where it was."""
    aside = turn.conv.phase == "handed_over" and is_follow_up(turn.conv.flow) and turn.step is not None
    if not aside and turn.conv.phase not in CLOSED:
        where_it_stands(turn)
        return
    turn.change(phase="open", armed=False)
    turn.remark(turn.words("cancel.undone"))
    if turn.step is not None and turn.step.find is not None:  # it was put aside during a look-up
        arrive(turn, turn.conv.step)
    elif turn.step is not None:
        show(turn)


def cancel(turn: Turn) -> None:
    """Put the case aside, or only what is added to it; it can be taken up again."""
    added = bool(turn.conv.bundles)
    mode = "" if turn.conv.mode == SEND_WAITING else turn.conv.mode  # nothing is sent but by another press
    turn.change(phase=_phase_of_addition(turn) if added else "cancelled", mode=mode)
    button = turn.lasting("undo", turn.plain("button.undo"))
    turn.tell(
        turn.words("cancel.addition" if added else "cancel.done"),
        slot=f"prompt:{turn.conv.id}",
        buttons=((button,),),
    )


def _phase_of_addition(turn: Turn) -> Phase:
    """Where a case is when an addition is put aside: a person who took it over still has it."""
    return "handed_over" if turn.conv.inbox else "expired"


# -- words after Send ----------------------------------------------------------------------------------------


def offer_note(turn: Turn, text: str) -> None:
    """Offer to pass words on to the seller."""
    if is_over(turn.conv):
        where_it_stands(turn)
        return
    before = turn.conv.pending_note  # typed before and not decided on: people write in several messages
    words = "\n".join(part for part in (before, text) if part)
    if len(words) > LONGEST_WORDS:
        turn.tell(turn.words("ask.too_long", length=len(words), max=LONGEST_WORDS))
        return
    turn.change(pending_note=words)
    if not before and thanks.is_thanks(text) and not _was_asked(turn.conv):
        button = turn.lasting("note", turn.plain("button.tell_seller"))
        turn.tell(turn.words("note.thanks"), slot="note", buttons=((button,),))
        return
    rows = (
        (
            turn.lasting("note", turn.plain("button.tell_seller")),
            turn.lasting("nonote", turn.plain("button.not_now")),
        ),
        (turn.lasting("new", turn.plain("button.new_case")),),
    )
    turn.tell(
        (*told(turn, "note.offer"), BREAK, Span(text=words, style="quote")),
        slot="note",
        buttons=rows,
    )


def _was_asked(conv: Conversation) -> bool:
    """Whether the seller's last words hold a question: then "OK" is an answer."""
    return "?" in next((entry.text for entry in reversed(conv.timeline) if entry.kind in ANSWERS), "")


def _note_done(turn: Turn) -> None:
    turn.change(pending_note="", mode="" if came_from(turn.conv) else turn.conv.mode)


def _send_note(turn: Turn) -> None:
    if not turn.conv.pending_note:
        where_it_stands(turn)
        return
    forward_text(turn, turn.conv.pending_note)
    _note_done(turn)
    text_id = "note.sent" if turn.conv.errand is None else "errand.note_coming"
    turn.tell(turn.words(text_id), slot="note", edit=True)


# -- waiting -------------------------------------------------------------------------------------------------


def on_timer(turn: Turn, event: TimerFired) -> None:
    """Remind, or end an unfinished conversation, when its time has come; else wait on."""
    waiting = turn.flow.waiting
    if event.name in promptness.TIMERS:
        promptness.on_timer(turn, event)
        return
    if event.name == errands.TIMER:
        errands.on_timer(turn, event)
        return
    turn.change(armed=False)
    if event.name != "waiting" or waiting is None or turn.conv.phase != "open" or turn.conv.touched is None:
        return
    elapsed = (event.at - turn.conv.touched).total_seconds()
    if elapsed >= min(waiting.remind_after, default=0) and _send_addition(turn):
        return
    if waiting.expire_after is not None and elapsed >= waiting.expire_after:
        _expire(turn, keep=waiting.on_expire == "keep_draft")
        return
    due = [after for after in waiting.remind_after[turn.conv.reminded :] if elapsed >= after]
    if due:
        text_id = "reminder.first" if turn.conv.reminded == 0 else "reminder.later"
        if not turn.conv.issue_title:
            text_id = "reminder.begun"
        button = turn.lasting("focus", turn.plain("button.continue_case"))
        turn.tell(turn.words(text_id, summary=turn.conv.issue_title), slot="reminder", buttons=((button,),))
        turn.change(reminded=turn.conv.reminded + len(due))
    _wait_on(turn, elapsed)


def _send_addition(turn: Turn) -> bool:
    """Send an addition that has all it needs: nobody said "Enough", and the seller waits for it. False when it has not."""
    step = turn.step
    if step is None or not step.shots or not is_follow_up(turn.conv.flow) or shooting.pending(turn):
        return False
    shots = [shot for shot in active_shots(turn, step) if not settled_shot(turn, shot)]
    if not all(len(accepted(shooting.state_of(turn, shot.label))) >= shot.least for shot in shots):
        return False
    for shot in shots:
        shooting.keep_state(turn, shot.label, replace(shooting.state_of(turn, shot.label), done=True))
    forward(turn, arrive)
    return True


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
    added = bool(turn.conv.bundles)
    turn.change(phase=_phase_of_addition(turn) if added else "expired" if keep else "cancelled")
    button = turn.lasting("undo", turn.plain("button.continue_case"))
    turn.tell(turn.words("reminder.expired"), slot=f"prompt:{turn.conv.id}", buttons=((button,),))
    if turn.chat.focus == turn.conv.id and not added:
        turn.change_chat(focus="")
