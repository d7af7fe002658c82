"""Tells a photo of a screen by the screen's own grid: one frequency that all parts of the picture share; no verdict.

A screen's pixels stand as evenly as nothing else that is photographed. Where the camera resolved them, or they beat
against its own pixels, every tile of the picture has a peak at the same place of its spectrum, high above what is
around it. Cloth and wickerwork have peaks too, but perspective spreads them from tile to tile.
"""

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bot.photos.decode import read_detail

TILE = 64  # pixels
FINEST, COARSEST = 0.5, 0.14  # cycles per pixel between which a grid is looked for
FEWEST_TILES = 12  # of fewer, chance makes some agree
AROUND = 9  # samples of the spectrum, a side: what a peak is compared with
ROUNDING = np.float32(1)  # power added before logarithms, so that rounding to gray levels makes no peak
TRACE = (
    3.4  # of the same, over the mean around, in the busiest tiles alone: of 592 photos of things 33 have more
)
PEAK = 4.0  # natural logarithm of power over its surroundings; of 592 photos of things one has more

Floats = NDArray[np.float32]


def trace(spectra: Floats) -> float:
    """Return how far a peak that the busiest tiles share stands above its surroundings, roughly; costs next to nothing.

    `spectra` are those of `spectrum.spectra_of` (tile, frequency down, frequency across). Up to TRACE there is no grid,
    above it `is_of_screen` tells.
    """
    power = np.log(spectra + ROUNDING).mean(0)
    wide = np.pad(power, AROUND // 2, mode="wrap")
    for _ in range(2):  # a sum over a square, one way after the other
        sums = np.pad(wide.cumsum(0), ((1, 0), (0, 0)))
        wide = (sums[AROUND:] - sums[:-AROUND]).T
    return float((power - wide / AROUND**2)[_sought()].max())


def is_of_screen(content: bytes) -> bool:
    """Decode and tell; raises NotAPicture. False where nothing can be told."""
    return grid(np.asarray(read_detail(content).luma)) > PEAK


def grid(luma: NDArray[np.uint8]) -> float:
    """Return how far the highest peak that all tiles share stands above its surroundings (0 = none)."""
    if min(luma.shape) < TILE:
        return 0.0
    rows, columns = (np.linspace(0, side - TILE, -(-side // TILE)).astype(int) for side in luma.shape)
    tiles = sliding_window_view(luma, (TILE, TILE))[np.ix_(rows, columns)].reshape(-1, TILE, TILE)
    if len(tiles) < FEWEST_TILES:
        return 0.0
    level = tiles.astype(np.float32)
    level -= level.mean((1, 2), keepdims=True)
    power = np.log(np.abs(np.fft.rfft2(level * _window())) ** 2 + ROUNDING).mean(0)
    wide = np.pad(power, AROUND // 2, mode="wrap")
    above = power - np.median(sliding_window_view(wide, (AROUND, AROUND)), axis=(2, 3))
    return float(np.where(_sought(), above, 0.0).max())


@cache
def _window() -> Floats:
    edge = np.hanning(TILE + 2)[1:-1].astype(np.float32)
    return np.outer(edge, edge)


@cache
def _sought() -> NDArray[np.bool_]:
    """Which samples count: not those on the axes, where a JPEG's own blocks and level edges lie."""
    down, across = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None, :]
    frequency = np.hypot(down, across)
    on_axis = (across == 0) | (down == 0) | (np.abs(down) == FINEST) | (across == FINEST)
    sought: NDArray[np.bool_] = (frequency > COARSEST) & (frequency < FINEST) & ~on_axis
    return sought
