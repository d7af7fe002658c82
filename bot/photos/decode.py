"""Bytes to checked pictures: what is let in, how big it may be, and how it is turned upright; no judging here.

The laws: the content decides the format, never a name; every limit is checked before a pixel is decoded; whatever a
decoder stumbles on becomes NotAPicture.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from PIL import Image, ImageFile, JpegImagePlugin

from bot.photos.colour import as_rgb, flatten, is_as_srgb
from bot.ports import Inspected, NotAPicture

MAX_BYTES = 20_000_000  # what a bot may download: core.telegram.org/bots/api#getfile
MAX_SIDE = 20_000  # pixels
MAX_PIXELS = {
    "JPEG": 60_000_000,  # decoded at a fraction of its size
    "HEIF": 50_000_000,  # phones send 48 million
    "PNG": 40_000_000,  # decoded whole: 4 bytes a pixel
    "TIFF": 40_000_000,
    "BMP": 40_000_000,
    "WEBP": 25_000_000,  # decoded whole, and copied once
    "AVIF": 25_000_000,
    "GIF": 25_000_000,
}
MAX_COEFFICIENTS = 200_000_000  # bytes that a progressive JPEG keeps while it is decoded
MAX_SCANS = 100  # a progressive JPEG of a camera has about ten
DETAIL = 1800  # pixels: a longer picture is judged at no more than this
ENOUGH = 900  # pixels: as long is long enough, where a decoder gives it for less work
STRIP = 2_000_000  # pixels handled at once when a big picture is made small

MIMES = {
    "JPEG": "image/jpeg",
    "HEIF": "image/heic",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "GIF": "image/gif",
}
SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation (CIPA DC-008, tag 0x0112) to the turn that sets the picture upright."""
SIDEWAYS = frozenset({TURNS[5], TURNS[6], TURNS[7], TURNS[8]})
ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True, kw_only=True)
class Gray:
    """What the judge looks at: the facts of the picture, and its luma, upright, at most as long as asked for."""

    inspected: Inspected
    luma: Image.Image  # mode L


def sniff(content: bytes) -> str:
    """Name the format by its first bytes; raises NotAPicture("unreadable") for anything not on the list."""
    for signature, name in SIGNATURES:
        if content.startswith(signature):
            return name
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp":
        size = min(int.from_bytes(content[:4], "big"), 256)
        brands = {content[8:12], *(content[at : at + 4] for at in range(16, size, 4))}
        if brands & AVIF_BRANDS:
            return "AVIF"
        if brands & HEIF_BRANDS:
            return "HEIF"
    raise NotAPicture("unreadable")


def read_gray(content: bytes, *, longest: int, enough: int = 0) -> Gray:
    """Decode the luma of the whole picture, its longer side at most `longest` pixels, never enlarged.

    A decoder that can give it with at least `enough` pixels, for less work, does so.
    """
    with _refusing(), _opened(content) as (name, image):
        seen, turn = _decode(image, longest=enough or longest, mode="L")
        small = _shrunk(image, longest, lambda strip: _luma(flatten(strip)))
        luma = small.transpose(turn) if turn is not None else small
        return Gray(inspected=Inspected(mime=MIMES[name], width=seen[0], height=seen[1]), luma=luma)


def read_detail(content: bytes) -> Gray:
    """Decode the luma as fine as it is judged at."""
    return read_gray(content, longest=DETAIL, enough=ENOUGH)


def read_colour(content: bytes, *, longest: int = 0) -> Image.Image:
    """Decode to upright sRGB without any metadata, longer side at most `longest` pixels (0 = as it is)."""
    with _refusing(), _opened(content) as (_, image):
        _, turn = _decode(image, longest=longest, mode=None)
        profile = image.info.get("icc_profile")
        small = as_rgb(_shrunk(image, longest, flatten), profile if isinstance(profile, bytes) else b"")
        upright = small.transpose(turn) if turn is not None else small
        upright.info.clear()
        return upright


