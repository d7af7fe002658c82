"""The model that turns edge and spectrum numbers into one sharpness; its weights are data, made by the bench.

`sharpness.json` comes from `python -m tests.bench.train_sharpness`, which also prints what cross-validation says of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.photos.edges import edges
from bot.photos.spectrum import spectrum

FINE = (
    900  # pixels: a longer picture is judged at this size; detail beyond it hardly shows on a seller's screen
)
COARSE = 640  # pixels: edges and tones are measured at this size
SMALLEST = 32  # pixels a side: below, nothing can be told
FLAT = 16.0  # gray levels between the 1st and 99th percentile: less is a blank surface
CANNOT_TELL = 0.5
REACH = 5.0  # standard deviations: numbers further out than any in training count as this far

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Small networks with one layer of tanh and a linear way past it, whose mean answer counts."""

    names: tuple[str, ...]
    mean: Floats
    spread: Floats
    nets: tuple[tuple[Floats, Floats, Floats, float, Floats], ...]  # into, into bias, out, out bias, past
    threshold: float  # the answer at which sharpness is 0.5


def coarse(luma: Image.Image) -> Image.Image:
    """Make a luma picture of at most FINE pixels small enough for edges and tones."""
    ratio = COARSE / max(luma.size)
    if ratio >= 1:
        return luma
    size = (max(1, round(luma.width * ratio)), max(1, round(luma.height * ratio)))
    return luma.resize(size, Image.Resampling.BILINEAR)


def features(luma: Image.Image, small: Image.Image) -> dict[str, float]:
    """Measure a luma picture, at least SMALLEST pixels a side, and its `coarse` copy."""
    return edges(np.asarray(small)) | spectrum(np.asarray(luma, np.float32))


def sharpness(luma: Image.Image, small: Image.Image) -> float:
    """Say how sharp a luma picture is: 0..1, below 0.5 = blurred, exactly 0.5 where it cannot be told."""
    if min(small.size) < SMALLEST:
        return CANNOT_TELL
    low, high = np.percentile(np.asarray(small), (1, 99))
    if high - low < FLAT:
        return CANNOT_TELL
    answer = answer_of(shipped_model(), features(luma, small))
    return float(1 / (1 + np.exp(-np.clip(answer, -30, 30))))


def answer_of(model: Model, numbers: Mapping[str, float]) -> float:
    """Return the model's log-odds of sharp, 0 at its threshold."""
    row = np.array([numbers[name] for name in model.names], np.float32)
    row = np.clip((row - model.mean) / model.spread, -REACH, REACH)
    answers = [
        np.tanh(row @ into + bias) @ out + shift + row @ past for into, bias, out, shift, past in model.nets
    ]
    return float(np.mean(answers)) - model.threshold


@cache
def shipped_model() -> Model:
    """Load the model that comes with Clearshot."""
    return model_of(json.loads(files("bot.photos").joinpath("sharpness.json").read_text("ascii")))


def model_of(stored: Mapping[str, Any]) -> Model:
    """Build a model from its stored form."""
    nets = tuple(
        (
            _floats(net["into"]),
            _floats(net["bias"]),
            _floats(net["out"]),
            float(net["shift"]),
            _floats(net["past"]),
        )
        for net in stored["nets"]
    )
    return Model(
        names=tuple(stored["names"]),
        mean=_floats(stored["mean"]),
        spread=_floats(stored["spread"]),
        nets=nets,
        threshold=float(stored["threshold"]),
    )


def _floats(values: object) -> Floats:
    return np.array(values, np.float32)
