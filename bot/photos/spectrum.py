"""How fine detail is spread over frequency and direction: numbers only, no verdict.

A sharp photo's power falls slowly with frequency, and alike in all directions; defocus cuts it off in all, shake in
one (Field, "Relations between the statistics of natural images ...", JOSA A 4, 1987; Levin, "Blind motion
deblurring using image statistics", NIPS 2006). Rings and sectors of tiles are averaged, so that a sharp thing before
a soft background still shows in the upper percentiles over tiles.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Integers = NDArray[np.intp]

TILE = 64  # pixels
HALF = TILE // 2 + 1  # frequencies of a real signal, both ends included
STRIDE = 48  # pixels between tiles of a small picture; those of one from LARGE on lie side by side
LARGE = 500  # pixels a side
THIN = 4  # every so many pixels are enough to see contrast
RINGS = (0.03, 0.07, 0.12, 0.18, 0.25, 0.33, 0.42, 0.5)  # cycles per pixel
SECTORS = 8
MOST_TILES = 16  # bounds the time; those with most contrast are taken
FLAT = 6.0  # gray levels: a tile that varies less says nothing
FEWEST_TILES = 4
DARK = 100  # gray levels: a picture most of which is below was taken in the dark
WHITE = 245  # gray levels: from here there was too much light for the camera
LAMP = 0.03  # share of a tile's pixels that are white: from there it shows a lamp
FLOOR = np.float32(0.5)  # power of rounding to whole gray levels, roughly


def of_both(
    power: Floats, logs: Floats, shares: tuple[float, float], *, first: int
) -> list[dict[str, float]]:
    """Measure the power of tiles of two pictures (tile, ring, sector), `first` tiles are of the first one.

    Given are its logarithms too, and the share of each one's tiles that are busy. Mostly both have as many tiles: then they
    are measured at once, which takes half as long.
    """
    if len(power) == 2 * first:
        pair = (2, first, *power.shape[1:])
        rows = _numbers(power.reshape(pair), logs.reshape(pair))
    else:
        rows = [
            row
            for part in (slice(first), slice(first, None))
            for row in _numbers(power[None, part], logs[None, part])
        ]
    return [
        dict(zip(_NAMES, row, strict=True)) | {"tiles": float(np.log(share + 0.02))}
        for row, share in zip(rows, shares, strict=True)
    ]


def _numbers(power: Floats, logs: Floats) -> list[list[float]]:
    """Measure (picture, tile, ring, sector): a row for each picture."""
    columns = [*_falloff(power), *_directions_of_the_whole(power, logs), *_directions_of_tiles(power)]
    rows: list[list[float]] = np.concatenate(columns, axis=1).tolist()
    return rows


_KINDS = (
    *("fall_50_", "fall_80_", "fall_100_"),
    *("loud_min", "loud_max", "loud_mean", "loud_spread"),
    *("even_min", "even_max", "even_mean", "even_lean"),
    *("tile_spread", "tile_weakest", "tile_best"),
)
_NAMES = tuple(f"{kind}{ring}" for kind in _KINDS for ring in range(2, len(RINGS) - 1))


def busy_tiles(luma: Bytes) -> tuple[Floats, float]:
    """Take the tiles with most contrast, each less its mean; also the share of all tiles that are not flat.

    In a dark picture those with lamps come after the others, and flat ones last: what is white all over ends in a steep
    edge however the hand shook. A picture smaller than a tile is mirrored out to one.
    """
    short = [max(0, TILE - side) for side in luma.shape]
    if any(short):
        luma = np.pad(luma, [(0, short[0]), (0, short[1])], mode="symmetric")
    rows, columns = (_starts(side) for side in luma.shape)
    contrast, unlit = _contrast(luma)
    busy = contrast > FLAT
    rank = np.where(busy, contrast * unlit, contrast - FLAT)
    count = max(min(int(busy.sum()), MOST_TILES), FEWEST_TILES)
    best = np.argsort(-rank, kind="stable")[:count]
    tiles = sliding_window_view(luma, (TILE, TILE))
    taken = tiles[rows[best // columns.size], columns[best % columns.size]].astype(np.float32)
    taken -= taken.mean((1, 2), keepdims=True)
    return taken, int(busy.sum()) / contrast.size


def _contrast(luma: Bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the standard deviation of each tile, row by row, and a factor that is low where a lamp shines.

    Sums of so few bytes and their squares are exact in floats.
    """
    down, across = (_looked_at(side) for side in luma.shape)
    seen = luma[down].take(across, axis=1)
    pixels = seen.astype(np.float32)
    side = TILE // THIN
    total, squares = _sums(pixels, side), _sums(pixels * pixels, side)
    deviation: NDArray[np.float64] = np.sqrt(squares * side**2 - total * total) / side**2
    if np.count_nonzero(seen < DARK) * 2 < seen.size:
        return deviation.ravel(), np.ones(deviation.size)
    white = _sums((seen >= WHITE).astype(np.float32), side).ravel() / side**2
    return deviation.ravel(), np.maximum(1 - white / LAMP, 0.01)


