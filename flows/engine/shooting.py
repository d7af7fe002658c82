"""The verb `shots`: which photo is asked for next, and the words around it; claims are in `claiming`."""

from flows.conversation import Claim, ShotState
from flows.definition import Shot, Step
from flows.engine.keyboards import navigation
from flows.engine.lookup import accepted
from flows.engine.turn import BREAK, LINE, Turn, joined
from flows.engine.walk import active_shots, settled_shot
from flows.values import Picture, Rows, Span, Spans, reason_id


def state_of(turn: Turn, label: str) -> ShotState:
    """What has become of a shot so far."""
    return turn.conv.shots.get(label, ShotState())


def keep_state(turn: Turn, label: str, state: ShotState) -> None:
    """Put a shot's new state in place."""
    turn.change(shots={**turn.conv.shots, label: state})


def title(turn: Turn, shot: Shot, *, locale: str | None = None) -> str:
    """A shot in a few words."""
    return turn.own_plain(shot.title or shot.say, locale=locale)


def pending(turn: Turn) -> list[Claim]:
    """Claims whose verdict (or whose bytes) are not here yet."""
    claims = [claim for state in turn.conv.shots.values() for claim in state.claims]
    waiting = [claim for claim in claims if claim.status in {"pending", "stored"}]
    return [*waiting, *(claim for claim in turn.conv.tray if claim.status == "pending")]


def has_room(turn: Turn, shot: Shot) -> bool:
    """Whether one more photo may claim the shot."""
    state = state_of(turn, shot.label)
    if state.done or state.missing:
        return False
    return sum(claim.status != "retake" for claim in state.claims) < shot.most


def wanted(turn: Turn, step: Step) -> Shot | None:
    """The shot that is asked for now: the one named by the mode, else the first that is not settled."""
    shots = active_shots(turn, step)
    kind, _, label = turn.conv.mode.partition(":")
    if kind in {"replace", "reason"}:
        named = next((shot for shot in shots if shot.label == label), None)
        if named is not None:
            return named
    return next((shot for shot in shots if not settled_shot(turn, shot)), None)


def show(turn: Turn, step: Step, *, edit: bool = False) -> None:
    """Ask for the shot that is wanted now, or show them all when every one is there."""
    shot = wanted(turn, step)
    if turn.conv.mode == "overview" or shot is None:
        show_overview(turn, step, edit=edit)
    elif turn.conv.mode.startswith("reason:"):
        turn.prompt(
            turn.words("shots.reason_ask", shot=title(turn, shot)), _way_back(turn, step, shot), edit=edit
        )
    else:
        _show_shot(turn, step, shot, edit=edit)


def _show_shot(turn: Turn, step: Step, shot: Shot, *, edit: bool) -> None:
    rejected = next((c for c in reversed(state_of(turn, shot.label).claims) if c.status == "retake"), None)
    if rejected is not None:
        _show_retake(turn, step, shot, rejected, edit=edit)
        return
    parts: list[Spans] = [_heading(turn, step, shot), turn.own(shot.say)]
    if shot.tip:
        parts.append(turn.words("shots.tip", tip=turn.own_plain(shot.tip)))
    if shot.send_as == "file":
        parts.append(turn.words("shots.send_as_file"))
    picture = Picture(source="shipped", refs=(shot.example,)) if shot.example else None
    compared = turn.value(shot.compare) if shot.compare else None
    if compared and shot.compare == "order.image":
        picture = Picture(source="order", refs=(str(compared), *(picture.refs if picture else ())))
    if compared:
        parts.append(
            turn.words("shots.compare", wanted="" if shot.compare == "order.image" else str(compared))
        )
    turn.prompt(joined(parts, LINE), _shot_rows(turn, step, shot), picture=picture, edit=edit)


