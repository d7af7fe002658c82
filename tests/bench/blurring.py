"""Photos made from photos: blurred as by a hand or a lens, and sharp ones seen otherwise; for training only."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
FINE = 4  # kernels are drawn this many times finer
GAMMA = 2.2
NEARLY_WHITE = 248  # gray levels
MOST_LIGHT = 12.0  # a lamp was at most this many times as bright as white


def shaken(picture: Floats, *, share: float, chance: np.random.Generator) -> Floats:
    """Blur along a bent line as long as `share` of the picture's longer side; lamps and reflections draw it."""
    length = max(3.5, share * max(picture.shape))
    side = max(3, int(np.ceil(length)) | 1)
    angle, bend = chance.uniform(0, np.pi), chance.uniform(-0.25, 0.25)
    along = np.linspace(-0.5, 0.5, side * 16)
    across = bend * along**2 * 2
    points = np.stack(
        [along * np.sin(angle) + across * np.cos(angle), along * np.cos(angle) - across * np.sin(angle)]
    )
    spots = np.clip((points * length * FINE + side * FINE / 2).astype(int), 0, side * FINE - 1)
    kernel = np.zeros((side * FINE, side * FINE), np.float32)
    np.add.at(kernel, (spots[0], spots[1]), 1)
    light = light_of(picture, highlights=float(np.exp(chance.uniform(0, np.log(MOST_LIGHT)))))
    return seen_as(convolved(light, coarse(kernel)))


def unfocused(picture: Floats, *, share: float) -> Floats:
    """Blur by a disk whose radius is `share` of the picture's longer side."""
    radius = max(1.5, share * max(picture.shape))
    side = int(np.ceil(radius)) * 2 + 1
    place = (np.arange(side * FINE) - (side * FINE - 1) / 2) / FINE
    disk = (place[:, None] ** 2 + place[None, :] ** 2 <= radius**2).astype(np.float32)
    return convolved(picture, coarse(disk))


def before_soft_background(picture: Floats, *, share: float, chance: np.random.Generator) -> Floats:
    """Keep an ellipse sharp, as a thing in the hand, and blur what is behind it."""
    height, width = picture.shape
    centre = chance.uniform(0.35, 0.65, 2)
    size = chance.uniform(0.22, 0.4, 2)
    down = (np.arange(height)[:, None] / height - centre[0]) / size[0]
    across = (np.arange(width)[None, :] / width - centre[1]) / size[1]
    inside = np.clip((1 - np.hypot(down, across)) * 20, 0, 1).astype(np.float32)
    mixed: Floats = picture * inside + unfocused(picture, share=share) * (1 - inside)
    return mixed


def otherwise_lit(picture: Floats, chance: np.random.Generator) -> Floats:
    """Change gamma and gain a little, and add a sensor's noise."""
    lit = 255 * np.clip(picture / 255, 0, 1) ** np.exp(chance.normal(0, 0.3)) * np.exp(chance.normal(0, 0.2))
    noisy: Floats = (lit + chance.normal(0, chance.choice([0, 0, 1, 3]), picture.shape)).astype(np.float32)
    return noisy


def scaled(picture: Floats, factor: float) -> Floats:
    """Make smaller."""
    image = Image.fromarray(as_bytes(picture))
    size = (max(64, int(image.width * factor)), max(64, int(image.height * factor)))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS), np.float32)


def encoded(picture: Floats, *, quality: int) -> bytes:
    """Encode as a gray JPEG."""
    out = BytesIO()
    Image.fromarray(as_bytes(picture)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def variants(picture: Floats, *, sharp: bool, chance: np.random.Generator) -> Iterator[tuple[bytes, bool]]:
    """Make training photos of one: (JPEG, sharp?). A blurred one is only lit otherwise."""
    smallest = max(0.35, 300 / max(picture.shape))

    def seen() -> Floats:
        return scaled(picture, chance.uniform(smallest, 1)) if smallest < 1 else picture

    def finished(made: Floats) -> bytes:
        return encoded(otherwise_lit(made, chance), quality=int(chance.integers(60, 93)))

    if not sharp:
        yield finished(picture), False
        return
    for _ in range(2):
        yield finished(seen()), True
    softness = float(np.exp(chance.uniform(np.log(0.008), np.log(0.03))))
    yield finished(before_soft_background(seen(), share=softness, chance=chance)), True
    for _ in range(2):
        yield finished(shaken(seen(), share=chance.uniform(0.012, 0.05), chance=chance)), False
    radius = float(np.exp(chance.uniform(np.log(0.0045), np.log(0.02))))
    yield finished(unfocused(seen(), share=radius)), False


def light_of(picture: Floats, *, highlights: float) -> Floats:
    """Return the light that made a picture: what is nearly white may have been `highlights` times as bright."""
    light = (np.clip(picture, 0, 255) / 255) ** GAMMA
    return (light * np.where(picture >= NEARLY_WHITE, highlights, 1)).astype(np.float32)


def seen_as(light: Floats) -> Floats:
    """Return the picture that light makes, white where there is too much of it."""
    seen: Floats = (255 * np.clip(light, 0, 1) ** (1 / GAMMA)).astype(np.float32)
    return seen


def coarse(kernel: Floats) -> Floats:
    side = kernel.shape[0] // FINE
    small = kernel.reshape(side, FINE, side, FINE).sum((1, 3))
    weighted: Floats = small / small.sum()
    return weighted


def convolved(picture: Floats, kernel: Floats) -> Floats:
    margin = kernel.shape[0] // 2 + 4
    wide = np.pad(picture, margin, mode="symmetric")
    product = np.fft.rfft2(wide) * np.fft.rfft2(kernel, wide.shape)
    found = np.fft.irfft2(product, wide.shape)
    start = margin + kernel.shape[0] // 2
    return found[start : start + picture.shape[0], start : start + picture.shape[1]].astype(np.float32)


def as_bytes(picture: Floats) -> NDArray[np.uint8]:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)
