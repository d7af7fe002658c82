"""Photos and presses at a `shots` step: what follows when a photo came, was stored, refused or judged."""

from dataclasses import replace

from flows.conversation import ShotState
from flows.definition import Shot, Step
from flows.engine import afterwards, claiming, sellers_side, sending, shooting
from flows.engine.arriving import arrive, show
from flows.engine.keyboards import navigation
from flows.engine.turn import Turn
from flows.engine.walk import active_shots, answered, forward, path, settled_shot
from flows.engine.wishes import is_follow_up
from flows.events import PhotoJudged, PhotoReceived, PhotoRefused, PhotoStored, TextReceived

MOST_CAPTIONS = 40
"""Photos whose words one case keeps; beyond it a clear word, for refused and replaced photos bring words too."""


def on_photo(turn: Turn, event: PhotoReceived) -> None:
    """A photo came: it claims a shot, or waits in the tray; after Send it opens an addition."""
    if turn.conv.phase not in {"open", "handed_over"}:
        sellers_side.follow_up(turn, request="")
    _keep_words(turn, event.caption.strip())
    claiming.receive(turn, event, turn.step if turn.conv.phase == "open" else None)
    if turn.remarks and turn.step is not None:
        show(turn)


def _keep_words(turn: Turn, words: str) -> None:
    """Words with a photo are for the seller: they go after the bundle, or at once to a person who has the case."""
    if words and turn.conv.phase == "handed_over":
        sending.forward_text(turn, words)
    elif words and words not in turn.conv.captions:
        if len(turn.conv.captions) >= MOST_CAPTIONS:
            turn.remark(turn.words("shots.too_many_words", max=MOST_CAPTIONS))
            return
        turn.change(captions=(*turn.conv.captions, words))


def on_stored(turn: Turn, event: PhotoStored) -> None:
    """The picture is safe: now the customer sees that it came."""
    unjudged = claiming.stored(turn, event)
    if turn.conv.phase in {"handed_over", "sending", "sent"}:  # it was on its way when the bundle went
        sending.add_extra_bundle(turn)
        return
    found = claiming.find_claim(turn, event.photo.id)
    if found is not None and found[0] is None and turn.conv.phase == "open":
        _acknowledge_tray(turn)
    go_on(turn, settled=unjudged, done=(found[0] if found and unjudged else "") or "", told=False)


def _acknowledge_tray(turn: Turn) -> None:
    ahead = not any(state.claims for state in turn.conv.shots.values())
    text_id = "shots.tray" if ahead else "shots.extra"
    turn.tell(
        turn.words(text_id),
        slot=f"tray:{turn.conv.id}",
        edit="tray" in turn.conv.burst,
        delay=claiming.ALBUM_DELAY,
    )
    turn.change(burst=(*turn.conv.burst, "tray"))


def on_refused(turn: Turn, event: PhotoRefused) -> None:
    """No acceptable picture: a friendly request, nothing stored."""
    if claiming.refused(turn, event):
        go_on(turn, settled=True)


def on_judged(turn: Turn, event: PhotoJudged) -> None:
    """The verdict is here."""
    found = claiming.find_claim(turn, event.photo_id)
    if claiming.judged(turn, event):
        go_on(turn, settled=True, done=(found[0] if found else "") or "")


def go_on(turn: Turn, *, settled: bool, done: str = "", told: bool = True) -> None:
    """Show progress; when nothing is under way any more, ask for the next shot or leave the step.

    `done` is the shot of the photo that is through, `told` whether it was said to be looked at.
    """
    step = turn.step
    if turn.conv.phase != "open" or step is None:
        return
    if turn.conv.mode == afterwards.SEND_WAITING:
        if not shooting.pending(turn):
            turn.change(mode="")
            send_when_ready(turn)
        return
    if step.shots is None:
        if turn.remarks:
            show(turn)
        return
    waiting = _under_way(turn, step)
    delay = claiming.ALBUM_DELAY if waiting and not settled else 0
    shooting.progress(turn, step, delay=delay, done=done, told=told)
    if waiting or not settled:
        return
    if turn.conv.mode == "handover":
        sending.hand_over(turn, step)
    elif not (turn.conv.mode.startswith("reason:") or _is_asked_already(turn, step, done)):
        leave_or_show(turn, step)


def _is_asked_already(turn: Turn, step: Step, done: str) -> bool:
    """Whether another shot is asked for already, as after "Enough" while the last photo was looked at."""
    wanted = shooting.wanted(turn, step)
    if not done or turn.remarks or wanted is None or wanted.label == done:
        return False
    trial = Turn(turn.catalogue, turn.chat, turn.conv, turn.event)
    show(trial, again=True)
    return trial.conv.last_prompt == turn.conv.last_prompt


def _under_way(turn: Turn, step: Step) -> int:
    """How many of the step's photos have no verdict yet."""
    labels = {shot.label for shot in active_shots(turn, step)}
    return sum(
        claim.status in {"pending", "stored"}
        for label, state in turn.conv.shots.items()
        if label in labels
        for claim in state.claims
    )


