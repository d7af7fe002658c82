"""A photo's life: it claims its shot on arrival, is stored, judged, and then counts or is asked for again."""

from dataclasses import replace

from flows.conversation import Claim, ShotState
from flows.definition import Blur, QualityRules, Shot, Step
from flows.effects import ForgetPhotos, JudgePhoto, StorePhoto
from flows.engine import shooting
from flows.engine.lookup import accepted
from flows.engine.turn import Turn
from flows.engine.walk import active_shots, settled_shot
from flows.events import PhotoJudged, PhotoReceived, PhotoRefused, PhotoStored
from flows.values import Quality, Upload

ALBUM_DELAY = 0.7
"""Seconds that the answer to a photo of an album waits for its siblings."""
MOST_PHOTOS = 40
"""Photos that one case takes; beyond it a clear word (threat table: flooding)."""
OF_ONE_SHOT = frozenset({"use", "try", "keep", "skip", "enough", "cant", "replace", "remove"})
"""What the buttons of a shot's own prompt do; the list of all shots has others."""
ACCEPTED_BY_DEFAULT = ("photo", "file")


def receive(turn: Turn, event: PhotoReceived, step: Step | None) -> None:
    """Let a photo claim its place, and have it stored; the customer hears of it once it is safe."""
    if _photo_count(turn) >= MOST_PHOTOS:
        turn.tell(turn.words("shots.too_many", max=MOST_PHOTOS))
        return
    shot = _claimed(turn, event, step) if step is not None and step.shots else None
    accept = (
        shot.accept
        if shot
        else (ACCEPTED_BY_DEFAULT if step and step.shots else (*ACCEPTED_BY_DEFAULT, "pdf"))
    )
    if event.upload.kind not in accept:
        turn.remark(turn.words("refused.pdf_not_here"))
        return
    claim = Claim(photo_id=event.nonce, upload=event.upload, message=event.message)
    if shot is None:
        turn.change(tray=(*turn.conv.tray, claim))
    else:
        state = shooting.state_of(turn, shot.label)
        shooting.keep_state(
            turn, shot.label, replace(state, claims=(*state.claims, claim), done=False, missing="")
        )
    _store(turn, claim.photo_id, event.upload, accept)


def _photo_count(turn: Turn) -> int:
    return len(turn.conv.tray) + sum(len(state.claims) for state in turn.conv.shots.values())


def _store(turn: Turn, photo_id: str, upload: Upload, accept: tuple[str, ...]) -> None:
    turn.do(StorePhoto(case=turn.conv.id, photo_id=photo_id, upload=upload, accept=accept))


def _claimed(turn: Turn, event: PhotoReceived, step: Step) -> Shot | None:
    """The shot a photo is meant for: the one replied to or being replaced, else the first with room."""
    shots = active_shots(turn, step)
    named = _replied(turn, event, step)
    kind, _, label = turn.conv.mode.partition(":")
    if named is None and kind == "replace":
        named = next((shot for shot in shots if shot.label == label), None)
    if kind in {"replace", "reason", "overview"}:
        turn.change(mode="")
    return named or next((shot for shot in shots if shooting.has_room(turn, shot)), None)


def _replied(turn: Turn, event: PhotoReceived, step: Step) -> Shot | None:
    """The shot whose prompt the photo replies to; its buttons end in the shot's place."""
    code, _, rest = event.reply_data.partition(".")
    action = rest.rpartition(".")[2]
    verb = action.rstrip("0123456789")
    digits = action[len(verb) :]
    if code != turn.conv.id or verb not in OF_ONE_SHOT or not digits or int(digits) >= len(step.shots or ()):
        return None
    shot = (step.shots or ())[int(digits)]
    return shot if shot in active_shots(turn, step) else None


def find_claim(turn: Turn, photo_id: str) -> tuple[str | None, Claim] | None:
    """The claim of a photo and its shot's label (None = tray); None when it was taken back meanwhile."""
    for label, state in turn.conv.shots.items():
        for claim in state.claims:
            if claim.photo_id == photo_id:
                return label, claim
    return next(((None, claim) for claim in turn.conv.tray if claim.photo_id == photo_id), None)


def _swap(turn: Turn, label: str | None, photo_id: str, claim: Claim | None) -> None:
    """Put a claim's new state in place, or take it out."""
    if label is None:
        turn.change(tray=_replaced(turn.conv.tray, photo_id, claim))
        return
    state = shooting.state_of(turn, label)
    shooting.keep_state(turn, label, replace(state, claims=_replaced(state.claims, photo_id, claim)))


