"""From numbers to a verdict: one line per problem, in the order in which they are worth mending."""

from collections.abc import Mapping, Sequence

from bot.photos.fingerprint import same_picture
from bot.photos.metrics import Measured
from bot.photos.problems import in_order
from bot.photos.screens import PEAK
from bot.photos.tones import contrast, is_pale
from flows.values import Problem, Quality, Verdict

LONG = 2.1  # longer to shorter side: phones photograph up to 20:9 only when asked, and screenshots are longer
GLARE = 0.012  # share of the picture that one blown-out patch inside must fill
DIM = {"mean": 50, "p90": 100}
BLACK = {"p50": 12, "p75": 45}
COLOUR = 10  # from which on pale colours are no paper
WHITE = {"p1": 235}
"""Lumas and colour between the dark, bright and other photos of the labelled set; receipts are white, but colourless."""
FAINT = 45  # gray levels of contrast


def verdict(
    measured: Measured,
    *,
    quality: Quality,
    others: Sequence[str],
    earlier: Sequence[str],
    barcode: str | None = None,
    shadow: bool = False,
) -> Verdict:
    """Judge what was measured; every check runs whatever the others say.

    `others` and `earlier` hold fingerprints or SHA-256 sums of pictures of this case and of earlier ones; `barcode` is
    what was read, "" where none could be, None where nobody asked; `shadow`, whether a hard shadow was seen.
    """
    found = _of_light(measured) | _of_shape(measured, quality) | _of_sameness(measured, others, earlier)
    if measured.sharpness < quality.sharp_from:
        found |= {"blur"}
    if barcode == "":
        found |= {"unreadable"}
    if measured.grid > PEAK:
        found |= {"screen"}
    if shadow:
        found |= {"shadow"}
    return Verdict(
        problems=in_order(found),
        sharpness=measured.sharpness,
        measures=_rounded(measured),
        fingerprint=measured.fingerprint,
        barcode=barcode or "",
    )


def is_dark(tones: Mapping[str, float]) -> bool:
    """Tell whether it is dim all over, or black but for a little; a lit thing before a black ground is neither."""
    return _all_below(tones, DIM) or _all_below(tones, BLACK)


def is_bright(tones: Mapping[str, float]) -> bool:
    """Tell whether colours are washed out up to white with no dark left, or all is white; a page of print is neither."""
    return (is_pale(tones) and tones["colour"] >= COLOUR) or _all_from(tones, WHITE)


def _all_below(tones: Mapping[str, float], limits: Mapping[str, float]) -> bool:
    return all(tones[name] < limit for name, limit in limits.items())


def _all_from(tones: Mapping[str, float], limits: Mapping[str, float]) -> bool:
    return all(tones[name] >= limit for name, limit in limits.items())


def _of_light(measured: Measured) -> set[Problem]:
    tones = measured.tones
    found: set[Problem] = set()
    if is_dark(tones):
        found.add("dark")
    if is_bright(tones):
        found.add("bright")
    if tones["glare"] >= GLARE:
        found.add("glare")
    if contrast(tones) < FAINT:
        found.add("contrast")
    return found


def _of_shape(measured: Measured, quality: Quality) -> set[Problem]:
    shorter, longer = sorted((measured.inspected.width, measured.inspected.height))
    found: set[Problem] = {"small"} if shorter < quality.min_side else set()
    return found | ({"aspect"} if longer > LONG * shorter else set())


def _of_sameness(measured: Measured, others: Sequence[str], earlier: Sequence[str]) -> set[Problem]:
    found: set[Problem] = {"duplicate"} if any(_is_same(measured, other) for other in others) else set()
    return found | ({"seen_before"} if any(_is_same(measured, other) for other in earlier) else set())


def _is_same(measured: Measured, other: str) -> bool:
    return (bool(measured.sha256) and other == measured.sha256) or same_picture(measured.fingerprint, other)


def _rounded(measured: Measured) -> dict[str, float]:
    sides = {"width": float(measured.inspected.width), "height": float(measured.inspected.height)}
    return sides | {name: round(value, 4) for name, value in measured.tones.items()}