def _heading(turn: Turn, step: Step, shot: Shot) -> Spans:
    shots = active_shots(turn, step)
    place = next(n for n, other in enumerate(shots, 1) if other.label == shot.label)
    counter = turn.plain("progress.counter", n=place, total=len(shots))
    extra = f" · {turn.plain('shots.optional')}" if shot.optional else ""
    if shot.most > 1:
        have = len(accepted(state_of(turn, shot.label)))
        extra += f" · {turn.plain('shots.count', n=have, m=shot.most)}"
    return (Span(text=f"{counter} · {title(turn, shot)}", style="bold"), Span(text=extra))


def _show_retake(turn: Turn, step: Step, shot: Shot, claim: Claim, *, edit: bool) -> None:
    """One reason, one tip, and the picture that shows why."""
    verdict = claim.verdict
    problem = claim.flags[0] if claim.flags else "blur"
    told = reason_id(problem, _wanted_readable(turn, step, shot))
    parts: list[Spans] = [
        (Span(text=title(turn, shot), style="bold"),),
        turn.words(f"retake.{told}.reason", shot=title(turn, shot)),
        turn.words(_tip(turn, shot, told), shot=title(turn, shot)),
    ]
    offered = offers_use_anyway(turn, step, shot)
    parts.append(turn.words("retake.offer" if offered else "retake.again", shot=title(turn, shot)))
    picture = Picture(source="blob", refs=(verdict.explained,)) if verdict and verdict.explained else None
    index = shot_index(turn, step, shot)
    rows: Rows = ()
    if offered:
        rows = (
            (
                turn.button(f"use{index}", turn.plain("button.use_anyway")),
                turn.button(f"try{index}", turn.plain("button.try_again")),
            ),
        )
    turn.prompt(joined(parts, LINE), (*rows, *_shot_rows(turn, step, shot)), picture=picture, edit=edit)


def _tip(turn: Turn, shot: Shot, told: str) -> str:
    """Name the tip that fits best: another one when the first did not help, one for what the shot looks at."""
    wanted = (["tip_again"] if state_of(turn, shot.label).retakes > 1 else []) + [f"tip_{shot.view}"]
    ids = [f"retake.{told}.{name}" for name in wanted]
    return next((text_id for text_id in ids if turn.catalogue.texts.has(text_id)), f"retake.{told}.tip")


def _wanted_readable(turn: Turn, step: Step, shot: Shot) -> str:
    layers = (shot.quality, step.quality, turn.flow.quality)
    return next((rules.readable for rules in layers if rules.readable), "")


def offers_use_anyway(turn: Turn, step: Step, shot: Shot) -> bool:
    """Whether the customer has tried often enough to use the photo as it is."""
    rules = step.retakes or turn.flow.retakes
    most = rules.max if rules else 2
    then = rules.then if rules else "offer_use_anyway"
    return then == "offer_use_anyway" and state_of(turn, shot.label).retakes >= most


def shot_index(turn: Turn, step: Step, shot: Shot) -> int:
    """The place of a shot among all of its step: stable within a revision, so buttons may carry it."""
    return next(n for n, other in enumerate(step.shots or ()) if other.label == shot.label)


def _way_back(turn: Turn, step: Step, shot: Shot) -> Rows:
    return ((turn.button(f"try{shot_index(turn, step, shot)}", turn.plain("button.back")),),)


def _shot_rows(turn: Turn, step: Step, shot: Shot) -> Rows:
    index = shot_index(turn, step, shot)
    state = state_of(turn, shot.label)
    row = []
    if shot.most > 1 and len(accepted(state)) >= shot.least:
        row.append(turn.button(f"enough{index}", turn.plain("button.enough")))
    elif accepted(state) and settled_shot(turn, shot):  # asked for once more, to replace what there is
        row.append(turn.button(f"keep{index}", turn.plain("button.keep")))
    elif shot.optional:
        row.append(turn.button(f"skip{index}", turn.plain("button.skip")))
    else:
        row.append(turn.button(f"cant{index}", turn.plain("button.cant_take")))
    if any(s.claims or s.missing or s.done for s in turn.conv.shots.values()):
        row.append(turn.button("overview", turn.plain("button.change_shots")))
    return (tuple(row), *navigation(turn, step))