def _replaced(claims: tuple[Claim, ...], photo_id: str, claim: Claim | None) -> tuple[Claim, ...]:
    kept = [claim if old.photo_id == photo_id else old for old in claims]
    return tuple(old for old in kept if old is not None)


def stored(turn: Turn, event: PhotoStored) -> bool:
    """The picture is safe: tick it, have it judged. True when it needs no verdict (tray, PDF)."""
    found = find_claim(turn, event.photo.id)
    if found is None:
        turn.do(ForgetPhotos(case=turn.conv.id, keys=(event.photo.key,)))
        return False
    label, claim = found
    if claim.status != "pending":
        return False
    claim = replace(claim, status="stored", photo=event.photo)
    if label is not None and event.photo.kind == "pdf":
        claim = replace(claim, status="accepted")
    _swap(turn, label, event.photo.id, claim)
    if label is None or claim.status == "accepted":
        return True
    judge(turn, label, claim)
    return False


def judge(turn: Turn, label: str, claim: Claim) -> None:
    """Ask for the verdict on a stored photo, by its shot's rules."""
    shot, step = shot_named(turn, label)
    if shot is None or step is None or claim.photo is None:
        return
    others = [
        c
        for state in turn.conv.shots.values()
        for c in state.claims
        if c.photo_id != claim.photo_id and c.photo is not None and c.status in {"accepted", "stored"}
    ]
    turn.do(
        JudgePhoto(
            case=turn.conv.id,
            photo=claim.photo,
            quality=merged_quality(turn, shot, step),
            locale=turn.conv.locale,
            others=tuple(c.verdict.fingerprint for c in others if c.verdict and c.verdict.fingerprint),
            shas=tuple(c.photo.sha256 for c in others if c.photo),
        )
    )


def shot_named(turn: Turn, label: str) -> tuple[Shot | None, Step | None]:
    """A shot and its step by label."""
    for step in turn.flow.steps.values():
        for shot in step.shots or ():
            if shot.label == label:
                return shot, step
    return None, None


DEFAULT_RULES = QualityRules(
    blur=Blur(do="retake"), dark="retake", bright="retake", glare="warn", contrast="ignore", aspect="ignore",
    duplicate="retake", seen_before="warn", unreadable="warn", screen="ignore", shadow="ignore",
)  # fmt: skip
PROBLEMS = (
    "dark", "bright", "glare", "contrast", "aspect", "duplicate", "seen_before", "unreadable", "screen", "shadow",
)  # fmt: skip


def merged_quality(turn: Turn, shot: Shot, step: Step) -> Quality:
    """Merge the rules of shot, step and flow, key by key; the nearest wins."""
    layers = (shot.quality, step.quality, turn.flow.quality, DEFAULT_RULES)
    actions = {
        problem: next(action for layer in layers if (action := getattr(layer, problem)) is not None)
        for problem in PROBLEMS
    }
    blurs = [layer.blur for layer in layers if layer.blur is not None]
    actions["blur"] = next(blur.do for blur in blurs if blur.do is not None)
    side = next((layer.min_side for layer in layers if layer.min_side is not None), None)
    readable = next((layer.readable for layer in layers if layer.readable is not None), None)
    return Quality(
        actions={**actions, "small": side.do if side else "retake"},
        min_side=side.at if side else 320,
        sharp_from=next((blur.below for blur in blurs if blur.below is not None), 0.5),
        readable=readable or "",
    )


def refused(turn: Turn, event: PhotoRefused) -> bool:
    """The upload is no acceptable picture: say so kindly and keep nothing. True when it was expected."""
    found = find_claim(turn, event.photo_id)
    if found is None:
        return False
    _swap(turn, found[0], event.photo_id, None)
    turn.remark(turn.words(f"refused.{event.reason}"))
    return True


def judged(turn: Turn, event: PhotoJudged) -> bool:
    """Take the verdict; True when it belongs to a claim that still waits for it."""
    found = find_claim(turn, event.photo_id)
    if found is None or found[1].status != "stored":
        return False
    label, claim = found
    if label is None:
        return False
    shot, step = shot_named(turn, label)
    if shot is None or step is None:
        return False
    actions = merged_quality(turn, shot, step).actions
    worst = next((p for p in event.verdict.problems if actions.get(p) == "retake"), None)
    warnings = tuple(p for p in event.verdict.problems if actions.get(p) == "warn")
    claim = replace(claim, verdict=event.verdict)
    if worst is None:
        accept(turn, label, replace(claim, flags=warnings))
        if event.verdict.cards:
            turn.remark(turn.words("shots.card_covered"))
    else:
        flags = (worst, *(p for p in event.verdict.problems if p != worst and actions.get(p) != "ignore"))
        _reject(turn, step, shot, replace(claim, flags=flags))
    return True