def _sums(pixels: Floats, side: int) -> NDArray[np.float64]:
    """Add up each block of so many pixels a side."""
    high, wide = (length // side for length in pixels.shape)
    down = pixels.reshape(high, side, -1).sum(1)
    total: NDArray[np.float64] = down.reshape(high, wide, side).sum(2).astype(np.float64)
    return total


@lru_cache(maxsize=64)
def _starts(side: int) -> Integers:
    """Where tiles begin along a side, evenly spread."""
    count = -(-side // TILE) if side >= LARGE else round((side - TILE) / STRIDE) + 1
    return np.linspace(0, side - TILE, count).astype(int)


@lru_cache(maxsize=64)
def _looked_at(side: int) -> Integers:
    """Which pixels along a side show the contrast of its tiles, tile by tile."""
    return (_starts(side)[:, None] + np.arange(0, TILE, THIN)).ravel()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waves:
    """What takes tiles to the frequency domain by products of matrices, which beat a general FFT at this size.

    Both sides are windowed.
    """

    down: Floats  # frequency, row: cosines, then the sines that are not 0 all along
    across: Floats  # column, frequency: cosines, then sines


@cache
def _waves() -> _Waves:
    window = np.hanning(TILE + 2)[1:-1]
    turns = 2 * np.pi * np.outer(np.arange(TILE), np.arange(TILE)) / TILE
    cosines, sines = np.cos(turns) * window, np.sin(turns) * window
    across = np.concatenate([cosines[:HALF], sines[:HALF]]).T
    down = np.concatenate([cosines[:HALF], sines[_INNER]])
    return _Waves(down=down.astype(np.float32), across=np.ascontiguousarray(across, np.float32))


_INNER, _MIRRORED, _ENDS = slice(1, HALF - 1), slice(None, HALF - 1, -1), slice(None, HALF, HALF - 1)
"""Frequencies down that have a sine, the same ones negative, and the two (the lowest and the highest) that have none."""


def spectra_of(tiles: Floats) -> Floats:
    """Return the squared size of each tile's two-dimensional DFT (tile, frequency down, frequency across from 0)."""
    waves = _waves()
    rows: Floats = waves.down @ tiles
    parts: Floats = (rows.reshape(-1, TILE) @ waves.across).reshape(len(tiles), TILE, -1)
    real, imaginary = parts[:, :HALF, :HALF], parts[:, :HALF, HALF:]
    turned, twisted = parts[:, HALF:, :HALF], parts[:, HALF:, HALF:]
    power = np.empty((len(tiles), TILE, HALF), np.float32)
    power[:, _ENDS] = _squares(real[:, _ENDS], imaginary[:, _ENDS])
    power[:, _INNER] = _squares(real[:, _INNER] - twisted, imaginary[:, _INNER] + turned)
    power[:, _MIRRORED] = _squares(real[:, _INNER] + twisted, imaginary[:, _INNER] - turned)
    return power


def _squares(one: Floats, other: Floats) -> Floats:
    total: Floats = one * one
    total += other * other
    return total


@cache
def _means() -> Floats:
    """Return the matrix that takes a spectrum's samples to the mean of each ring and sector."""
    down, across = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None, :]
    ring = np.digitize(np.hypot(down, across), RINGS) - 1
    sector = np.floor(np.arctan2(down, across) % np.pi / np.pi * SECTORS + 0.5).astype(int) % SECTORS
    count = (len(RINGS) - 1) * SECTORS
    bins = np.where((ring >= 0) & (ring < len(RINGS) - 1), ring * SECTORS + sector, count).ravel()
    matrix = np.zeros((bins.size, count + 1), np.float32)
    matrix[np.arange(bins.size), bins] = 1
    means: Floats = matrix[:, :count] / matrix[:, :count].sum(0) / np.float32(TILE**2)
    return means


def power_of(spectra: Floats) -> Floats:
    """Return the power of each tile by ring and sector, given what `spectra_of` returns."""
    means = spectra.reshape(len(spectra), -1) @ _means()
    shaped: Floats = means.reshape(len(spectra), len(RINGS) - 1, SECTORS) + FLOOR
    return shaped


def _falloff(power: Floats) -> list[Floats]:
    """Power of a ring to that of two rings below: how it is in the middling and in the sharpest tiles."""
    rings = np.log(power.mean(3))
    return _percentiles(rings[..., 2:] - rings[..., :-2], (50, 80, 100))


def _directions_of_the_whole(power: Floats, logs: Floats) -> list[Floats]:
    """Power by direction over all tiles: by mean power, and by mean logarithm, where no tile outweighs others."""
    loud, even = np.log(power.mean(1)), logs.mean(1)
    step, level = loud[:, 2:] - loud[:, 1:2], even[:, 2:] - even[:, :2].mean(1, keepdims=True)
    spread = loud[:, 2:].max(2) - loud[:, 2:].min(2)
    turned = even[:, 2:] @ _ROUND
    lean = np.hypot(turned[..., 0], turned[..., 1])
    return [step.min(2), step.max(2), step.mean(2), spread, level.min(2), level.max(2), level.mean(2), lean]


_ANGLES = 2 * np.pi * np.arange(SECTORS) / SECTORS
_ROUND = (np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1) / SECTORS).astype(np.float32)
_NEIGHBOURS = sum(np.roll(np.eye(SECTORS, dtype=np.float32), by, 0) for by in (-1, 0, 1)) / np.float32(3)


def _directions_of_tiles(power: Floats) -> list[Floats]:
    """Within each tile: how unlike its directions are, and how much is left in its weakest one."""
    smooth = np.log(power @ _NEIGHBOURS)
    weakest, strongest = smooth[:, :, 2:].min(3), smooth[:, :, 2:].max(3)
    (spread,) = _percentiles(strongest - weakest, (50,))
    return [spread, *_percentiles((smooth[:, :, 2:] - smooth[:, :, 1:2]).min(3), (50, 85))]


def _percentiles(values: Floats, percents: tuple[int, ...]) -> list[Floats]:
    """Percentiles over the tiles (picture, tile, ring); many times faster on little data than the general way."""
    ordered = np.sort(values, axis=1)
    last = ordered.shape[1] - 1
    found = []
    for percent in percents:
        place = percent / 100 * last
        below = int(place)
        above = min(below + 1, last)
        low, high = ordered[:, below], ordered[:, above]
        found.append(low + (high - low) * np.float32(place - below))
    return found