# -- the overview: every shot with what became of it, each can be replaced or taken back ---------------------


def show_overview(turn: Turn, step: Step, *, edit: bool = False) -> None:
    """List the step's shots with a button each."""
    shots = active_shots(turn, step)
    lines: list[Spans] = [turn.words("shots.overview")]
    lines += [(Span(text=f"{mark(turn, shot)} {title(turn, shot)}"),) for shot in shots]
    rows: Rows = tuple(
        (turn.button(f"shot{shot_index(turn, step, shot)}", f"{mark(turn, shot)} {title(turn, shot)}"),)
        for shot in shots
    )
    turn.prompt(joined(lines, LINE), (*rows, (turn.button("done", turn.plain("button.done")),)), edit=edit)


def show_one(turn: Turn, step: Step, shot: Shot) -> None:
    """Offer to replace, add or take back the photos of one shot."""
    index = shot_index(turn, step, shot)
    own = accepted(state_of(turn, shot.label))
    row = [turn.button(f"replace{index}", turn.plain("button.replace"))]
    if own:
        row.append(turn.button(f"remove{index}", turn.plain("button.remove")))
    sheet = tuple(claim.photo.key for claim in own if claim.photo and claim.photo.kind != "pdf")
    picture = Picture(source="blob", refs=sheet[:1]) if sheet else None
    spans = (Span(text=title(turn, shot), style="bold"), BREAK, Span(text=turn.own_plain(shot.say)))
    turn.prompt(spans, (tuple(row), (turn.button("overview", turn.plain("button.back")),)), picture=picture)


def mark(turn: Turn, shot: Shot) -> str:
    """The sign of a shot's state; a meaning never by colour alone."""
    state = state_of(turn, shot.label)
    if any(claim.status in {"pending", "stored"} for claim in state.claims):
        return "…"
    if accepted(state):
        return "✓"
    if any(claim.status == "retake" for claim in state.claims):
        return "↻"
    if state.missing or state.done:
        return "–"
    return "▢"


def progress(turn: Turn, step: Step, *, delay: float = 0, done: str = "", told: bool = True) -> None:
    """Show how far the photos are: one message, edited in place while photos come in.

    `done` is the shot of a photo that is through: where it was `told` to be looked at, that message ticks it, even
    when something was said since.
    """
    moving = {
        label
        for label, state in turn.conv.shots.items()
        if any(claim.status in {"pending", "stored"} for claim in state.claims)
    }
    spoken = tuple(
        shot.label
        for shot in active_shots(turn, step)
        if shot.label in moving or shot.label in turn.conv.burst or shot.label == done
    )
    lines: list[Spans] = [
        (_progress_line(turn, shot),) for shot in active_shots(turn, step) if shot.label in spoken
    ]
    if lines:
        edit = any(label in turn.conv.burst for label in spoken)
        late = not edit and told and spoken == (done,)
        turn.tell(joined(lines, LINE), slot=f"progress:{turn.conv.id}", edit=edit or late, delay=delay)
        if not late:
            turn.change(burst=(*spoken, *(slot for slot in turn.conv.burst if slot == "tray")))


def _progress_line(turn: Turn, shot: Shot) -> Span:
    state = state_of(turn, shot.label)
    name = title(turn, shot)
    if any(claim.status == "stored" for claim in state.claims):
        return Span(text=turn.plain("progress.received", shot=name))
    if any(claim.status == "pending" for claim in state.claims):
        return Span(text=f"… {name}")
    if any(claim.flags for claim in accepted(state)):
        return Span(text=turn.plain("progress.used_anyway", shot=name))
    if accepted(state):
        return Span(text=turn.plain("progress.accepted", shot=name))
    return Span(text=f"{mark(turn, shot)} {name}")
