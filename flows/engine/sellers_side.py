"""What the seller does: answers, wishes for photos, settles; and what stays among the seller's people."""

from flows.conversation import FlowRef
from flows.engine import promptness
from flows.engine.arriving import arrive, fresh_shots, show
from flows.engine.timeline import note
from flows.engine.turn import BREAK, Turn
from flows.engine.walk import target_of, without_history
from flows.engine.wishes import FOLLOW_UP, is_follow_up, wished_shots
from flows.events import (
    CaseAssigned,
    CaseReopened,
    CaseSettled,
    HandedBack,
    PhotoRequested,
    RemarkMade,
    SellerAnswered,
    SellerSaw,
)
from flows.standing import is_unread
from flows.values import Picture, Span, Spans
from flows.wording import cut

LONGEST_WISH = 1000
MOST_WISHED = 3000
"""Characters of all wishes that wait together."""


def on_answer(turn: Turn, event: SellerAnswered) -> None:
    """Show the seller's answer; words typed next are offered back to the seller."""
    note(turn, "answer", author=event.author, text=event.text, files=event.files)
    promptness.stop_clock(turn)
    if turn.conv.phase in {
        "cancelled",
        "expired",
    }:  # a wish was put aside: what the seller says goes on without it
        turn.change(phase="sent")
    said: Spans = told(turn, "seller.sends")
    if event.text:
        said = (*told(turn, "seller.answered"), BREAK, Span(text=event.text, style="quote"))
    _tell_and_hear(turn, said)
    _hand_over(turn, event)


def told(turn: Turn, text_id: str) -> Spans:
    """What the seller does, in words; whoever took the case over is not called by the seller's name."""
    who = {"seller.name": turn.plain("handover.who")} if turn.conv.inbox else {}
    return turn.words(text_id, **who)


def _tell_and_hear(turn: Turn, said: Spans) -> None:
    """Show it; what is typed next is the answer, but not in the middle of another case: there a button leads to it."""
    if turn.elsewhere:
        turn.tell(said, buttons=((turn.lasting("answer", turn.plain("button.answer")),),))
        return
    turn.tell((*said, BREAK, *turn.words("seller.reply_hint")))
    turn.change_chat(focus=turn.conv.id)


def _hand_over(turn: Turn, event: SellerAnswered | PhotoRequested | CaseSettled) -> None:
    """Show the seller's files: pictures as photos, everything else as a file; and say when some did not come along."""
    for file in event.files:
        picture = (
            Picture(source="blob", refs=(file.key,))
            if file.mime.startswith("image/")
            else Picture(source="file", refs=(file.key,), captions=(file.name,))
        )
        turn.tell((Span(text=f"📎 {file.name}"),), picture=picture)
    if event.left_out:
        turn.tell(turn.words("seller.left_out", count=event.left_out))


def on_request(turn: Turn, event: PhotoRequested) -> None:
    """The seller wishes for one more photo: ask for it in the same guided way."""
    origin = turn.catalogue.flow(turn.conv.origin_ref) if turn.conv.origin_ref else turn.flow
    shots = wished_shots(origin, event.labels)
    words = cut(event.text.strip(), limit=LONGEST_WISH)
    wish = words or ", ".join(turn.own_plain(shot.title or shot.say) for shot in shots)
    note(turn, "request", author=event.author, text=wish, files=event.files)
    promptness.stop_clock(turn)
    _hand_over(turn, event)
    if _is_asking(turn) and not (shots or turn.conv.wished):
        _ask_for_that_too(turn, wish)
    else:
        turn.remark(told(turn, "seller.wish"))
        if shots and words:
            turn.remark((Span(text=words, style="quote"),))
        asked = turn.conv.wished if _is_asking(turn) else ()
        follow_up(
            turn, request=wish, wished=(*asked, *(shot.label for shot in shots if shot.label not in asked))
        )
    _take_focus(turn)


