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
MOST_RUNS = 9000  # a direction; of more, every second, third ... row of them is enough
MOST_ROWS = 200  # for the mean power of gradients; of more, every second, third ... is enough

_PARTS = np.array((0.5, 0.75, 0.9))


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
    down, across = _runs(picture), _runs(picture.T)
    both = np.concatenate([down.reshape(RUN, -1), across.reshape(RUN, -1)], axis=1)
    steps, spans = _steps_and_spans(both)
    edge = np.flatnonzero(spans > EDGE)
    # in floats, which divide faster; no quotient of bytes lies so near below a whole number that it would be rounded to it
    steep = (steps[edge] * np.float32(STEPS) / spans[edge]).astype(np.int32)
    first = int(np.searchsorted(edge, down[0].size))
    found = [_percentiles(steep[:first]), _percentiles(steep[first:])]
    shares = first / max(1, down[0].size) + (edge.size - first) / max(1, across[0].size)
    numbers = {f"edges{scale}": float(np.log(shares + 1e-4))}
    for index, percent in enumerate((50, 75, 90)):
        pair = sorted(values[index] for values in found)
        numbers[f"steep{scale}_{percent}_min"], numbers[f"steep{scale}_{percent}_max"] = pair
    return numbers


def _runs(picture: Bytes) -> Bytes:
    """Cut the columns into runs (place in it, run, column), MOST_RUNS at most."""
    count = picture.shape[0] // RUN
    step = -(-count * picture.shape[1] // MOST_RUNS)
    return picture[: count * RUN].reshape(count, RUN, -1)[::step].swapaxes(0, 1)


def _steps_and_spans(runs: Bytes) -> tuple[Bytes, Bytes]:
    """Of each run (place in it, run): the largest step between two neighbours, and the largest minus the smallest."""
    above, below = runs[:-1], runs[1:]
    steps: Bytes = (np.maximum(above, below) - np.minimum(above, below)).max(0)
    return steps, runs.max(0) - runs.min(0)


def _percentiles(steep: NDArray[np.int32]) -> list[float]:
    """Percentiles of the steepness of runs (in STEPS), 0.3 where there are none."""
    if not steep.size:
        return [0.3] * len(_PARTS)
    rising = np.bincount(steep, minlength=STEPS + 1).cumsum()
    ranks: list[float] = (np.searchsorted(rising, _PARTS * steep.size) / STEPS).tolist()
    return ranks


def _gradients(pyramid: list[Bytes]) -> dict[str, float]:
    """Strongest and weakest mean gradient power over all directions (structure tensor), and its loss by halving."""
    numbers: dict[str, float] = {}
    last: dict[str, float] = {}
    for scale, picture in enumerate(pyramid):
        step = -(-len(picture) // MOST_ROWS)
        here = picture[:-1:step].astype(np.int16)  # half as wide as floats, and exact
        across = (here[:, 1:] - here[:, :-1]).astype(np.float32)
        down = (picture[1::step, :-1] - here[:, :-1]).astype(np.float32)
        power = _power(across.ravel(), down.ravel())
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
