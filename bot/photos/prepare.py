"""Copies for sellers, and contact sheets: upright, in sRGB, sized, and without any metadata."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from bot.photos.covering import cover
from bot.photos.decode import is_plain_jpeg, read_colour, read_gray
from bot.photos.lettering import broken, font, write_centred
from bot.photos.lossless import without_metadata
from bot.ports import Preparation
from flows.values import Place

MIMES = {"jpeg": "image/jpeg", "webp": "image/webp", "png": "image/png"}
STEPS = (10, 20, 30, 40)  # of quality given up, one after the other, to meet a limit on bytes
WORST = 40  # quality below which a smaller picture is better than a worse one
SHRINK = 0.8
PROOF = 160  # pixels: large enough to see that a picture decodes
SMALLEST = 200  # pixels: no limit on bytes makes a picture smaller than this

SHEET_WIDTH = 1280  # pixels
GAP = 20
PAPER, INK, GROUND, ACCENT = "#ffffff", "#1d2327", "#eceff1", "#0b6e69"
COLUMNS = ((1, 1), (4, 2), (9, 3), (10_000, 4))  # up to so many pictures: so many columns
TITLES = {1: 30, 2: 30, 3: 30, 4: 24}  # pixels, by columns
LINES = 2


def prepare(content: bytes, *, how: Preparation, places: Sequence[Place] = ()) -> tuple[bytes, int, int]:
    """Return a seller's copy with its width and height, painted over at `places`; raises NotAPicture.

    A JPEG in which nothing needs changing loses its metadata and keeps its very pixels. A limit on bytes is met by
    quality first, then by size; it wins over `quality` and `longest_side`.
    """
    if not places and (bare := _as_it_is(content, how)) is not None:
        return bare
    picture = cover(read_colour(content, longest=how.longest_side), places)
    made = encoded(picture, quality=how.quality, format=how.format)
    while how.max_bytes and len(made) > how.max_bytes:
        made = _smallest_encoding(picture, how)
        if len(made) <= how.max_bytes or max(picture.size) * SHRINK < SMALLEST:
            break
        size = (max(1, round(picture.width * SHRINK)), max(1, round(picture.height * SHRINK)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return made, picture.width, picture.height


def _as_it_is(content: bytes, how: Preparation) -> tuple[bytes, int, int] | None:
    """Take the metadata off, where that is all that is to be done."""
    bare = without_metadata(content) if how.format == "jpeg" and is_plain_jpeg(content) else None
    if bare is None or (how.max_bytes and len(bare) > how.max_bytes):
        return None
    seen = read_gray(bare, longest=PROOF).inspected  # decodes all of it: half a picture is refused here
    if how.longest_side and max(seen.width, seen.height) > how.longest_side:
        return None
    return bare, seen.width, seen.height


def encoded(picture: Image.Image, *, quality: int, format: str = "jpeg") -> bytes:  # noqa: A002 - as Pillow says
    """Encode pixels and nothing else; PNG knows no quality."""
    out = BytesIO()
    picture.info.clear()  # Pillow would write a comment and a resolution that it finds here
    options: dict[str, Any] = {"optimize": True} if format != "webp" else {"method": 4}
    picture.save(out, format.upper(), **options, **({} if format == "png" else {"quality": quality}))
    return out.getvalue()


def _smallest_encoding(picture: Image.Image, how: Preparation) -> bytes:
    made = b""
    for step in STEPS:
        made = encoded(picture, quality=max(WORST, how.quality - step), format=how.format)
        if len(made) <= how.max_bytes:
            break
    return made


def sheet(pictures: Sequence[bytes], *, captions: Sequence[str]) -> bytes:
    """Draw a contact sheet (JPEG, 1280 pixels wide): numbered thumbnails, each with its caption below."""
    columns = next(columns for most, columns in COLUMNS if len(pictures) <= most)
    cell = (SHEET_WIDTH - GAP * (columns + 1)) // columns
    tall = round(cell * 0.75)
    size = TITLES[columns]
    row = tall + round(size * 1.3 * LINES) + GAP
    page = Image.new("RGB", (SHEET_WIDTH, -(-len(pictures) // columns) * row + GAP), PAPER)
    draw = ImageDraw.Draw(page)
    for index, content in enumerate(pictures):
        left, top = GAP + index % columns * (cell + GAP), GAP + index // columns * row
        draw.rounded_rectangle((left, top, left + cell, top + tall), 10, fill=GROUND)
        _place(page, read_colour(content, longest=cell), (left, top, cell, tall))
        _number(draw, index + 1, left=left, top=top)
        lines = broken(captions[index] if index < len(captions) else "", size=size, width=cell, lines=LINES)
        write_centred(draw, lines, centre=left + cell // 2, top=top + tall + 6, size=size, colour=INK)
    return encoded(page, quality=88)


def _place(page: Image.Image, picture: Image.Image, box: tuple[int, int, int, int]) -> None:
    left, top, width, height = box
    ratio = min(width / picture.width, height / picture.height)
    size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
    shown = picture.resize(size, Image.Resampling.LANCZOS) if size != picture.size else picture
    page.paste(shown, (left + (width - size[0]) // 2, top + (height - size[1]) // 2))


def _number(draw: ImageDraw.ImageDraw, number: int, *, left: int, top: int) -> None:
    centre, radius = (left + 32, top + 32), 22
    box = (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)
    draw.ellipse(box, fill=ACCENT, outline=PAPER, width=2)
    draw.text(centre, str(number), font=font(26), fill=PAPER, anchor="mm")
