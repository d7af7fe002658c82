"""Fits the network that tells how far a point of light is spread, on pictures of known blur; no label is used.

Adam with a rate that rises and falls again on the absolute error that the network itself says it expects (Kingma and Ba,
ICLR 2015; Kendall and Gal, NIPS 2017), of tiles and of what they say together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import Pool
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.photos.decode import read_gray
from bot.photos.spectrum import RINGS, SECTORS, power_of, spectra_of
from bot.photos.spread import LAGS, OUTPUTS, standard, traits
from tests.bench.labelled import Labelled
from tests.bench.made_blur import Made, made, tiles_of

Floats = NDArray[np.floating[Any]]  # the tests take finer ones
Bytes = NDArray[np.uint8]
Layers = list[Floats]  # weights and biases in turn

PER_PHOTO = 18
UNITS = (64, 32)
ROUNDS = 16
BATCH = 32  # pictures
RATE = 4e-3
DECAY = 1e-2
NOISE = 0.05  # standard deviations added to every trait
SHARE = 0.3  # of the rounds, in which the rate rises
SMALL = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTiles:
    """Traits of tiles of made pictures, those of one picture side by side, and what the network should say of them."""

    traits: Floats  # tile, trait
    wanted: Floats  # tile: middle, lean down, lean across
    photo: NDArray[np.int_]  # tile: the photo that it comes from
    picture: NDArray[np.int_]  # tile: the made picture, counted from 0


def gather_made(photos: Sequence[Labelled]) -> MadeTiles:
    """Make pictures of every sharp photo and measure their tiles."""
    with Pool() as pool:
        jobs = [(index, photo) for index, photo in enumerate(photos) if photo.sharp]
        found = [row for of in pool.imap(_of_photo, jobs, chunksize=4) for row in of]
    counts = [len(row[0]) for row in found]
    return MadeTiles(
        traits=np.concatenate([row[0] for row in found]),
        wanted=np.repeat(np.array([row[1] for row in found], np.float32), counts, axis=0),
        photo=np.repeat([row[2] for row in found], counts),
        picture=np.repeat(np.arange(len(found)), counts),
    )


def _of_photo(numbered: tuple[int, Labelled]) -> list[tuple[Floats, Floats, int]]:
    index, photo = numbered
    chance = np.random.default_rng(17000 + index)
    luma = np.asarray(read_gray(photo.path.read_bytes(), longest=1600).luma, np.float32)
    pictures = [made(luma, chance) for _ in range(PER_PHOTO)]
    busy = [(of, tiles) for of in pictures if len(tiles := tiles_of(of.luma, chance))]
    return [(_traits(tiles), wanted_of(of), index) for of, tiles in busy]


def _traits(seen: Bytes) -> Floats:
    tiles = seen.astype(np.float32)
    tiles -= tiles.mean((1, 2), keepdims=True)
    return traits(tiles, np.log(power_of(spectra_of(tiles))))


def wanted_of(of: Made) -> Floats:
    """Return the mean of the logarithms of the longer and the shorter spread, and their difference as a direction."""
    down, across, both = of.covariance
    middle, lean = (down + across) / 2, np.hypot((down - across) / 2, both)
    longer, shorter = (np.log2(max(middle + way * lean, 0) + 0.1) / 2 for way in (1, -1))
    way = np.array([(down - across) / 2, both]) / max(lean, 1e-9)
    return np.array([(longer + shorter) / 2, *(longer - shorter) * way], np.float32)


def turns() -> list[tuple[NDArray[np.int_], Floats]]:
    """The four ways in which a picture may be mirrored and turned: order of the traits, factors of what is wanted."""
    sectors, rings = np.arange(SECTORS), len(RINGS) - 1
    half = 3 * len(LAGS)
    upright, swapped = np.arange(2 * half), np.roll(np.arange(2 * half), half)
    found = []
    for turned in (False, True):
        for mirrored in (False, True):
            order = (SECTORS // 2 - sectors) % SECTORS if turned else sectors
            order = (-order if mirrored else order) % SECTORS
            power = (np.arange(rings)[:, None] * SECTORS + order).ravel()
            rest = rings * SECTORS + 1 + (swapped if turned else upright)
            factors = np.array([1, -1 if turned else 1, -1 if mirrored else 1], np.float32)
            found.append((np.concatenate([power, [rings * SECTORS], rest]), factors))
    return found


def fit_spread(
    sample: MadeTiles, use: NDArray[np.bool_], *, seed: int = 0, rounds: float = ROUNDS
) -> dict[str, Any]:
    """Fit on the tiles in use; returns the stored form."""
    chance = np.random.default_rng(seed)
    found, wanted = sample.traits[use], sample.wanted[use]
    mean, deviation = found.mean(0), found.std(0) + np.float32(SMALL)
    rows = standard(found, mean, deviation)
    starts = np.flatnonzero(np.diff(sample.picture[use], prepend=-1))
    net = _descended(rows, wanted, np.append(starts, len(rows)), chance, rounds)
    layers = [
        {"weights": _short(weights), "bias": _short(bias)}
        for weights, bias in zip(net[::2], net[1::2], strict=True)
    ]
    return {"mean": _short(mean), "deviation": _short(deviation), "layers": layers}


def _short(values: Floats) -> object:
    return np.vectorize(lambda value: float(f"{value:.3g}"))(values).tolist()


def _descended(
    rows: Floats, wanted: Floats, bounds: NDArray[np.int_], chance: np.random.Generator, rounds: float
) -> Layers:
    net = _started(rows.shape[1], chance)
    means, squares = [np.zeros_like(of) for of in net], [np.zeros_like(of) for of in net]
    steps, ways = int(rounds * (len(bounds) - 1) / BATCH), turns()
    for step in range(1, steps + 1):
        picked = chance.choice(len(bounds) - 1, BATCH, replace=False)
        of = np.concatenate([np.arange(bounds[one], bounds[one + 1]) for one in picked])
        picture = np.repeat(np.arange(BATCH), bounds[picked + 1] - bounds[picked])
        order, factors = ways[chance.integers(len(ways))]
        seen = rows[of][:, order] + chance.normal(0, NOISE, (len(of), rows.shape[1])).astype(np.float32)
        slopes = slopes_of(net, seen, wanted[of] * factors, picture)
        _move(net, slopes, means, squares, step=step, rate=_rate(step / steps))
    return net


def _started(width: int, chance: np.random.Generator) -> Layers:
    widths = (width, *UNITS, OUTPUTS)
    net: Layers = []
    for into, out in pairwise(widths):
        net += [
            chance.normal(0, (2 / into) ** 0.5 / 1.5, (into, out)).astype(np.float32),
            np.zeros(out, np.float32),
        ]
    return net


def _rate(done: float) -> float:
    """Rise from a 25th, then fall to nothing, both as a cosine."""
    if done < SHARE:
        return RATE * (1 - 0.48 * (1 + math.cos(math.pi * done / SHARE)))
    return RATE * (1 + math.cos(math.pi * (done - SHARE) / (1 - SHARE))) / 2


def _move(net: Layers, slopes: Layers, means: Layers, squares: Layers, *, step: int, rate: float) -> None:
    size = np.sqrt(sum(float((slope**2).sum()) for slope in slopes))
    held = min(1.0, 2.0 / (size + 1e-6))
    for index, slope in enumerate(slopes):
        means[index] = 0.9 * means[index] + 0.1 * held * slope
        squares[index] = 0.999 * squares[index] + 0.001 * (held * slope) ** 2
        scale = np.sqrt(squares[index] / (1 - 0.999**step)) + 1e-8
        net[index] = (net[index] * (1 - rate * DECAY) - rate * means[index] / (1 - 0.9**step) / scale).astype(
            np.float32
        )


def slopes_of(net: Sequence[Floats], seen: Floats, wanted: Floats, picture: NDArray[np.int_]) -> Layers:
    """Slopes of `loss_of`, by the layers of the net."""
    passed = _passed(net, seen)
    back = _back_of_tiles(passed[-1], wanted) + _back_of_pictures(passed[-1], wanted, picture)
    slopes: Layers = []
    for layer in range(len(net) // 2 - 1, -1, -1):
        slopes = [passed[layer].T @ back, back.sum(0), *slopes]
        if layer:
            back = (back @ net[2 * layer].T) * (passed[layer] > 0)
    return slopes


def loss_of(net: Sequence[Floats], seen: Floats, wanted: Floats, picture: NDArray[np.int_]) -> float:
    """Mean absolute error over what was expected, of tiles; and plain, of what the tiles of a picture say together."""
    told = _passed(net, seen)[-1]
    lean = np.sqrt(((told[:, 1:3] - wanted[:, 1:]) ** 2).sum(1) + SMALL)
    tiles = np.exp(told[:, 3]) * np.abs(told[:, 0] - wanted[:, 0]) - told[:, 3]
    tiles = tiles + 0.5 * np.exp(told[:, 4]) * lean - told[:, 4]
    together, of = _together(told, picture), wanted[np.unique(picture, return_index=True)[1]]
    middle = 2 * np.abs(together[:, 0] - of[:, 0])
    leaning = np.sqrt(((together[:, 1:] - of[:, 1:]) ** 2).sum(1) + SMALL)
    return float(tiles.mean() + (middle + leaning).mean())


def _passed(net: Sequence[Floats], seen: Floats) -> list[Floats]:
    """Return what goes into each layer, and what comes out of the last."""
    passed = [seen]
    for layer in range(0, len(net) - 2, 2):
        passed.append(np.maximum(passed[-1] @ net[layer] + net[layer + 1], 0))
    return [*passed, passed[-1] @ net[-2] + net[-1]]


def _sums(values: Floats, picture: NDArray[np.int_]) -> Floats:
    starts = np.flatnonzero(np.diff(picture, prepend=-1))
    sums: Floats = np.add.reduceat(values, starts, axis=0)
    return sums


def _together(told: Floats, picture: NDArray[np.int_]) -> Floats:
    sure = np.exp(told[:, [3, 4, 4]])
    together: Floats = _sums(sure * told[:, :3], picture) / _sums(sure, picture)
    return together


def _back_of_tiles(told: Floats, wanted: Floats) -> Floats:
    miss, sure = told[:, :3] - wanted, np.exp(told[:, 3:])
    lean = np.sqrt((miss[:, 1:] ** 2).sum(1) + SMALL)
    back = np.column_stack(
        [
            sure[:, 0] * np.sign(miss[:, 0]),
            (0.5 * sure[:, 1] / lean)[:, None] * miss[:, 1:],
            sure[:, 0] * np.abs(miss[:, 0]) - 1,
            0.5 * sure[:, 1] * lean - 1,
        ]
    )
    return back / len(told)


def _back_of_pictures(told: Floats, wanted: Floats, picture: NDArray[np.int_]) -> Floats:
    sure = np.exp(told[:, [3, 4, 4]])
    together = _together(told, picture)
    miss = together - wanted[np.unique(picture, return_index=True)[1]]
    lean = np.sqrt((miss[:, 1:] ** 2).sum(1, keepdims=True) + SMALL)
    slope = np.column_stack([2 * np.sign(miss[:, 0]), miss[:, 1:] / lean]) / len(together)
    share = (slope / _sums(sure, picture))[picture] * sure
    surer = share * (told[:, :3] - together[picture])
    return np.column_stack([share, surer[:, 0], surer[:, 1] + surer[:, 2]])
