"""How steep edges are, at several scales and in both directions: numbers only, no verdict.

Bytes are compared as bytes wherever that is exact: a verdict must not take longer than the decoding.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

RUN = 8  # pixels: an edge wider than this counts as a slope
EDGE = 24  # gray levels that a run must span to hold an edge
STEPS = 512  # steepness is told to this part
SCALES = 4  # the picture, and three halvings of it


def edges(luma: Image.Image) -> dict[str, float]:
    """Measure a luma picture (at least 16 pixels a side)."""
    pyramid = [np.asarray(luma)]
    for _ in range(SCALES - 1):
        luma = luma.reduce(2)
        pyramid.append(np.asarray(luma))
    numbers: dict[str, float] = {}
    for scale, picture in enumerate(pyramid[:2]):
        numbers |= _steepness(scale, picture)
    return numbers | _gradients(pyramid)


def _steepness(scale: int, picture: Bytes) -> dict[str, float]:
    """The largest step between neighbours over the whole span of its run of eight: 1 for a step, 1/7 for a slope."""
    found = [_run_steepness(picture), _run_steepness(np.ascontiguousarray(picture.T))]
    numbers = {f"edges{scale}": float(np.log(sum(share for _, share in found) + 1e-4))}
    for index, percent in enumerate((50, 75, 90)):
        pair = sorted(values[index] for values, _ in found)
        numbers[f"steep{scale}_{percent}_min"], numbers[f"steep{scale}_{percent}_max"] = pair
    return numbers


def _run_steepness(picture: Bytes) -> tuple[tuple[float, ...], float]:
    """Percentiles of the steepness of vertical runs that hold an edge, and the share of such runs."""
    count = picture.shape[0] // RUN
    runs = picture[: count * RUN].reshape(count, RUN, -1).swapaxes(0, 1)
    steps, spans = _steps_and_spans(np.ascontiguousarray(runs))
    edge = np.flatnonzero(spans > EDGE)
    # in floats, which divide faster; no quotient of bytes lies so near below a whole number that it would be rounded to it
    steepness = steps.ravel()[edge] * np.float32(STEPS) / spans.ravel()[edge]
    histogram = np.bincount(steepness.astype(np.int32), minlength=STEPS + 1)
    rising = histogram.cumsum()
    if not rising[-1]:
        return (0.3, 0.3, 0.3), 0.0
    ranks = np.searchsorted(rising, np.array((0.5, 0.75, 0.9)) * rising[-1])
    return tuple(float(rank) / STEPS for rank in ranks), float(rising[-1] / spans.size)


def _steps_and_spans(runs: Bytes) -> tuple[Bytes, Bytes]:
    """Of each run (place in it, run ...): the largest step between two neighbours, and the largest minus the smallest."""
    high = low = above = runs[0]
    step = np.zeros_like(high)
    for place in range(1, RUN):
        row = runs[place]
        high, low = np.maximum(high, row), np.minimum(low, row)
        step = np.maximum(step, _apart(row, above))
        above = row
    return step, high - low


def _apart(one: Bytes, other: Bytes) -> Bytes:
    apart: Bytes = np.maximum(one, other) - np.minimum(one, other)
    return apart


def _gradients(pyramid: list[Bytes]) -> dict[str, float]:
    """Strongest and weakest mean gradient power over all directions (structure tensor), and its loss by halving."""
    numbers: dict[str, float] = {}
    last: dict[str, float] = {}
    for scale, picture in enumerate(pyramid):
        light = picture.astype(np.float32)
        across = light[:-1, 1:] - light[:-1, :-1]
        down = light[1:, :-1] - light[:-1, :-1]
        power = _power(across, down)
        numbers |= {f"{name}{scale}": value for name, value in power.items() if name != "total"}
        numbers[f"lean{scale}"] = power["strong"] - power["weak"]
        numbers |= {f"{name}{scale - 1}_loss": last[name] - power[name] for name in last}
        last = power
    return numbers


def _power(across: Floats, down: Floats) -> dict[str, float]:
    xx, yy, xy = (
        float(np.vdot(one, other)) / one.size
        for one, other in ((across, across), (down, down), (across, down))
    )
    middle, reach = (xx + yy) / 2, float(np.hypot((xx - yy) / 2, xy))
    return {
        "strong": float(np.log(middle + reach + 0.5)),
        "weak": float(np.log(max(middle - reach, 0.0) + 0.5)),
        "total": float(np.log(middle + 0.5)),
    }
