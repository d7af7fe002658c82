"""How light is spread over a picture: numbers, and where it is blown out; no verdict."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WHITE = 250  # a luma from here on shows nothing any more
CELL = 12  # pixels: blown areas are looked for in cells of this side
BLOWN = 0.6  # share of a cell's pixels
THIN = 4  # every so many pixels are enough to see contrast
PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)

PALE = {"mean": 175, "p95": 243, "p10": 100}
"""Lumas from which on it matters whether it is colours that faded, or white paper."""

Cells = tuple[tuple[int, int], ...]

SIDEWAYS: Cells = ((1, 0), (-1, 0), (0, 1), (0, -1))
ASLANT: Cells = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def contrast(tones: Mapping[str, float]) -> float:
    """Gray levels between the 1st and 99th percentile."""
    return tones["p99"] - tones["p1"]


def contrast_of(luma: Image.Image) -> float:
    """Return about the same of a picture, by a pixel here and there."""
    some = np.asarray(luma)[::THIN, ::THIN]
    low, high = _ranks(np.bincount(some.ravel()).cumsum(), (1, 99))
    return high - low


def tones(luma: Image.Image) -> dict[str, float]:
    """Mean, percentiles (luma 0..255) and shares (0..1) of a luma picture."""
    histogram = np.array(luma.histogram())
    rising = np.cumsum(histogram)
    ranks = _ranks(rising, PERCENTS)
    numbers = {f"p{percent}": rank for percent, rank in zip(PERCENTS, ranks, strict=True)}
    numbers["mean"] = float((histogram * np.arange(256)).sum() / rising[-1])
    numbers["white"] = float(histogram[WHITE:].sum() / rising[-1])
    some = histogram[WHITE:].sum() > CELL * CELL * BLOWN
    numbers["glare"] = len(glare_cells(luma)) * CELL * CELL / int(rising[-1]) if some else 0.0
    return numbers


def _ranks(rising: NDArray[np.int_], percents: tuple[int, ...]) -> list[float]:
    return [float(rank) for rank in np.searchsorted(rising, np.array(percents) / 100 * rising[-1])]


def is_pale(tones: Mapping[str, float]) -> bool:
    """Tell whether it is light all over, up to white, with no dark left."""
    return all(tones[name] >= least for name, least in PALE.items())


def colourfulness(picture: Image.Image) -> float:
    """Return the difference between a pixel's strongest and weakest channel (0..255) that a twentieth goes beyond."""
    channels = np.asarray(picture.convert("RGB"), np.int16)
    return float(np.percentile(channels.max(2) - channels.min(2), 95))


def glare_cells(luma: Image.Image) -> Cells:
    """Return the largest blown-out patch that lies inside the picture, as (row, column) of cells.

    A patch that reaches the border is a window or a white page, not a reflection on the thing.
    """
    columns, rows = luma.width // CELL, luma.height // CELL
    if not rows or not columns:
        return ()
    white = np.asarray(luma)[: rows * CELL, : columns * CELL] >= WHITE
    down = white.reshape(rows, CELL, -1).sum(1, dtype=np.uint8)
    blown = down.reshape(rows, columns, CELL).sum(2, dtype=np.uint8) > BLOWN * CELL * CELL
    inside = [patch for patch in patches(blown) if not _touches_border(patch, rows, columns)]
    return max(inside, key=len, default=())


def patches(marked: NDArray[np.bool_], *, diagonal: bool = False) -> Iterator[Cells]:
    """Part what is marked into patches of neighbours, as (row, column); `diagonal` ones are neighbours too on wish."""
    steps = SIDEWAYS + ASLANT if diagonal else SIDEWAYS
    left = {(int(row), int(column)) for row, column in np.argwhere(marked)}
    while left:
        patch, fresh = set[tuple[int, int]](), {left.pop()}
        while fresh:
            patch |= fresh
            around = {(r + dr, c + dc) for r, c in fresh for dr, dc in steps}
            fresh = around & left
            left -= fresh
        yield tuple(sorted(patch))


def _touches_border(patch: Cells, rows: int, columns: int) -> bool:
    return any(row in {0, rows - 1} or column in {0, columns - 1} for row, column in patch)
