"""How steep edges are, at several scales and in both directions: numbers only, no verdict."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

RUN = 8  # pixels: an edge wider than this counts as a slope
EDGE = 24  # gray levels that a run must span to hold an edge
SCALES = 4  # the picture, and three halvings of it
CRETE_BOX = 9  # pixels: the blur that Crete et al. blur again with


def edges(luma: Bytes) -> dict[str, float]:
    """Measure a luma picture (at least 32 pixels a side)."""
    pyramid = [luma.astype(np.float32)]
    for _ in range(SCALES - 1):
        pyramid.append(_halved(pyramid[-1]))
    numbers: dict[str, float] = {}
    for scale, picture in enumerate(pyramid[:2]):
        numbers |= _steepness(scale, picture)
    numbers |= _gradients(pyramid)
    for scale, picture in enumerate(pyramid[:3]):
        numbers |= _laplacian(scale, picture)
    numbers |= _blurs_again(luma)
    numbers["deviation"] = float(np.log(pyramid[0].std() + 1))
    return numbers


def _halved(picture: Floats) -> Floats:
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    rows = picture[0:height:2, :width] + picture[1:height:2, :width]
    return (rows[:, 0::2] + rows[:, 1::2]) * np.float32(0.25)


def _steepness(scale: int, picture: Floats) -> dict[str, float]:
    """The largest step between neighbours over the whole span of its run of eight: 1 for a step, 1/7 for a slope."""
    found = [_run_steepness(picture), _run_steepness(np.ascontiguousarray(picture.T))]
    numbers = {f"edges{scale}": float(np.log(sum(share for _, share in found) + 1e-4))}
    for index, percent in enumerate((50, 75, 90)):
        pair = sorted(float(values[index]) for values, _ in found)
        numbers[f"steep{scale}_{percent}_min"], numbers[f"steep{scale}_{percent}_max"] = pair
    return numbers


def _run_steepness(picture: Floats) -> tuple[Floats, float]:
    """Percentiles of the steepness of vertical runs that hold an edge, and the share of such runs."""
    steep, spans = [], []
    for offset in (0, RUN // 2):
        count = (picture.shape[0] - offset) // RUN
        if count < 1:
            continue
        runs = picture[offset : offset + count * RUN].reshape(count, RUN, -1)
        span = runs.max(1) - runs.min(1)
        step = np.abs(runs[:, 1:] - runs[:, :-1]).max(1)
        has_edge = span > EDGE
        spans.append(has_edge.mean())
        steep.append(step[has_edge] / span[has_edge])
    values = np.concatenate(steep) if steep else np.zeros(0, np.float32)
    if not values.size:
        return np.full(3, 0.3, np.float32), 0.0
    return np.percentile(values, (50, 75, 90)).astype(np.float32), float(np.mean(spans))


def _gradients(pyramid: list[Floats]) -> dict[str, float]:
    """Strongest and weakest mean gradient power over all directions (structure tensor), and its loss by halving."""
    strong, weak, total = [], [], []
    for picture in pyramid:
        across = picture[:-1, 1:] - picture[:-1, :-1]
        down = picture[1:, :-1] - picture[:-1, :-1]
        xx, yy, xy = (
            float(np.vdot(a, b)) / across.size for a, b in ((across, across), (down, down), (across, down))
        )
        middle, reach = (xx + yy) / 2, float(np.hypot((xx - yy) / 2, xy))
        strong.append(np.log(middle + reach + 0.5))
        weak.append(np.log(max(middle - reach, 0.0) + 0.5))
        total.append(np.log(middle + 0.5))
    numbers = {f"strong{scale}": float(value) for scale, value in enumerate(strong)}
    numbers |= {f"weak{scale}": float(value) for scale, value in enumerate(weak)}
    numbers |= {f"lean{s}": float(a - b) for s, (a, b) in enumerate(zip(strong, weak, strict=True))}
    for scale in range(len(pyramid) - 1):
        numbers[f"strong{scale}_loss"] = float(strong[scale] - strong[scale + 1])
        numbers[f"weak{scale}_loss"] = float(weak[scale] - weak[scale + 1])
        numbers[f"total{scale}_loss"] = float(total[scale] - total[scale + 1])
    return numbers


def _laplacian(scale: int, picture: Floats) -> dict[str, float]:
    """Variance of the Laplacian, plain and over the picture's own variance (Pech-Pacheco et al., ICPR 2000)."""
    inner = picture[1:-1, 1:-1] * 4
    found = inner - picture[:-2, 1:-1] - picture[2:, 1:-1] - picture[1:-1, :-2] - picture[1:-1, 2:]
    variance = float(found.var())
    return {
        f"laplace{scale}": float(np.log(variance + 1)),
        f"laplace{scale}_own": float(np.log((variance + 1) / (float(picture.var()) + 10))),
    }


def _blurs_again(luma: Bytes) -> dict[str, float]:
    """How little a second blur changes, down and across (Crete et al., "The blur effect", SPIE 6492, 2007)."""
    found = sorted(_blur_effect(picture) for picture in (luma, np.ascontiguousarray(luma.T)))
    return {"crete_min": found[0], "crete_max": found[1]}


def _blur_effect(luma: Bytes) -> float:
    """Down the columns: 0 when a blur takes all variation away, 1 when it changes nothing."""
    picture = luma.astype(np.int16)
    height = picture.shape[0] - CRETE_BOX + 1
    box = np.zeros((height, picture.shape[1]), np.int16)
    for shift in range(CRETE_BOX):
        box += picture[shift : shift + height]
    half = CRETE_BOX // 2
    before = np.abs(np.diff(picture[half : half + height], axis=0)).astype(np.float32)
    after = np.abs(np.diff(box, axis=0)).astype(np.float32) / CRETE_BOX
    kept = float(before.sum())
    return (kept - float(np.maximum(before - after, 0).sum())) / (kept + 1)
