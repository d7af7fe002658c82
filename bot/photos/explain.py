"""The picture that shows a customer what is wrong: their own photo, the trouble marked, one line below."""

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from bot.photos.canvas import (
    ATTENTION,
    GOOD,
    GROUND,
    HEIGHT,
    INK,
    MARGIN,
    WIDTH,
    WRONG,
    badge,
    dimmed_but,
    fitted,
    outline,
    page,
    pasted,
)  # fmt: skip
from bot.photos.decode import read_colour
from bot.photos.drawing import sharp_example
from bot.photos.lettering import broken, write_centred
from bot.photos.places import bright_place, glare_place, shadow_place, soft_place
from bot.photos.prepare import encoded

SEEN = 2048  # pixels: the longest side that a seller gets unless told otherwise; "100 %" means of this
CAPTION = 132  # pixels
SIZE = 42
ENOUGH = 640  # pixels: the shorter side that the frame of a small photo stands for

Drawer = Callable[[Image.Image], Image.Image]


def explain(content: bytes, *, problem: str, caption: str) -> bytes:
    """Draw a JPEG of 1280 x 960 pixels; an unknown problem shows the photo as it is. Raises NotAPicture."""
    photo = read_colour(content, longest=SEEN)
    shown = DRAWERS.get(problem, _plain)(photo)
    whole = page(WIDTH, HEIGHT + CAPTION)
    whole.paste(shown, (0, 0))
    lines = broken(caption, size=SIZE, width=WIDTH - 2 * MARGIN, lines=2)
    top = HEIGHT + (CAPTION - round(SIZE * 1.3) * max(1, len(lines))) // 2 - 2
    write_centred(ImageDraw.Draw(whole), lines, centre=WIDTH // 2, top=top, size=SIZE, colour=INK)
    return encoded(whole, quality=88)


def _blur(photo: Image.Image) -> Image.Image:
    """The whole at the left with a frame; at the right what the frame holds at full size, above a sharp example."""
    canvas, tile = page(WIDTH, HEIGHT), (HEIGHT - 3 * MARGIN) // 2
    left_width = WIDTH - tile - 3 * MARGIN
    box = soft_place(photo, side=min(round(tile / 1.15), round(min(photo.size) * 0.6)))
    small, place = fitted(photo, (MARGIN, MARGIN, left_width, HEIGHT - 2 * MARGIN))
    ratio = small.width / photo.width
    frame = tuple(round(value * ratio) for value in box)
    pasted(canvas, outline(dimmed_but(small, frame, round_=False), frame, ATTENTION, round_=False), place)
    right = left_width + 2 * MARGIN
    crop = photo.crop(box).resize((tile, tile), Image.Resampling.BICUBIC)
    pasted(canvas, outline(crop, (0, 0, tile, tile), ATTENTION, round_=False), (right, MARGIN))
    pasted(canvas, sharp_example(tile), (right, tile + 2 * MARGIN))
    badge(canvas, good=False, at=(right + tile - 44, MARGIN + 44))
    badge(canvas, good=True, at=(right + tile - 44, tile + 2 * MARGIN + 44))
    return canvas


def _side_by_side(photo: Image.Image, better: Image.Image) -> Image.Image:
    canvas, half = page(WIDTH, HEIGHT), (WIDTH - 3 * MARGIN) // 2
    for index, picture in enumerate((photo, better)):
        small, place = fitted(picture, (MARGIN + index * (half + MARGIN), MARGIN, half, HEIGHT - 2 * MARGIN))
        pasted(canvas, small, place)
        badge(canvas, good=bool(index), at=(place[0] + small.width - 44, place[1] + 44))
    return canvas


def _dark(photo: Image.Image) -> Image.Image:
    """The photo beside itself, as more light would show it."""
    mean = max(2.0, float(np.asarray(photo.convert("L")).mean()))
    gamma = float(np.clip(np.log(118 / 255) / np.log(mean / 255), 0.25, 1.0))
    lifted = photo.point([round(255 * (value / 255) ** gamma) for value in range(256)] * 3)
    return _side_by_side(photo, ImageOps.autocontrast(lifted, cutoff=(1, 2), preserve_tone=True))


def _contrast(photo: Image.Image) -> Image.Image:
    return _side_by_side(photo, ImageOps.autocontrast(photo, cutoff=1, preserve_tone=True))


def _circled(photo: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    canvas = page(WIDTH, HEIGHT)
    small, place = fitted(photo, (MARGIN, MARGIN, WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN))
    ratio = small.width / photo.width
    scaled = tuple(round(value * ratio) for value in box)
    pasted(canvas, outline(dimmed_but(small, scaled, round_=True), scaled, WRONG, round_=True), place)
    return canvas


def _bright(photo: Image.Image) -> Image.Image:
    return _circled(photo, bright_place(photo))


def _glare(photo: Image.Image) -> Image.Image:
    return _circled(photo, glare_place(photo) or bright_place(photo))


def _shadow(photo: Image.Image) -> Image.Image:
    place = shadow_place(photo)
    return _circled(photo, place) if place else _plain(photo)


def _small(photo: Image.Image) -> Image.Image:
    """The photo at its size inside the frame that it should fill."""
    canvas = page(WIDTH, HEIGHT)
    room = (WIDTH - 4 * MARGIN, HEIGHT - 4 * MARGIN)
    grow = float(np.clip(ENOUGH / min(photo.size), 1.6, 4.0))
    ratio = min(room[0] / photo.width, room[1] / photo.height)
    wanted = (round(photo.width * ratio), round(photo.height * ratio))
    inner = (round(wanted[0] / grow), round(wanted[1] / grow))
    left, top = (WIDTH - wanted[0]) // 2, (HEIGHT - wanted[1]) // 2
    place = ((WIDTH - inner[0]) // 2, (HEIGHT - inner[1]) // 2)
    canvas.paste(photo.resize(inner, Image.Resampling.LANCZOS), place)
    frame = (left, top, left + wanted[0], top + wanted[1])
    shown = outline(canvas, frame, GOOD, round_=False)
    return outline(shown, (*place, place[0] + inner[0], place[1] + inner[1]), WRONG, round_=False)


def _same(photo: Image.Image) -> Image.Image:
    """The photo twice, with an equals sign between."""
    canvas, half = page(WIDTH, HEIGHT), (WIDTH - 4 * MARGIN) // 2
    for index in range(2):
        area = (MARGIN + index * (half + 2 * MARGIN), MARGIN, half, HEIGHT - 2 * MARGIN)
        pasted(canvas, *fitted(photo, area))
    draw, middle = ImageDraw.Draw(canvas), (WIDTH // 2, HEIGHT // 2)
    draw.ellipse((middle[0] - 62, middle[1] - 62, middle[0] + 62, middle[1] + 62), fill=GROUND)
    draw.ellipse((middle[0] - 54, middle[1] - 54, middle[0] + 54, middle[1] + 54), fill=ATTENTION)
    for shift in (-22, 8):
        draw.rectangle(
            (middle[0] - 30, middle[1] + shift, middle[0] + 30, middle[1] + shift + 14), fill=GROUND
        )
    return canvas


def _aspect(photo: Image.Image) -> Image.Image:
    """The part that a usual photo would show, clear; what is too long, dimmed."""
    width, height = photo.size
    usual = (min(width, height * 4 // 3), min(height, width * 4 // 3))
    left, top = (width - usual[0]) // 2, (height - usual[1]) // 2
    canvas = page(WIDTH, HEIGHT)
    small, place = fitted(photo, (MARGIN, MARGIN, WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN))
    ratio = small.width / width
    frame = tuple(round(value * ratio) for value in (left, top, left + usual[0], top + usual[1]))
    pasted(canvas, outline(dimmed_but(small, frame, round_=False), frame, ATTENTION, round_=False), place)
    return canvas


def _plain(photo: Image.Image) -> Image.Image:
    canvas = page(WIDTH, HEIGHT)
    pasted(canvas, *fitted(photo, (MARGIN, MARGIN, WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN)))
    return canvas


DRAWERS: Mapping[str, Drawer] = {
    "blur": _blur,
    "dark": _dark,
    "bright": _bright,
    "glare": _glare,
    "shadow": _shadow,
    "contrast": _contrast,
    "small": _small,
    "aspect": _aspect,
    "duplicate": _same,
    "seen_before": _same,
    "screen": _plain,
}
