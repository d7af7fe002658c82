"""What became of a bundle: delivered, delayed or failed; the customer is told where it stands."""

from dataclasses import replace
from typing import Any

from flows.conversation import Fate
from flows.effects import ForgetPhotos
from flows.engine import promptness
from flows.engine.lookup import accepted
from flows.engine.timeline import note
from flows.engine.turn import Turn
from flows.events import Delivered, DeliveryDelayed, DeliveryFailed


def delivery(turn: Turn, event: Delivered | DeliveryDelayed | DeliveryFailed) -> None:
    """Tell the customer where the bundle stands."""
    status, text_id = _FATES[type(event)]
    kept: dict[str, Any] = {}
    if isinstance(event, Delivered):
        kept = {"manifest": event.manifest, "copies": event.copies, "reference": event.reference}
    if not fated(turn, event.number, status, **kept):
        return
    if isinstance(event, Delivered):
        promptness.start_clock(turn, event)
    if turn.conv.phase != "handed_over":
        turn.tell(turn.words(text_id), slot=f"delivery:{turn.conv.id}", edit=True)


def fated(turn: Turn, number: int, status: Fate, **kept: Any) -> bool:
    """Note what became of a bundle, with what is to be kept of it; False when that was known."""
    bundles = tuple(
        replace(sent, status=status, **kept) if sent.number == number and sent.status != "delivered" else sent
        for sent in turn.conv.bundles
    )
    if bundles == turn.conv.bundles:
        return False
    turn.change(bundles=bundles)
    note(turn, status, number=number)
    if turn.conv.phase == "sending" and status == "delivered":
        turn.change(phase="sent")
    arrived = turn.conv.phase == "sent" and all(sent.status == "delivered" for sent in bundles)
    if turn.flow.originals == "drop" and arrived:
        _drop_originals(turn)
    return True


def _drop_originals(turn: Turn) -> None:
    """Every bundle of the case has arrived: what the seller holds is enough. The tray stays: it may be newer."""
    claims = [claim for state in turn.conv.shots.values() for claim in accepted(state)]
    copies = {key for sent in turn.conv.bundles for key in sent.copies}  # the very bytes may be the copy too
    keys = dict.fromkeys(claim.photo.key for claim in claims if claim.photo and claim.photo.key not in copies)
    if keys:
        turn.do(ForgetPhotos(case=turn.conv.id, keys=tuple(keys)))


_FATES: dict[type, tuple[Fate, str]] = {
    Delivered: ("delivered", "send.delivered"),
    DeliveryDelayed: ("delayed", "send.delayed"),
    DeliveryFailed: ("failed", "send.failed"),
}
