"""Pictures blurred by a known amount: photos made small until they are crisp, then blurred and finished as a phone does.

For training only. Crisp or blurred, all get the same sizes, noise, sharpening and compression, so that none of these tells.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from bot.photos.spectrum import FLAT, STRIDE, THIN, TILE
from tests.bench.blurring import FINE, MOST_LIGHT, as_bytes, coarse, convolved, light_of, seen_as

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

LONGEST = 340  # pixels: what is made is cut to this
TILES = 14  # of one made picture
FILTERS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.HAMMING,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)
NOISE = {0: 0.2, 1: 0.2, 2: 0.2, 4: 0.2, 6: 0.1, 8: 0.1}  # gray levels: how often
STEPS = 400  # points of a hand's path


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One picture, and the covariance of the point that light was spread to: down, across, both (square pixels)."""

    luma: Bytes
    covariance: NDArray[np.float64]


def made(photo: Floats, chance: np.random.Generator) -> Made:
    """Make a picture of a crisp photo, crisp or blurred."""
    small = _cut(_crisp(photo, chance), chance)
    lens = chance.uniform(0.25, 0.8)
    covariance = np.array([lens**2, lens**2, 0.0])
    picture = convolved(small, bell(lens)) if lens > 0.3 else small
    for kernel in _kernels(chance):
        covariance = covariance + covariance_of(kernel)
        picture = _blurred(picture, kernel, chance)
    if chance.random() < 0.35:
        picture, factor = _resized(picture, chance.uniform(0.55, 1), chance)
        covariance = covariance * factor**2 + np.array([0.1, 0.1, 0.0])
    return Made(luma=_finished(picture, chance), covariance=covariance)