def leave_or_show(turn: Turn, step: Step) -> None:
    """Leave the step when every shot is settled and judged, else ask for the next one."""
    if not answered(turn, turn.conv.step) or turn.conv.mode.startswith(("overview", "replace")):
        show(turn)
    elif waiting := _under_way(turn, step):
        turn.next_serial()
        turn.prompt(turn.words("shots.still_looking", count=waiting), navigation(turn, step))
    else:
        forward(turn, arrive)


def send_when_ready(turn: Turn) -> None:
    """Send, unless photos are still under way: then say so and go on by itself when they are through."""
    waiting = shooting.pending(turn)
    if waiting:
        turn.change(mode=afterwards.SEND_WAITING)
        turn.tell(turn.words("send.waits_for_photos", count=len(waiting)))
        return
    *_, incomplete = path(turn)  # the first without an answer: the review, when all is there
    if turn.flow.steps[incomplete].review is None and not answered(turn, incomplete):
        turn.change(step=incomplete, editing=turn.conv.step, mode="")
        show(turn)
        return
    turn.chosen = turn.plain("button.send")
    forward(turn, arrive)


def on_text(turn: Turn, event: TextReceived, step: Step) -> None:
    """Take a reason; words instead of an addition are for the seller, others bring the question back."""
    kind, _, label = turn.conv.mode.partition(":")
    if kind == "reason" and event.text.strip():
        counted = tuple(c for c in shooting.state_of(turn, label).claims if c.status != "retake")
        shooting.keep_state(turn, label, ShotState(claims=counted, missing=event.text.strip()[:300]))
        turn.change(mode="")
        leave_or_show(turn, step)
        return
    if is_follow_up(turn.conv.flow):
        afterwards.offer_note(turn, event.text)
        return
    turn.remark(turn.words("shots.photo_please"))
    show(turn)


def on_choice(turn: Turn, step: Step, action: str) -> None:
    """Take a press at a shot."""
    verb = action.rstrip("0123456789")
    digits = action[len(verb) :]
    shots = step.shots or ()
    shot = shots[int(digits)] if digits and int(digits) < len(shots) else None
    if verb == "overview":
        turn.change(mode="overview")
        show(turn)
    elif verb == "done":
        turn.change(mode="")
        leave_or_show(turn, step)
    elif shot is not None and verb in _VERBS:
        _VERBS[verb](turn, step, shot)
    else:
        show(turn)


def _use(turn: Turn, step: Step, shot: Shot) -> None:
    turn.chosen = turn.plain("button.use_anyway")
    claiming.use_anyway(turn, shot.label)
    turn.change(mode="")
    leave_or_show(turn, step)


def _try(turn: Turn, step: Step, shot: Shot) -> None:
    state = shooting.state_of(turn, shot.label)
    kept = tuple(claim for claim in state.claims if claim.status != "retake")
    shooting.keep_state(turn, shot.label, replace(state, claims=kept))
    turn.change(mode=f"replace:{shot.label}" if settled_shot(turn, shot) and kept else "")
    leave_or_show(turn, step)


def _keep(turn: Turn, step: Step, shot: Shot) -> None:
    turn.chosen = turn.plain("button.keep")
    state = shooting.state_of(turn, shot.label)
    kept = tuple(claim for claim in state.claims if claim.status != "retake")
    shooting.keep_state(turn, shot.label, replace(state, claims=kept, retakes=0))
    turn.change(mode="")
    leave_or_show(turn, step)


def _pass_over(turn: Turn, step: Step, shot: Shot) -> None:
    turn.chosen = turn.plain("button.enough" if claiming.count(turn, shot.label) else "button.skip")
    claims = shooting.state_of(turn, shot.label).claims
    kept = tuple(claim for claim in claims if claim.status != "retake")  # what is under way still counts
    enough = shot.optional or len(kept) >= shot.least
    if enough:
        shooting.keep_state(turn, shot.label, ShotState(claims=kept, done=True))
    turn.change(mode="")
    leave_or_show(turn, step)


def _cannot(turn: Turn, step: Step, shot: Shot) -> None:
    turn.chosen = turn.plain("button.cant_take")
    turn.change(mode=f"reason:{shot.label}")
    show(turn)


def _open_one(turn: Turn, step: Step, shot: Shot) -> None:
    turn.change(mode=f"replace:{shot.label}")  # a photo that comes now is meant for it
    turn.next_serial()
    shooting.show_one(turn, step, shot)


def _replace(turn: Turn, step: Step, shot: Shot) -> None:
    state = shooting.state_of(turn, shot.label)
    shooting.keep_state(turn, shot.label, replace(state, done=False, missing=""))
    turn.change(mode=f"replace:{shot.label}")
    show(turn)


def _remove(turn: Turn, step: Step, shot: Shot) -> None:
    claiming.take_back(turn, shot.label)
    turn.change(mode="overview")
    show(turn)


_VERBS = {
    "use": _use,
    "try": _try,
    "keep": _keep,
    "skip": _pass_over,
    "enough": _pass_over,
    "cant": _cannot,
    "shot": _open_one,
    "replace": _replace,
    "remove": _remove,
}
"""What the buttons of a shot do; each carries the shot's place after its verb."""
