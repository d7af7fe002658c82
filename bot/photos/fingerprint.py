"""Fingerprints that the same picture keeps when it is recompressed, resized or cropped a little."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

SIDE = 8  # comparisons across, and as many down: 64 bits each way
INSIDE = 0.92  # share of each side that the second, inner hash sees
NEAR = 0.26  # share of unlike bits among those set in either; tests/photos holds what it lets through
HEX = SIDE * SIDE * 2 // 4  # letters of one hash
ENOUGH = 80  # pixels of the shorter side: more make the hashes no better, only slower
FLAT = 4.0  # gray levels: a small copy that varies less has no fingerprint


def fingerprint(luma: Image.Image) -> str:
    """Hash a luma picture whole and its inner part; 64 hex letters, "" for a blank one.

    A bit says whether the neighbour to the right (then below) is brighter (dHash: Krawetz, "Kind of like that", 2013).
    """
    pixels = np.asarray(luma.reduce(max(1, min(luma.size) // ENOUGH)), np.float32)
    across, down = _shrunk(pixels, 1.0)
    if across.std() < FLAT:
        return ""
    return _hash(across, down) + _hash(*_shrunk(pixels, INSIDE))


def same_picture(one: str, other: str) -> bool:
    """Tell whether two fingerprints are of one picture; wholes are compared, and each whole with the other's inside."""
    if len(one) != 2 * HEX or len(other) != 2 * HEX:
        return False
    try:
        pairs = ((one[:HEX], other[:HEX]), (one[:HEX], other[HEX:]), (one[HEX:], other[:HEX]))
        return min(_unlike(int(a, 16), int(b, 16)) for a, b in pairs) <= NEAR
    except ValueError:
        return False


def _unlike(one: int, other: int) -> float:
    """Share of the bits set in either that are not in both (Jaccard): two white pages are not alike for being white."""
    return (one ^ other).bit_count() / max(1, (one | other).bit_count())


def _hash(across: Floats, down: Floats) -> str:
    bits = np.concatenate([(across[:, 1:] > across[:, :-1]).ravel(), (down[1:] > down[:-1]).ravel()])
    return np.packbits(bits).tobytes().hex()


def _shrunk(pixels: Floats, share: float) -> tuple[Floats, Floats]:
    """Make the middle of a picture, this share of each side, small: wider by one, then higher by one.

    Both ways are rounded to whole gray levels, as an imaging library does: in a flat place no noise tells what is brighter.
    """
    across, down = (
        _whole(
            _boxes(pixels.shape[0], rows, share) @ _whole(pixels @ _boxes(pixels.shape[1], columns, share).T)
        )
        for rows, columns in ((SIDE, SIDE + 1), (SIDE + 1, SIDE))
    )
    return across, down


def _whole(levels: Floats) -> Floats:
    whole: Floats = np.floor(levels + np.float32(0.5))
    return whole


@lru_cache(maxsize=32)
def _boxes(side: int, count: int, share: float) -> Floats:
    """Return the matrix (box, pixel) of means over boxes that share the middle of a side evenly."""
    borders = side * ((1 - share) / 2 + share * np.arange(count + 1) / count)
    pixels = np.arange(side)
    inside = np.minimum(borders[1:, None], pixels + 1) - np.maximum(borders[:-1, None], pixels)
    boxes: Floats = (np.clip(inside, 0, 1) / (side * share / count)).astype(np.float32)
    return boxes
