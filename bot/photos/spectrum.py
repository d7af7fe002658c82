"""How fine detail is spread over frequency and direction: numbers only, no verdict.

A sharp photo's power falls slowly with frequency, and alike in all directions; defocus cuts it off in all, shake in
one (Field, "Relations between the statistics of natural images ...", JOSA A 4, 1987; Levin, "Blind motion
deblurring using image statistics", NIPS 2006). Rings and sectors of tiles are averaged, so that a sharp thing before
a soft background still shows in the upper percentiles over tiles.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

TILE = 64  # pixels
RINGS = (0.03, 0.07, 0.12, 0.18, 0.25, 0.33, 0.42, 0.5)  # cycles per pixel
SECTORS = 8
MOST_TILES = 60  # bounds the time; those with most contrast are taken
FLAT = 6.0  # gray levels: a tile that varies less says nothing
FEWEST_TILES = 4
FLOOR = np.float32(0.5)  # power of rounding to whole gray levels, roughly


def spectrum(luma: Floats) -> dict[str, float]:
    """Measure a luma picture (0..255, at least 32 pixels a side): logarithms of power ratios."""
    tiles, share = _busy_tiles(_tiles(luma))
    power = _power(tiles)  # tile, ring, sector
    numbers = {"tiles": float(np.log(share + 0.02))}
    numbers |= _falloff(power)
    numbers |= _directions_of_the_whole(power)
    numbers |= _directions_of_tiles(power)
    return numbers


def _tiles(luma: Floats) -> Floats:
    """Cut into overlapping tiles; a picture smaller than a tile is mirrored out to one."""
    short = [max(0, TILE - side) for side in luma.shape]
    if any(short):
        luma = np.pad(luma, [(0, short[0]), (0, short[1])], mode="symmetric")
    starts = [np.linspace(0, side - TILE, round((side - TILE) / (TILE * 0.75)) + 1) for side in luma.shape]
    rows, columns = (start.astype(int) for start in starts)
    return np.stack([luma[y : y + TILE, x : x + TILE] for y in rows for x in columns])


def _busy_tiles(tiles: Floats) -> tuple[Floats, float]:
    tiles = tiles - tiles.mean((1, 2), keepdims=True)
    contrast = np.sqrt((tiles * tiles).mean((1, 2)))
    busy = int((contrast > FLAT).sum())
    best = np.argsort(-contrast, kind="stable")[: max(min(busy, MOST_TILES), FEWEST_TILES)]
    return tiles[best], busy / len(tiles)


@cache
def _window() -> Floats:
    edge = np.hanning(TILE + 2)[1:-1].astype(np.float32)
    return np.outer(edge, edge)


@cache
def _bins() -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Order the spectrum's samples by ring and sector: (order, where each bin begins, how many it has)."""
    down, across = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None, :]
    ring = np.digitize(np.hypot(down, across), RINGS) - 1
    sector = np.floor(np.arctan2(down, across) % np.pi / np.pi * SECTORS + 0.5).astype(int) % SECTORS
    count = (len(RINGS) - 1) * SECTORS
    inside = (ring >= 0) & (ring < len(RINGS) - 1)
    bins = np.where(inside, ring * SECTORS + sector, count).ravel()
    order = np.argsort(bins, kind="stable")
    starts = np.searchsorted(bins[order], np.arange(count + 1))
    return order, starts[:-1], np.diff(starts).astype(np.float32)


def _power(tiles: Floats) -> Floats:
    order, starts, sizes = _bins()
    found = np.abs(np.fft.rfft2(tiles * _window())) ** 2 / TILE**2
    last = int(starts[-1] + sizes[-1])
    sums = np.add.reduceat(found.reshape(len(tiles), -1)[:, order[:last]], starts, axis=1)
    shaped = (sums / sizes).reshape(len(tiles), len(RINGS) - 1, SECTORS)
    return shaped.astype(np.float32) + FLOOR


def _falloff(power: Floats) -> dict[str, float]:
    """Power of a ring to that of two rings below: how it is in the middling and in the sharpest tiles."""
    rings = np.log(power.mean(2))
    steps = {ring: rings[:, ring] - rings[:, ring - 2] for ring in range(2, rings.shape[1])}
    return {
        f"fall{ring}_{share}": float(value)
        for ring, step in steps.items()
        for share, value in zip((50, 80, 100), np.percentile(step, (50, 80, 100)), strict=True)
    }


def _directions_of_the_whole(power: Floats) -> dict[str, float]:
    """Power by direction over all tiles: by mean power, and by mean logarithm, where no tile outweighs others."""
    loud, even = np.log(power.mean(0)), np.log(power).mean(0)
    base = even[:2].mean(0)
    wave = np.exp(2j * np.pi * np.arange(SECTORS) / SECTORS)
    numbers: dict[str, float] = {}
    for ring in range(2, loud.shape[0]):
        step, level = loud[ring] - loud[1], even[ring] - base
        numbers[f"loud{ring}_min"] = float(step.min())
        numbers[f"loud{ring}_max"] = float(step.max())
        numbers[f"loud{ring}_mean"] = float(step.mean())
        numbers[f"loud{ring}_spread"] = float(loud[ring].max() - loud[ring].min())
        numbers[f"even{ring}_min"] = float(level.min())
        numbers[f"even{ring}_max"] = float(level.max())
        numbers[f"even{ring}_mean"] = float(level.mean())
        numbers[f"even{ring}_lean"] = float(abs((even[ring] * wave).sum()) / SECTORS)
    return numbers


def _directions_of_tiles(power: Floats) -> dict[str, float]:
    """Within each tile: how unlike its directions are, and how much is left in its weakest one."""
    smooth = np.log((power + np.roll(power, 1, 2) + np.roll(power, -1, 2)) / 3)
    numbers: dict[str, float] = {}
    for ring in range(2, smooth.shape[1]):
        weakest = (smooth[:, ring] - smooth[:, 1]).min(1)
        numbers[f"tile{ring}_spread"] = float(np.median(smooth[:, ring].max(1) - smooth[:, ring].min(1)))
        numbers[f"tile{ring}_weakest"] = float(np.median(weakest))
        numbers[f"tile{ring}_best"] = float(np.percentile(weakest, 85))
    return numbers