def tiles_of(luma: Bytes, chance: np.random.Generator) -> Bytes:
    """Take some of the tiles with more contrast (tile, TILE, TILE); may be none."""
    rows, columns = (
        np.linspace(0, side - TILE, max(1, round((side - TILE) / STRIDE) + 1)).astype(int)
        for side in luma.shape
    )
    tiles = sliding_window_view(luma, (TILE, TILE))[np.ix_(rows, columns)].reshape(-1, TILE, TILE)
    contrast = tiles[:, ::THIN, ::THIN].astype(np.float32).std((1, 2))
    busy = np.argsort(-contrast)[: int((contrast > FLAT).sum())]
    if len(busy) > TILES:
        busy = chance.permutation(busy[: max(TILES, len(busy) // 2)])[:TILES]
    taken: Bytes = tiles[busy]
    return taken


def _crisp(photo: Floats, chance: np.random.Generator) -> Floats:
    longest = max(photo.shape)
    most = min(0.6, 760 / longest) if longest <= 700 else 0.5
    least = min(most, max(0.2, 240 / longest))
    return _resized(photo, float(np.exp(chance.uniform(np.log(least), np.log(most)))), chance)[0]


def _resized(picture: Floats, factor: float, chance: np.random.Generator) -> tuple[Floats, float]:
    image = Image.fromarray(as_bytes(picture))
    width, height = (max(TILE + 8, round(side * factor)) for side in image.size)
    resized = image.resize((width, height), FILTERS[chance.integers(len(FILTERS))])
    return np.asarray(resized, np.float32), width / image.width


def _cut(picture: Floats, chance: np.random.Generator) -> Floats:
    down, across = (int(chance.integers(max(1, side - LONGEST + 1))) for side in picture.shape)
    return picture[down : down + LONGEST, across : across + LONGEST]


def _kernels(chance: np.random.Generator) -> Iterator[Floats]:
    """Nothing; a lens out of focus; a hand that shook, sometimes both."""
    kind = chance.random()
    if kind < 0.32:
        return
    if kind < 0.56:
        yield disk(_between(0.9, 9, chance))
    elif kind < 0.62:
        yield bell(_between(0.6, 4, chance))
    else:
        yield path(_between(2, 28, chance), chance)
        if chance.random() < 0.3:
            yield disk(chance.uniform(0.8, 2.5))


def _between(least: float, most: float, chance: np.random.Generator) -> float:
    return float(np.exp(chance.uniform(np.log(least), np.log(most))))


def _blurred(picture: Floats, kernel: Floats, chance: np.random.Generator) -> Floats:
    if chance.random() < 0.6:
        light = light_of(picture, highlights=_between(1, MOST_LIGHT, chance))
        return seen_as(convolved(light, kernel))
    return convolved(picture, kernel)


def _finished(picture: Floats, chance: np.random.Generator) -> Bytes:
    """Light it otherwise, add noise, sharpen, smooth and compress it, each now and then."""
    lit = 255 * np.clip(picture / 255, 0, 1) ** np.exp(chance.normal(0, 0.3)) * np.exp(chance.normal(0, 0.2))
    loud = chance.choice(list(NOISE), p=list(NOISE.values()))
    noise = chance.normal(0, loud, picture.shape).astype(np.float32)
    if chance.random() < 0.5:
        noise = 2 * convolved(noise, bell(chance.uniform(0.5, 1.2)))
    image = Image.fromarray(as_bytes(lit + noise))
    if chance.random() < 0.35:
        radius, percent = chance.uniform(0.6, 2), int(chance.uniform(30, 150))
        image = image.filter(ImageFilter.UnsharpMask(radius, percent, threshold=int(chance.integers(0, 4))))
    if chance.random() < 0.08:
        image = image.filter(ImageFilter.MedianFilter(3))
    for _ in range(1 + int(chance.random() < 0.3)):
        image = _compressed(image, chance)
    return np.asarray(image)


def _compressed(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Encode as JPEG, and move its blocks."""
    out = BytesIO()
    image.save(out, "JPEG", quality=int(chance.integers(50, 96)))
    read = Image.open(out)
    left, top = (min(int(chance.integers(0, 8)), side - TILE) for side in read.size)
    return read.crop((left, top, read.width, read.height))


def disk(radius: float) -> Floats:
    """Return what a lens out of focus makes of a point."""
    side = int(np.ceil(radius)) * 2 + 1
    place = (np.arange(side * FINE) - (side * FINE - 1) / 2) / FINE
    return coarse((place[:, None] ** 2 + place[None, :] ** 2 <= radius**2).astype(np.float32))


def bell(sigma: float) -> Floats:
    """Return a Gaussian."""
    place = np.arange(-int(np.ceil(3 * sigma)), int(np.ceil(3 * sigma)) + 1)
    one = np.exp(-(place**2) / (2 * sigma**2))
    kernel: Floats = np.outer(one, one).astype(np.float32) / np.float32(one.sum() ** 2)
    return kernel


def path(length: float, chance: np.random.Generator) -> Floats:
    """Return what a hand that shook makes of a point: a bow, a walk, or a swing that stays longer at its ends."""
    along, across = _walk(chance)
    angle = chance.uniform(0, np.pi)
    side = max(3, int(np.ceil(length)) | 1) + 2
    points = np.stack(
        [along * np.sin(angle) + across * np.cos(angle), along * np.cos(angle) - across * np.sin(angle)]
    )
    down, over = np.clip((points * length * FINE + side * FINE / 2).astype(int), 0, side * FINE - 1)
    kernel = np.zeros((side * FINE, side * FINE), np.float32)
    np.add.at(kernel, (down, over), 1)
    return coarse(kernel)


def _walk(chance: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the point was at each moment, along (-0.5 to 0.5) and across."""
    kind = chance.choice(["bow", "walk", "swing"])
    if kind == "bow":
        along = np.linspace(-0.5, 0.5, STEPS)
        return along, chance.uniform(-0.25, 0.25) * along**2 * 2
    if kind == "walk":
        along = np.cumsum(chance.normal(0, 1, STEPS))
    else:
        along = np.sin(np.linspace(0, chance.uniform(2, 9), STEPS) + chance.uniform(0, 6))
    across = np.cumsum(chance.normal(0, 1, STEPS))
    return _even(along), _even(across) * chance.uniform(0, 0.5)


def _even(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth, and bring to -0.5 to 0.5."""
    window = np.hanning(41)
    smooth = np.convolve(values, window / window.sum(), "same")
    found: NDArray[np.float64] = (smooth - smooth.min()) / (np.ptp(smooth) + 1e-9) - 0.5
    return found


def covariance_of(kernel: Floats) -> NDArray[np.float64]:
    """Return the kernel's variance down and across, and its covariance."""
    place = np.arange(kernel.shape[0]) - (kernel.shape[0] - 1) / 2
    down, across = kernel.sum(1).astype(np.float64), kernel.sum(0).astype(np.float64)
    middle = down @ place, across @ place
    return np.array(
        [
            down @ place**2 - middle[0] ** 2,
            across @ place**2 - middle[1] ** 2,
            place @ kernel @ place - middle[0] * middle[1],
        ]
    )
