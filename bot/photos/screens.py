"""Tells a photo of a screen by the screen's own grid: one frequency that all parts of the picture share; no verdict.

A screen's pixels stand as evenly as nothing else that is photographed. Where the camera resolved them, or they beat
against its own pixels, every tile of the picture has a peak at the same place of its spectrum, high above what is
around it. Cloth and wickerwork have peaks too, but perspective spreads them from tile to tile. Planks, blinds and printed
lines run along an axis, and so does a screen that is held straight to within a degree, which is therefore not told.
"""

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bot.photos.spectrum import TILE, spectra_of

FINEST, COARSEST = 0.5, 0.14  # cycles per pixel between which a grid is looked for
TILES = 16  # evenly spread: 24 tell hardly more
FEWEST_TILES = 12  # of fewer, chance makes some agree
AROUND = 9  # samples of the spectrum, a side: what a peak is compared with
ROUNDING = np.float32(1)  # power added before logarithms, so that rounding to gray levels makes no peak
HIGHEST = 12  # samples that stand out most, and are looked at closely
TRACE = 2.6  # natural logarithm of power over the mean around; of 592 photos of things 36 have more in their busiest tiles
PEAK = 3.5  # the same over the median around, in tiles from all over; of 592 photos of things none has more

Floats = NDArray[np.float32]


def grid_of(luma: NDArray[np.uint8], busiest: Floats) -> float:
    """Return how far the highest peak that all parts share stands above its surroundings; 0 where none does.

    `busiest` are spectra of the busiest tiles (`spectrum.spectra_of`), which are there anyway: where they share no peak, no
    more is looked at.
    """
    if min(luma.shape) < TILE:
        return 0.0
    power = _shared(busiest)
    trace = float((power - _mean_around(power))[_sought()].max())
    return peak(tiles_all_over(luma)) if trace > TRACE else 0.0


def tiles_all_over(luma: NDArray[np.uint8]) -> Floats:
    """Cut about TILES tiles that are spread evenly, each less its mean."""
    high, wide = luma.shape
    down = max(1, min(high // TILE, round((TILES * high / wide) ** 0.5)))
    across = max(1, min(wide // TILE, round(TILES / down)))
    rows, columns = (
        np.linspace(0, side - TILE, count).astype(int) for side, count in ((high, down), (wide, across))
    )
    cut = sliding_window_view(luma, (TILE, TILE))[np.ix_(rows, columns)]
    tiles: Floats = cut.reshape(-1, TILE, TILE).astype(np.float32)
    tiles -= tiles.mean((1, 2), keepdims=True)
    return tiles


def peak(tiles: Floats) -> float:
    """Return the natural logarithm of the highest peak's power over the median around it; 0 for too few tiles."""
    if len(tiles) < FEWEST_TILES:
        return 0.0
    power = _shared(spectra_of(tiles))
    above = np.where(_sought(), power - _mean_around(power), -np.inf)
    highest = np.argpartition(above, -HIGHEST, axis=None)[-HIGHEST:]
    down, across = np.unravel_index(highest, above.shape)
    near = np.arange(AROUND) - AROUND // 2
    rows, columns = (down[:, None] + near) % power.shape[0], (across[:, None] + near) % power.shape[1]
    around = power[rows[:, :, None], columns[:, None, :]].reshape(HIGHEST, -1)
    return float((power[down, across] - np.median(around, axis=1)).max())


def _shared(spectra: Floats) -> Floats:
    shared: Floats = np.log(spectra + ROUNDING).mean(0)
    return shared


def _mean_around(power: Floats) -> Floats:
    """Average over the square around each sample; beyond an end the other end follows."""
    mean = _nearest(power.shape[0]) @ power @ _nearest(power.shape[1])
    return mean.astype(np.float32)


@cache
def _nearest(count: int) -> Floats:
    """Return the matrix that averages each sample with those next to it, AROUND in all."""
    apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    near = np.minimum(apart, count - apart) <= AROUND // 2
    average: Floats = near.astype(np.float32) / np.float32(AROUND)
    return average


@cache
def _sought() -> NDArray[np.bool_]:
    """Which samples count: not those on the axes or next to them, where lines and a JPEG's own blocks lie."""
    down, across = np.abs(np.fft.fftfreq(TILE))[:, None], np.fft.rfftfreq(TILE)[None, :]
    frequency = np.hypot(down, across)
    nearest = np.minimum(np.minimum(down, FINEST - down), np.minimum(across, FINEST - across))
    sought: NDArray[np.bool_] = (frequency > COARSEST) & (frequency < FINEST) & (nearest > 1 / TILE)
    return sought