def is_plain_jpeg(content: bytes) -> bool:
    """Tell whether it is a JPEG that shows upright and in sRGB just as it is; raises NotAPicture."""
    if sniff(content) != "JPEG":
        return False
    with _refusing(), _opened(content) as (_, image):
        if image.mode not in {"L", "RGB"} or _turn(image) is not None:
            return False
        return is_as_srgb(image.info.get("icc_profile") or b"", image.mode)


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn whatever a decoder raises into a refusal, and its warnings into silence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except NotAPicture:
        raise
    except (MemoryError, Image.DecompressionBombError) as fault:
        raise NotAPicture("too_many_pixels") from fault
    except Exception as fault:  # Pillow's decoders raise TypeError, SyntaxError, struct.error ... too
        raise NotAPicture("unreadable") from fault


@contextmanager
def _opened(content: bytes) -> Iterator[tuple[str, Image.Image]]:
    if len(content) > MAX_BYTES:
        raise NotAPicture("too_big")
    name = sniff(content)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS[name]
    with _open_as(name, BytesIO(content)) as image:
        _check_size(name, image)
        if isinstance(image, JpegImagePlugin.JpegImageFile):
            _check_effort(image, content)
        yield name, image


def _open_as(name: str, stream: BytesIO) -> Image.Image:
    if name == "JPEG":  # the class itself: a phone's second frame (MPO) is of no interest
        return JpegImagePlugin.JpegImageFile(stream)
    if name == "HEIF":
        if find_spec("pillow_heif") is None:
            raise NotAPicture("heic")
        from pillow_heif import register_heif_opener  # noqa: PLC0415 - an extra, and slow to load

        register_heif_opener(thumbnails=False)
    return Image.open(stream, formats=(name,))


def _check_size(name: str, image: Image.Image) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise NotAPicture("unreadable")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS[name]:
        raise NotAPicture("too_many_pixels")


def _check_effort(image: JpegImagePlugin.JpegImageFile, content: bytes) -> None:
    """Refuse a progressive JPEG that would take too much memory or time (libjpeg keeps 2 bytes per coefficient)."""
    if not image.info.get("progressive"):
        return
    across = max(layer[1] for layer in image.layer)
    down = max(layer[2] for layer in image.layer)
    samples = sum(layer[1] * layer[2] for layer in image.layer) / (across * down)
    if image.width * image.height * samples * 2 > MAX_COEFFICIENTS or content.count(b"\xff\xda") > MAX_SCANS:
        raise NotAPicture("too_many_pixels")


def _decode(
    image: Image.Image, *, longest: int, mode: str | None
) -> tuple[tuple[int, int], Image.Transpose | None]:
    """Decode all pixels, a JPEG already near the size that is wanted; return the upright size and the turn to it."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    full = image.size
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        scale = longest / max(full) if longest else 1.0
        near = (max(1, int(full[0] * scale)), max(1, int(full[1] * scale))) if scale < 1 else full
        image.draft(mode if image.mode == "RGB" else None, near)
    image.load()
    turn = _turn(image)
    return (full[::-1] if turn in SIDEWAYS else full), turn


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return TURNS.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - broken EXIF is no reason to refuse the pixels
        return None


def _luma(image: Image.Image) -> Image.Image:
    if image.mode == "LAB":
        return image.getchannel(0)
    return image if image.mode == "L" else image.convert("L")


def _shrunk(image: Image.Image, longest: int, flat: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Flatten and make small, in strips where a whole copy would cost too much memory."""
    factor = max(image.size) // longest if longest else 1
    if factor > 1 and image.width * image.height > STRIP:
        image = _reduced_in_strips(image, factor, flat)
    else:
        image = flat(image)
    if not longest or max(image.size) <= longest:
        return image
    ratio = longest / max(image.size)
    size = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
    return image.resize(size, Image.Resampling.LANCZOS if image.mode != "L" else Image.Resampling.BILINEAR)


def _reduced_in_strips(
    image: Image.Image, factor: int, flat: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    rows = max(1, STRIP // image.width // factor) * factor
    pieces: list[tuple[int, Image.Image]] = []
    for top in range(0, image.height, rows):
        box = (0, top, image.width, min(top + rows, image.height))
        strip = image.crop(box)
        strip.info.update(_transparency(image))
        pieces.append((top // factor, flat(strip).reduce(factor)))
    last, piece = pieces[-1]
    whole = Image.new(piece.mode, (piece.width, last + piece.height))
    for top, piece in pieces:
        whole.paste(piece, (0, top))
    return whole


def _transparency(image: Image.Image) -> dict[str | tuple[int, int], Any]:
    return {"transparency": image.info["transparency"]} if "transparency" in image.info else {}
