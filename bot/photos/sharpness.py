"""The model that turns edge and spectrum numbers and the spread of light into one sharpness; its weights are data.

`sharpness.json` comes from `python -m tests.bench.train_sharpness`, which also prints what cross-validation says of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.photos.crispness import crispness
from bot.photos.edges import edges
from bot.photos.screens import grid_of
from bot.photos.spectrum import busy_tiles, of_both, power_of, spectra_of
from bot.photos.spread import Estimator, estimator_of, spread_of, traits
from bot.photos.tones import contrast_of

INNER = 0.7  # of each side: where people put what they photograph; the rest is often a background that may be soft
SMALL = 640  # pixels: of a picture that is no longer, the whole is looked at too
MIDDLE = 512  # pixels: edges are measured at no more than this
COARSE = 320  # pixels: of a small picture the spectrum is measured at about this size too, of others at the middling one
SOFTENED = 0.15  # share of the next pixel that goes into each pixel of a picture that was made small
SMALLEST = 32  # pixels a side: below, nothing can be told
FLAT = 16.0  # gray levels of contrast: less is a blank surface
CANNOT_TELL = 0.5
REACH = 5.0  # standard deviations: numbers further out than any in training count as this far

SPREAD_WEIGHT = 6.0
"""Log-odds lost with each doubling of the spread: of photos from sources never seen it knows more than the networks do."""
NO_SPREAD = -0.5
"""Base-2 logarithm of pixels: light within less is no blur, and noise would only seem crisper."""
CRISP_WEIGHT = 0.75  # log-odds won with each doubling of the finest detail

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is measured of one view of a picture: numbers by name, the traits of its busiest tiles (tile, trait), crispness.

    A screen's grid (`screens.grid_of`) is no matter of sharpness, but lies in the same spectra: of a large picture it is
    looked for in the inner part only.
    """

    numbers: Mapping[str, float]
    traits: Floats
    crispness: float
    grid: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Small networks with one layer of tanh and a linear way past it, side by side; their mean answer counts.

    The spread of light and the crispness have their say beside them: one was learnt without labels and the other not at
    all, so no source of photos could bias them.
    """

    names: tuple[str, ...]
    mean: Floats
    spread: Floats
    into: Floats  # number, unit; the units of all networks side by side
    bias: Floats  # unit
    out: Floats  # unit; a mean over the networks
    past: Floats  # number; a mean too
    shift: float
    spread_of_light: Estimator
    threshold: float  # the answer at which sharpness is 0.5


def middle_of(detail: Image.Image) -> Image.Image:
    """Make a luma picture of at most `decode.DETAIL` pixels small enough for edges and tones."""
    factor = -(-max(detail.size) // MIDDLE)
    return detail.reduce(factor) if factor > 1 else detail


def views_of(detail: Image.Image) -> tuple[Image.Image, ...]:
    """Return what is looked at of a luma picture: its inner part, of a small one the whole too (last).

    Two looks err less than one, and a small picture's take little time. Where the inner part is blank, the rest tells.
    """
    inner = _inner(detail)
    if min(inner.size) < SMALLEST or contrast_of(inner) < FLAT:
        return (detail,)
    return (inner, detail) if max(detail.size) <= SMALL else (inner,)


def _inner(detail: Image.Image) -> Image.Image:
    width, height = (int(side * INNER) for side in detail.size)
    left, top = (detail.width - width) // 2, (detail.height - height) // 2
    return detail.crop((left, top, left + width, top + height))


def look(detail: Image.Image) -> tuple[Seen, ...]:
    """Measure each view of a luma picture."""
    return tuple(features(view) for view in views_of(detail))


def features(detail: Image.Image) -> Seen:
    """Measure edges at a middling size, spectrum and tiles as fine as it is, the spectrum at a coarser size ("coarse ...").

    What was made small is softened a little: its pixels are crisper than those that a camera or a messenger makes, and
    without that a model takes small photos for blurred.
    """
    middle = middle_of(detail)
    small = _coarse(detail) if middle is detail else middle
    pixels = np.asarray(detail)
    (fine, share), (coarse, coarse_share) = busy_tiles(pixels), busy_tiles(np.asarray(small))
    spectra, count = spectra_of(np.concatenate([fine, coarse])), len(fine)
    power = power_of(spectra)
    logs = np.log(power)
    of_fine, of_coarse = of_both(power, logs, (share, coarse_share), first=count)
    numbers = edges(middle if middle is detail else _softened(middle))
    numbers |= of_fine | {f"coarse {name}": value for name, value in of_coarse.items()}
    return Seen(
        numbers=numbers,
        traits=traits(fine, logs[:count]),
        crispness=crispness(pixels),
        grid=grid_of(pixels, spectra[:count]),
    )


def _softened(luma: Image.Image) -> Image.Image:
    """Mix each pixel with the next one across, then down; the picture loses a column and a row."""
    width, height = luma.size
    across = Image.blend(luma.crop((0, 0, width - 1, height)), luma.crop((1, 0, width, height)), SOFTENED)
    return Image.blend(
        across.crop((0, 0, width - 1, height - 1)), across.crop((0, 1, width - 1, height)), SOFTENED
    )


def _coarse(detail: Image.Image) -> Image.Image:
    longest = max(detail.size)
    if (factor := round(longest / COARSE)) > 1:
        return detail.reduce(factor)
    size = (max(1, round(side * COARSE / longest)) for side in detail.size)
    width, height = (max(SMALLEST, side) for side in size)
    return detail.resize((width, height), Image.Resampling.BICUBIC)


def can_tell(detail: Image.Image, *, contrast: float) -> bool:
    """Tell whether a luma picture is large enough and has gray levels enough to be looked at for sharpness."""
    return min(detail.size) >= SMALLEST and contrast >= FLAT


def sharpness(seen: Sequence[Seen]) -> float:
    """Say how sharp a picture is by its views: 0..1, below 0.5 = blurred, exactly 0.5 where it cannot be told (no views)."""
    if not seen:
        return CANNOT_TELL
    return float(1 / (1 + np.exp(-np.clip(answer_of(shipped_model(), seen), -30, 30))))


def answer_of(model: Model, seen: Sequence[Seen]) -> float:
    """Return the model's log-odds of sharp, 0 at its threshold: the mean of what it says of each view."""
    return sum(_answer_of_view(model, view) for view in seen) / len(seen)


