"""Any pixel mode of Pillow to plain 8-bit ones, and any colour profile to sRGB; knows no files and no sizes."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

PLAIN = frozenset({"L", "RGB", "CMYK", "LAB"})
DEEP = 255.0  # a 16-bit sample above this is no 8-bit sample in a wide coat
WHITE = (255, 255, 255)
SAME = 2  # levels of 255: colours no further apart look alike


def flatten(image: Image.Image) -> Image.Image:
    """Return the picture as L, RGB, CMYK or LAB, 8 bits a channel; what is transparent shows white."""
    if image.mode in PLAIN and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if image.mode == "1":
        return image.convert("L")
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA"))
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", image.size, WHITE)
    page.paste(image, mask=image.getchannel("A"))
    return page


def _eight_bits(image: Image.Image) -> Image.Image:
    samples = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    top = float(samples.max(initial=0.0))
    scale = 255.0 if image.mode == "F" and top <= 1.0 else 1.0 if top <= DEEP else 255.0 / max(top, 65535.0)
    return Image.fromarray(np.clip(samples * np.float32(scale), 0, 255).astype(np.uint8))


def as_rgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert a flat picture to sRGB by its ICC profile; a broken or unfitting profile counts as none."""
    if image.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return _converted(image, ImageCms.ImageCmsProfile(lab)) or image.getchannel(0).convert("RGB")
    if profile:
        try:
            converted = _converted(image, ImageCms.ImageCmsProfile(BytesIO(profile)))
        except (OSError, TypeError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def is_as_srgb(profile: bytes, mode: str) -> bool:
    """Tell whether a picture of mode L or RGB with this ICC profile shows its very colours when it loses it."""
    probe = _colours() if mode == "RGB" else Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    shown, plain = np.asarray(as_rgb(probe, profile), np.int16), np.asarray(probe.convert("RGB"), np.int16)
    return not profile or bool(np.abs(shown - plain).max() <= SAME)


def _colours() -> Image.Image:
    """Every mixture of nine levels of red, green and blue, a pixel each."""
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    mixed = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    return Image.fromarray(mixed.reshape(1, -1, 3))


def _converted(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(
            image,
            source,
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None
