"""The seller's clock: reminded before their time to answer runs out; the customer is told honestly when it has."""

from datetime import datetime, timedelta

from flows.conversation import Conversation
from flows.effects import SetTimer
from flows.engine.sending import forward_text
from flows.engine.timeline import note
from flows.engine.turn import BREAK, Turn
from flows.events import Delivered, TimerFired
from flows.standing import ANSWERS
from flows.values import Rows, Span, Spans

REMIND, OVERDUE = "remind_seller", "overdue"
TIMERS = frozenset({REMIND, OVERDUE})
HOUR, DAY = 3600, 86_400  # seconds
WHOLE_DAYS_FROM = 2 * DAY


def start_clock(turn: Turn, event: Delivered) -> None:
    """Begin the seller's time to answer; one that runs already goes on, an addition gives no new time.

    Of an inbox whose answer was lost we hear after the seller has read, and perhaps answered, what came there.
    """
    if event.answer_by is None or turn.conv.answer_by is not None or _was_answered(turn.conv, event.number):
        return
    turn.change(answer_by=event.answer_by)
    if event.remind_at is not None:
        _set(turn, REMIND, event.remind_at, now=event.at, serial=event.number)
    _set(turn, OVERDUE, event.answer_by, now=event.at, serial=event.number)


def _set(turn: Turn, name: str, due: datetime, *, now: datetime, serial: int) -> None:
    after = max(timedelta(seconds=1), due - now)
    turn.do(SetTimer(case=turn.conv.id, name=name, serial=serial, after=after))


def stop_clock(turn: Turn) -> None:
    """The seller has answered: the timers on their way find no clock."""
    turn.change(answer_by=None)


def on_timer(turn: Turn, event: TimerFired) -> None:
    """Remind the seller, or tell the customer that nothing came; nothing of it when the seller has answered."""
    if turn.conv.answer_by is None or turn.conv.phase not in {"sent", "sending", "open", "expired"}:
        return
    if event.name == REMIND:
        if event.at < turn.conv.answer_by:  # a bot that was down for long reminds of nothing that is over
            _remind(turn)
    elif event.at >= turn.conv.answer_by - timedelta(seconds=1):
        turn.change(answer_by=None)
        said = turn.words("promptness.silent")
        if _was_reminded(turn.conv):
            said = (*said, Span(text=" "), *turn.words("promptness.reminded"))
        _tell_silence(turn, said)


def _tell_silence(turn: Turn, said: Spans) -> None:
    """Words typed next go to this seller; in the middle of another case only a button leads there."""
    rows: Rows = ()
    if turn.elsewhere:
        rows = ((turn.lasting("answer", turn.plain("button.answer")),),)
    else:
        turn.change_chat(focus=turn.conv.id)
    turn.tell((*said, *_next_step(turn, turn.conv)), slot=f"delivery:{turn.conv.id}", buttons=rows)


def _was_answered(conv: Conversation, number: int) -> bool:
    """Whether the seller has said something since this bundle was sent."""
    for line in reversed(conv.timeline):
        if line.kind in ANSWERS or (line.kind == "sent" and line.number == number):
            return line.kind in ANSWERS
    return False


def _was_reminded(conv: Conversation) -> bool:
    """Whether the seller was reminded since the newest bundle came."""
    last = next((line.kind for line in reversed(conv.timeline) if line.kind in {"delivered", "reminded"}), "")
    return last == "reminded"


def _remind(turn: Turn) -> None:
    seller = turn.conv.seller
    locale = seller.locale if seller else turn.conv.locale
    text = turn.catalogue.texts.plain(locale, "promptness.reminder", turn.value)
    note(turn, "reminded")
    forward_text(turn, text, author="Clearshot")


def outlook(turn: Turn, case: Conversation) -> Spans:
    """Say, after where a case stands, by when an answer may be expected, or what can be done without one."""
    seller = case.seller
    if seller is None or not seller.answer_within or case.phase != "sent" or case.errand is not None:
        return ()  # an answer to what was sent by hand comes where nobody here sees it
    if case.answer_by is not None:
        left = int((case.answer_by - turn.event.at).total_seconds())
        return (Span(text=" "), *turn.words("promptness.within", span=span_of(turn, left)))
    kinds = [entry.kind for entry in case.timeline if entry.kind in {"delivered", "answer"}]
    return _next_step(turn, case) if kinds and kinds[-1] == "delivered" else ()


def span_of(turn: Turn, seconds: int) -> str:
    """Say a length of time as it passes on a wall: whole hours, or days from two on, never less than is left."""
    if seconds > WHOLE_DAYS_FROM - HOUR:
        return turn.plain("promptness.days", count=-(-seconds // DAY))
    return turn.plain("promptness.hours", count=max(1, -(-seconds // HOUR)))


def _next_step(turn: Turn, case: Conversation) -> Spans:
    steps = case.seller.next_step if case.seller else {}
    text = steps.get(turn.conv.locale) or next(iter(steps.values()), "")
    if text:
        return (BREAK, Span(text=text))
    is_heard = case.id == turn.conv.id and not turn.elsewhere  # what is typed now goes to this case
    return (BREAK, *turn.words("promptness.write")) if is_heard else ()
