"""The whole judging of one picture: what its numbers say, and the checks that look at it again where a shot asks for them."""

from collections.abc import Sequence

from bot.photos.barcodes import read_barcode
from bot.photos.judge import verdict
from bot.photos.metrics import Measured
from bot.photos.shadows import has_hard_shadow
from flows.values import Quality, Verdict


def judged(
    content: bytes, measured: Measured, *, quality: Quality, others: Sequence[str], earlier: Sequence[str]
) -> Verdict:
    """Judge a picture that was measured, by a shot's quality; `others` and `earlier` as in `judge.verdict`. Raises NotAPicture."""
    looks_for_shadow = quality.actions.get("shadow", "ignore") != "ignore"
    return verdict(
        measured,
        quality=quality,
        others=others,
        earlier=earlier,
        barcode=read_barcode(content) if quality.readable == "barcode" else None,
        shadow=looks_for_shadow and has_hard_shadow(content),
    )
