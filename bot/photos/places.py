"""Where in a photo the trouble is: boxes for the explaining pictures, in the photo's own pixels."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.photos.shadows import shadow_border
from bot.photos.tones import CELL, glare_cells

LOOK = 640  # pixels: places are looked for at this size
STEPS = 9  # places tried across and down
COARSE = 8  # pixels: what differs over so many is seen, however soft
NEARLY_WHITE = 240
PAD = 1.25  # a circle is drawn this much larger than what it marks

Box = tuple[int, int, int, int]


def soft_place(photo: Image.Image, *, side: int) -> Box:
    """Find a square of `side` pixels that holds something to see, near the middle, and shows that it is soft."""
    luma, ratio = _small(photo)
    size = max(8, min(round(side * ratio), *luma.shape))
    coarse = np.abs(np.diff(luma[::COARSE, ::COARSE], axis=1))
    best, place = -1.0, (0, 0)
    for top in np.linspace(0, luma.shape[0] - size, STEPS).astype(int):
        for left in np.linspace(0, luma.shape[1] - size, STEPS).astype(int):
            seen = coarse[top // COARSE : (top + size) // COARSE, left // COARSE : (left + size) // COARSE]
            off = np.hypot((top + size / 2) / luma.shape[0] - 0.5, (left + size / 2) / luma.shape[1] - 0.5)
            worth = (float(seen.mean()) + 1 if seen.size else 1.0) * (1 - 0.9 * float(off))
            if worth > best:
                best, place = worth, (int(left), int(top))
    left, top = round(place[0] / ratio), round(place[1] / ratio)
    left, top = max(0, min(left, photo.width - side)), max(0, min(top, photo.height - side))
    return left, top, min(photo.width, left + side), min(photo.height, top + side)


def glare_place(photo: Image.Image) -> Box | None:
    """Box the largest blown-out patch inside the photo, None when there is none."""
    luma, ratio = _small(photo)
    cells: NDArray[np.int_] = np.array(glare_cells(Image.fromarray(luma.astype(np.uint8))), np.int_)
    if not cells.size:
        return None
    (top, left), (bottom, right) = cells.min(0) * CELL, (cells.max(0) + 1) * CELL
    return _boxed(photo, ((left + right) / 2, (top + bottom) / 2), max(right - left, bottom - top), ratio)


def shadow_place(photo: Image.Image) -> Box | None:
    """Box the border of a hard shadow, None when there is none."""
    if (shares := shadow_border(photo)) is None:
        return None
    left, right = (share * photo.width for share in shares[::2])
    top, bottom = (share * photo.height for share in shares[1::2])
    return _boxed(photo, ((left + right) / 2, (top + bottom) / 2), max(right - left, bottom - top), 1.0)


def bright_place(photo: Image.Image) -> Box:
    """Box the middle of all that is nearly white, as wide as it is spread."""
    luma, ratio = _small(photo)
    spots = np.argwhere(luma >= min(NEARLY_WHITE, float(np.percentile(luma, 97))))
    middle, spread = spots.mean(0), spots.std(0).max() * 2
    widest = 0.7 * min(luma.shape)
    return _boxed(photo, (float(middle[1]), float(middle[0])), float(min(max(spread, 60), widest)), ratio)


def _boxed(photo: Image.Image, middle: tuple[float, float], width: float, ratio: float) -> Box:
    reach = min(width * PAD, 0.9 * min(photo.size) * ratio) / 2
    x = min(max(middle[0], reach), photo.width * ratio - reach)
    y = min(max(middle[1], reach), photo.height * ratio - reach)
    left, top, right, bottom = (
        round(value / ratio) for value in (x - reach, y - reach, x + reach, y + reach)
    )
    return left, top, right, bottom


def _small(photo: Image.Image) -> tuple[NDArray[np.float32], float]:
    ratio = min(1.0, LOOK / max(photo.size))
    size = (max(1, round(photo.width * ratio)), max(1, round(photo.height * ratio)))
    return np.asarray(photo.convert("L").resize(size, Image.Resampling.BILINEAR), np.float32), ratio
