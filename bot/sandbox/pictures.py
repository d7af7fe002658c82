"""What Telegram's apps and servers do to a picture sent as a photo: pure functions on bytes, no files, no chats."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

LONGEST_SIDE = 1280
"""Observed on phones since 2022: 6000 x 4000 becomes 1280 x 853."""
SMALLER_SIDES = (320, 90)
"""The boxes "m" and "s" of core.telegram.org/api/files; clients show them before the picture itself is there."""
_SIDES = (LONGEST_SIDE, *SMALLER_SIDES)
_OF_DOCUMENTS = SMALLER_SIDES[:1]
QUALITY = 87
"""About what Telegram's own recompression leaves; the exact figure is not published."""
_MOST_PIXELS = 100_000_000
_READABLE = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")


class NotAPicture(Exception):
    """The bytes cannot be read as a picture, or it would be too large to open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One JPEG of a picture; width and height in pixels."""

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Recompressed:
    """A photo as Telegram keeps it: renditions smallest first, and the size that it was sent with."""

    sent_width: int
    sent_height: int
    renditions: tuple[Rendition, ...]


def recompress(data: bytes) -> Recompressed:
    """Turn a picture into JPEGs of at most 1280, 320 and 90 pixels: upright, flattened, without metadata.

    Raises NotAPicture.
    """
    return _read(data, _SIDES)


def thumbnail(data: bytes) -> Rendition:
    """Make the one small JPEG that goes with a picture sent as a document; raises NotAPicture."""
    return _read(data, _OF_DOCUMENTS).renditions[-1]


def _read(data: bytes, sides: tuple[int, ...]) -> Recompressed:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _recompress(data, sides)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, EOFError, MemoryError) as failure:
        raise NotAPicture(str(failure)) from failure


def _recompress(data: bytes, sides: tuple[int, ...]) -> Recompressed:
    Image.init()
    formats = [name for name in _READABLE if name in Image.OPEN]
    with Image.open(io.BytesIO(data), formats=formats) as opened:
        width, height = opened.size
        if width * height > _MOST_PIXELS:
            raise NotAPicture("too many pixels")
        opened.draft("RGB", (sides[0], sides[0]))
        picture = _flattened(ImageOps.exif_transpose(opened))
    renditions: list[Rendition] = []
    for side in sides:
        if not renditions or max(picture.size) > side:
            picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
            renditions.append(_rendition(picture))
    return Recompressed(sent_width=width, sent_height=height, renditions=tuple(reversed(renditions)))


def _flattened(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    if picture.has_transparency_data:
        seen_through = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(ground, seen_through).convert("RGB")
    return picture.convert("RGB")


def _rendition(picture: Image.Image) -> Rendition:
    written = io.BytesIO()
    # A new image has no metadata of the old one; `save` would carry the colour profile over.
    Image.Image.save(_without_metadata(picture), written, "JPEG", quality=QUALITY, subsampling="4:2:0")
    return Rendition(width=picture.width, height=picture.height, data=written.getvalue())


def _without_metadata(picture: Image.Image) -> Image.Image:
    picture.info.clear()
    return picture