def _answer_of_view(model: Model, seen: Seen) -> float:
    row = np.array([seen.numbers[name] for name in model.names], np.float32)
    row = np.clip((row - model.mean) / model.spread, -REACH, REACH)
    of_numbers = float(np.tanh(row @ model.into + model.bias) @ model.out + row @ model.past) + model.shift
    spread = max(NO_SPREAD, spread_of(model.spread_of_light, seen.traits))
    return of_numbers - SPREAD_WEIGHT * spread + CRISP_WEIGHT * seen.crispness - model.threshold


@cache
def shipped_model() -> Model:
    """Load the model that comes with Clearshot."""
    return model_of(json.loads(files("bot.photos").joinpath("sharpness.json").read_text("ascii")))


def model_of(stored: Mapping[str, Any]) -> Model:
    """Build a model from its stored form."""
    nets = stored["nets"]
    return Model(
        names=tuple(stored["names"]),
        mean=_floats(stored["mean"]),
        spread=_floats(stored["spread"]),
        into=np.concatenate([_floats(net["into"]) for net in nets], axis=1),
        bias=np.concatenate([_floats(net["bias"]) for net in nets]),
        out=_floats(np.concatenate([net["out"] for net in nets]) / len(nets)),
        past=_floats(np.mean([net["past"] for net in nets], axis=0)),
        shift=float(np.mean([net["shift"] for net in nets])),
        spread_of_light=estimator_of(stored["spread_of_light"]),
        threshold=float(stored["threshold"]),
    )


def _floats(values: object) -> Floats:
    return np.array(values, np.float32)
