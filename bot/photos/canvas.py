"""What explaining pictures are made of: page, frames, circles, dimming, signs; smooth edges by drawing twice as large."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1280, 828  # pixels: the part above the caption
MARGIN = 24
GROUND, INK = "#15191c", "#f4f6f7"
ATTENTION, WRONG, GOOD = "#ffb52e", "#ff5d55", "#2fbf86"
LINE = 6
DIM = 0.42
FINE = 2

Box = Sequence[int]


def page(width: int, height: int) -> Image.Image:
    """Return an empty page in the ground's colour."""
    return Image.new("RGB", (width, height), GROUND)


def fitted(picture: Image.Image, area: tuple[int, int, int, int]) -> tuple[Image.Image, tuple[int, int]]:
    """Scale a picture into an area (left, top, width, height), centred: (picture, its place)."""
    left, top, width, height = area
    ratio = min(width / picture.width, height / picture.height)
    size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
    small = picture.resize(size, Image.Resampling.LANCZOS if ratio < 1 else Image.Resampling.BICUBIC)
    return small, (left + (width - size[0]) // 2, top + (height - size[1]) // 2)


def pasted(canvas: Image.Image, picture: Image.Image, place: tuple[int, int]) -> None:
    """Put a picture on the page with slightly rounded corners."""
    mask = Image.new("L", (picture.width * FINE, picture.height * FINE), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), 10 * FINE, fill=255)
    canvas.paste(picture, place, mask.resize(picture.size, Image.Resampling.BOX))


def dimmed_but(picture: Image.Image, box: Box, *, round_: bool) -> Image.Image:
    """Dim and soften all but a box or the circle around it."""
    dim = picture.filter(ImageFilter.GaussianBlur(2)).point([round(value * DIM) for value in range(256)] * 3)
    dim.paste(picture, mask=_shape(picture.size, box, round_=round_, width=0))
    return dim


def outline(picture: Image.Image, box: Box, colour: str, *, round_: bool) -> Image.Image:
    """Draw a frame or a circle, with a thin dark rim so that it shows on any ground."""
    drawn = picture.copy()
    for shade, width in ((GROUND, LINE + 6), (colour, LINE)):
        drawn.paste(shade, mask=_shape(picture.size, box, round_=round_, width=width))
    return drawn


def _shape(size: tuple[int, int], box: Box, *, round_: bool, width: int) -> Image.Image:
    mask = Image.new("L", (size[0] * FINE, size[1] * FINE), 0)
    draw = ImageDraw.Draw(mask)
    grow = width // 2
    left, top, right, bottom = (
        (value + sign * grow) * FINE for value, sign in zip(box, (-1, -1, 1, 1), strict=True)
    )
    if round_:
        middle, radius = ((left + right) / 2, (top + bottom) / 2), max(right - left, bottom - top) / 2
        box = [
            round(v) for v in (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
        ]
        draw.ellipse(tuple(box), fill=0 if width else 255, outline=255, width=max(1, width * FINE))
    else:
        corners = (left, top, right - 1, bottom - 1)
        draw.rounded_rectangle(
            corners, 10 * FINE, fill=0 if width else 255, outline=255, width=max(1, width * FINE)
        )
    return mask.resize(size, Image.Resampling.BOX)


def badge(canvas: Image.Image, *, good: bool, at: tuple[int, int]) -> None:
    """Put a tick or a cross on a disk, centred at a point."""
    side = 56
    disk = Image.new("RGBA", (side * 4, side * 4), (0, 0, 0, 0))
    draw = ImageDraw.Draw(disk)
    draw.ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=GROUND)
    draw.ellipse((14, 14, side * 4 - 15, side * 4 - 15), fill=GOOD if good else WRONG)
    strokes = (
        (((62, 116), (98, 152), (164, 80)),) if good else (((76, 76), (148, 148)), ((76, 148), (148, 76)))
    )
    for stroke in strokes:
        draw.line(stroke, fill=INK, width=22, joint="curve")
        for x, y in (stroke[0], stroke[-1]):
            draw.ellipse((x - 11, y - 11, x + 11, y + 11), fill=INK)
    small = disk.resize((side, side), Image.Resampling.LANCZOS)
    canvas.paste(small, (at[0] - side // 2, at[1] - side // 2), small)
