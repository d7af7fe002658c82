"""How strong the finest detail is that a picture shows at all, in gray levels rather than to anything coarser.

The modified Laplacian (Nayar and Nakagawa, "Shape from focus", PAMI 16, 1994) of its sharpest hundredth: what the
ratios between frequencies leave open, no training goes in, and a soft background takes nothing away.
"""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

ROWS = 64  # about so many rows, evenly spaced, stand for all
SHARPEST = 0.99  # share of the pixels that are less crisp than the one that counts


def crispness(luma: Bytes) -> float:
    """Return the base-2 logarithm of how far a crisp pixel is from the mean of its neighbours; 0 where all are alike."""
    step = max(1, luma.shape[0] // ROWS)
    above, row, below = (luma[at : luma.shape[0] - 2 + at : step].astype(np.int16) for at in range(3))
    twice = 2 * row
    apart = np.abs(twice - above - below)[:, 1:-1]
    apart += np.abs(twice[:, 1:-1] - row[:, :-2] - row[:, 2:])
    rising = np.bincount(apart.ravel()).cumsum()
    return float(np.log2(1 + np.searchsorted(rising, SHARPEST * rising[-1])))
