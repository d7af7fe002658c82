"""Fingerprints that the same picture keeps when it is recompressed, resized or cropped a little."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
    luma = luma.reduce(max(1, min(luma.size) // ENOUGH))
    width, height = luma.size
    edge = (1 - INSIDE) / 2
    inner = (width * edge, height * edge, width * (1 - edge), height * (1 - edge))
    across, down = _small(luma, (SIDE + 1, SIDE), None), _small(luma, (SIDE, SIDE + 1), None)
    if across.std() < FLAT:
        return ""
    return _hash(across, down) + _hash(
        _small(luma, (SIDE + 1, SIDE), inner), _small(luma, (SIDE, SIDE + 1), inner)
    )


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


def _hash(across: NDArray[np.int16], down: NDArray[np.int16]) -> str:
    bits = np.concatenate([(across[:, 1:] > across[:, :-1]).ravel(), (down[1:] > down[:-1]).ravel()])
    return np.packbits(bits).tobytes().hex()


def _small(
    luma: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float] | None
) -> NDArray[np.int16]:
    return np.asarray(luma.resize(size, Image.Resampling.BOX, box=box), np.int16)