def accept(turn: Turn, label: str, claim: Claim) -> None:
    """Let a photo count where it was sent; rejected ones go, and the oldest when there are too many."""
    shot, _ = shot_named(turn, label)
    state = shooting.state_of(turn, label)
    claims = _replaced(state.claims, claim.photo_id, replace(claim, status="accepted"))
    counted = [c for c in claims if c.status == "accepted"]
    outdated = counted[: max(0, len(counted) - (shot.most if shot else 1))]
    rejected = [c for c in claims if c.status == "retake"]
    gone = [*outdated, *rejected]
    _forget(turn, gone)
    left = tuple(c for c in claims if c not in gone)
    shooting.keep_state(turn, label, ShotState(claims=left, done=state.done))
    if shot is not None and turn.conv.mode == f"reason:{label}" and settled_shot(turn, shot):
        turn.change(mode="")  # the photo came while a reason was asked for


def _reject(turn: Turn, step: Step, shot: Shot, claim: Claim) -> None:
    state = shooting.state_of(turn, shot.label)
    earlier = [c for c in state.claims if c.status == "retake"]
    _forget(turn, earlier)
    left = tuple(c for c in state.claims if c.status != "retake")
    claims = _replaced(left, claim.photo_id, replace(claim, status="retake"))
    retakes = state.retakes + 1
    shooting.keep_state(turn, shot.label, ShotState(claims=claims, retakes=retakes))
    replaces = settled_shot(turn, shot)  # one that counts: that one stays meanwhile
    if replaces and not turn.conv.mode:
        turn.change(mode=f"replace:{shot.label}")
    rules = step.retakes or turn.flow.retakes
    if rules is None or retakes < rules.max:
        return
    if rules.then == "use_anyway":
        accept(turn, shot.label, claim)
        turn.change(mode="")
    elif rules.then == "skip":
        _forget(turn, [claim])
        kept = tuple(c for c in left if c.photo_id != claim.photo_id)
        reason = turn.plain(f"retake.{claim.flags[0]}.reason", shot=shooting.title(turn, shot))
        missing = "" if replaces else reason
        turn.change(mode="" if replaces else turn.conv.mode)
        shooting.keep_state(turn, shot.label, ShotState(claims=kept, missing=missing))
    elif rules.then == "handover":
        turn.change(mode="handover")


def _forget(turn: Turn, claims: list[Claim]) -> None:
    shared = {c.photo.key for s in turn.conv.shots.values() for c in s.claims if c.photo and c not in claims}
    keys = [c.photo.key for c in claims if c.photo and c.photo.key not in shared]
    if keys:
        turn.do(ForgetPhotos(case=turn.conv.id, keys=tuple(dict.fromkeys(keys))))


def use_anyway(turn: Turn, label: str) -> bool:
    """Let the rejected photo count, flagged for the seller."""
    claim = next((c for c in reversed(shooting.state_of(turn, label).claims) if c.status == "retake"), None)
    if claim is None:
        return False
    accept(turn, label, claim)
    return True


def take_back(turn: Turn, label: str) -> None:
    """Remove a shot's photos; it is open again."""
    _forget(turn, list(shooting.state_of(turn, label).claims))
    shooting.keep_state(turn, label, ShotState())


def offer_tray(turn: Turn, step: Step) -> bool:
    """Let photos that came early claim the first shots; True when one did."""
    moved = False
    for claim in turn.conv.tray:
        shot = next((s for s in active_shots(turn, step) if shooting.has_room(turn, s)), None)
        if shot is None or claim.upload.kind not in shot.accept:
            break
        turn.change(tray=tuple(c for c in turn.conv.tray if c.photo_id != claim.photo_id))
        state = shooting.state_of(turn, shot.label)
        shooting.keep_state(turn, shot.label, replace(state, claims=(*state.claims, claim)))
        turn.remark(turn.words("tray.offered", shot=shooting.title(turn, shot)))
        if claim.status == "stored":
            judge(turn, shot.label, claim)
        moved = True
    return moved


def drop_tray(turn: Turn) -> None:
    """Take the extra photos back."""
    _forget(turn, list(turn.conv.tray))
    turn.change(tray=())


def count(turn: Turn, label: str) -> int:
    """How many photos of a shot count."""
    return len(accepted(shooting.state_of(turn, label)))
