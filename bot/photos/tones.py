"""How light is spread over a picture: numbers, and where it is blown out; no verdict."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]

WHITE = 250  # a luma from here on shows nothing any more
CELL = 16  # pixels: blown areas are looked for in cells of this side
BLOWN = 0.6  # share of a cell's pixels
PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)

Cells = tuple[tuple[int, int], ...]


def tones(luma: Bytes) -> dict[str, float]:
    """Mean, percentiles (luma 0..255) and shares (0..1) of a luma picture."""
    histogram = np.bincount(luma.ravel(), minlength=256)
    rising = np.cumsum(histogram)
    ranks = np.searchsorted(rising, np.array(PERCENTS) / 100 * rising[-1])
    numbers = {f"p{percent}": float(rank) for percent, rank in zip(PERCENTS, ranks, strict=True)}
    numbers["mean"] = float((histogram * np.arange(256)).sum() / rising[-1])
    numbers["white"] = float(histogram[WHITE:].sum() / rising[-1])
    numbers["glare"] = len(glare_cells(luma)) * CELL * CELL / luma.size
    return numbers


def colourfulness(picture: Image.Image) -> float:
    """Return the difference between a pixel's strongest and weakest channel (0..255) that a twentieth goes beyond."""
    channels = np.asarray(picture.convert("RGB"), np.int16)
    return float(np.percentile(channels.max(2) - channels.min(2), 95))


def glare_cells(luma: Bytes) -> Cells:
    """Return the largest blown-out patch that lies inside the picture, as (row, column) of cells.

    A patch that reaches the border is a window or a white page, not a reflection on the thing.
    """
    rows, columns = luma.shape[0] // CELL, luma.shape[1] // CELL
    if not rows or not columns:
        return ()
    white = luma[: rows * CELL, : columns * CELL] >= WHITE
    blown = white.reshape(rows, CELL, columns, CELL).mean((1, 3)) > BLOWN
    inside = [patch for patch in _patches(blown) if not _touches_border(patch, rows, columns)]
    return max(inside, key=len, default=())


def _patches(blown: NDArray[np.bool_]) -> Iterator[Cells]:
    left = {(int(row), int(column)) for row, column in np.argwhere(blown)}
    while left:
        patch, fresh = set[tuple[int, int]](), {left.pop()}
        while fresh:
            patch |= fresh
            around = {(r + dr, c + dc) for r, c in fresh for dr, dc in ((1, 0), (-1, 0), (0, 1), (0, -1))}
            fresh = around & left
            left -= fresh
        yield tuple(sorted(patch))


def _touches_border(patch: Cells, rows: int, columns: int) -> bool:
    return any(row in {0, rows - 1} or column in {0, columns - 1} for row, column in patch)