def _is_asking(turn: Turn) -> bool:
    """Whether an earlier wish still waits for its photos."""
    return turn.conv.phase == "open" and is_follow_up(turn.conv.flow)


def _ask_for_that_too(turn: Turn, wish: str) -> None:
    """A second wish before the first is answered: both stand, and photos that came already stay."""
    turn.remark(told(turn, "seller.wish"))
    wishes = "\n".join(part for part in (turn.conv.request, wish) if part)
    turn.change(request=cut(wishes, limit=MOST_WISHED))
    show(turn)


def follow_up(turn: Turn, *, request: str, wished: tuple[str, ...] = ()) -> None:
    """Reopen the case in the flow `follow_up`; its photo becomes the next bundle in the same thread."""
    flow = turn.catalogue.current(FOLLOW_UP)
    conv = without_history(turn.conv)
    answers = {key: answer for key, answer in conv.answers.items() if key not in flow.steps}
    shown = tuple(step_id for step_id in conv.shown if step_id not in flow.steps)
    turn.conv = conv
    turn.change(
        flow=FlowRef(name=flow.flow, hash=flow.hash), phase="open", step="", request=request, wished=wished,
        answers=answers, shown=shown, armed=False,
    )  # fmt: skip
    fresh_shots(turn, turn.flow)
    arrive(turn, next(iter(flow.steps), ""))


def _take_focus(turn: Turn) -> None:
    """Texts and photos go to this case from now on, unless the customer is in the middle of another."""
    if not turn.elsewhere:
        turn.change_chat(focus=turn.conv.id)


def on_settled(turn: Turn, event: CaseSettled) -> None:
    """The seller calls the matter settled."""
    if turn.conv.phase == "settled" and not (event.text or event.files):
        return
    note(turn, "settled", author=event.author, text=event.text, files=event.files)
    promptness.stop_clock(turn)
    turn.change(phase="settled")
    said = told(turn, "seller.settled")
    words: Spans = (BREAK, Span(text=event.text, style="quote")) if event.text else ()
    turn.tell((*said, *words))
    _hand_over(turn, event)


def on_reopened(turn: Turn, event: CaseReopened) -> None:
    """Take the settling back: the seller's turn again, and the customer, who was told of the end, is told of this."""
    if turn.conv.phase != "settled":
        return
    note(turn, "reopened", author=event.author)
    turn.change(phase="sent")
    _tell_and_hear(turn, told(turn, "seller.reopened"))


def on_saw(turn: Turn, event: SellerSaw) -> None:
    """The seller opened the case: shown where the customer asks, never pushed."""
    if is_unread(turn.conv.timeline):
        note(turn, "seen", author=event.author)


def on_assigned(turn: Turn, event: CaseAssigned) -> None:
    """Note who has the case."""
    if turn.conv.assigned != event.agent:
        turn.change(assigned=event.agent)
        note(turn, "assigned", author=event.author, text=event.agent)


def on_remark(turn: Turn, event: RemarkMade) -> None:
    """Keep a note that the customer never sees."""
    note(turn, "remark", author=event.author, text=event.text)


def on_handed_back(turn: Turn, event: HandedBack) -> None:
    """A person gives the case back: the flow goes on after the step that handed it over."""
    if turn.conv.phase != "handed_over":
        return
    turn.change(phase="open", inbox="")
    if is_follow_up(turn.conv.flow) and turn.conv.origin_ref is not None:
        _return_to_issue(turn, turn.conv.origin_ref)
    turn.remark(turn.words("handover.returned"))
    target = target_of(turn, turn.conv.step) if turn.step is not None else ""
    if target:
        arrive(turn, target)
    else:
        turn.change(phase="sent", step="")


def _return_to_issue(turn: Turn, origin: FlowRef) -> None:
    """A photo was asked for meanwhile: go back to the step of the issue's flow that handed the case over."""
    turn.change(flow=origin, wished=(), request="")
    handing = [key for key, step in turn.flow.steps.items() if step.handover and turn.holds(step.when)]
    turn.change(step=next(iter(handing), ""))
