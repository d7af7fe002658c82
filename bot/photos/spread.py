"""How far a picture spreads a point of light, told from its tiles by a small network that learnt it from made blur.

Photos that had been made small until they were crisp were blurred by known amounts; nobody's opinion on what is sharp
went in. So it holds for photos from anywhere, and a picture's size or subject does not tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LAGS = (1, 2, 4)  # pixels between two points that are compared
THIN = 2  # every so many rows (or columns) are enough to see them
REACH = 5.0  # standard deviations: traits further out than any in training count as this far
OUTPUTS = 5  # middle and lean of the spread (1 + 2), and how sure either is, as a logarithm (1 + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimator:
    """The network that every tile passes: how traits are standardised, then weights and biases of its layers."""

    mean: Floats
    deviation: Floats
    layers: tuple[tuple[Floats, Floats], ...]


def traits(tiles: Floats, logs: Floats) -> Floats:
    """Describe tiles (tile, trait), given less their means: log power by ring and sector, and how differences scatter.

    Power forgets whether detail is one steep edge or a soft texture; the scatter of differences, down and across, knows.
    """
    level = logs[:, :2].mean((1, 2))
    relative = (logs - level[:, None, None]).reshape(len(tiles), -1)
    found: Floats = np.column_stack([relative, level, scatter(tiles) - level[:, None] * _OF_LEVEL])
    return found


def scatter(tiles: Floats) -> Floats:
    """Of the differences at each lag, down and then across: log power, how peaked, how heavy their tail is (tile, 18)."""
    thin_down, thin_across = np.ascontiguousarray(tiles[:, :, ::THIN]), tiles[:, ::THIN]
    down = [_sums(thin_down[:, lag:] - thin_down[:, :-lag]) for lag in LAGS]
    across = [_sums(thin_across[:, :, lag:] - thin_across[:, :, :-lag]) for lag in LAGS]
    power, size, tail = np.log(np.array(down + across).swapaxes(0, 1) + _ROUNDING)
    return np.stack([power, power - 2 * size, tail - 2 * power], axis=1).reshape(-1, len(tiles)).T


_ROUNDING = np.array([0.5, 0.3, 1], np.float32)[:, None, None]  # of whole gray levels, roughly
_OF_LEVEL = np.array([1, 0, 0] * 2 * len(LAGS), np.float32)


def _sums(differences: Floats) -> list[Floats]:
    """Return each tile's mean square, mean size, and mean fourth power."""
    flat = differences.reshape(len(differences), -1)
    each = np.full(flat.shape[1], 1 / flat.shape[1], np.float32)
    squares = flat * flat
    fourth = np.einsum("ij,ij->i", squares, squares) / np.float32(flat.shape[1])
    return [squares @ each, np.abs(flat, out=flat) @ each, fourth]


def spread_of(estimator: Estimator, found: Floats) -> float:
    """Return the base-2 logarithm of the spread along its longer axis in pixels; sure tiles count more."""
    told = _told(estimator, found)
    sure = np.exp(told[:, 3:])
    middle = float(sure[:, 0] @ told[:, 0] / sure[:, 0].sum())
    down, across = sure[:, 1] @ told[:, 1:3] / sure[:, 1].sum()
    return middle + float(np.hypot(down, across)) / 2


def _told(estimator: Estimator, found: Floats) -> Floats:
    row = standard(found, estimator.mean, estimator.deviation)
    *hidden, (weights, bias) = estimator.layers
    for into, shift in hidden:
        row = np.maximum(row @ into + shift, 0)
    told: Floats = row @ weights + bias
    return told


def standard(found: Floats, mean: Floats, deviation: Floats) -> Floats:
    """Standardise traits, and hold them within REACH."""
    held: Floats = np.clip((found - mean) / deviation, -REACH, REACH)
    return held


def estimator_of(stored: Mapping[str, Any]) -> Estimator:
    """Build an estimator from its stored form."""
    return Estimator(
        mean=_floats(stored["mean"]),
        deviation=_floats(stored["deviation"]),
        layers=tuple((_floats(layer["weights"]), _floats(layer["bias"])) for layer in stored["layers"]),
    )


def _floats(values: object) -> Floats:
    return np.array(values, np.float32)
