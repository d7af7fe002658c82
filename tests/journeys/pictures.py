"""Pictures to send: parcels on tables, drawn with the detail of a photo, no two alike; sharp ones and blurred ones."""

import io
import random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Point = tuple[int, int]
SIZE = (1280, 960)


def scene(number: int, *, size: tuple[int, int] = SIZE) -> Image.Image:
    """Draw parcel `number` on its table: its own place, turn, colours, label and scratches."""
    chance = random.Random(number)
    image = _table(chance)
    draw = ImageDraw.Draw(image)
    _shadow_and_box(draw, chance)
    _crumbs(draw, chance)
    grain = np.random.default_rng(number).normal(0, 5, (SIZE[1], SIZE[0], 1))
    lit = np.asarray(image, np.float32) * _light(chance) + grain
    image = Image.fromarray(lit.clip(0, 255).astype(np.uint8))
    return image if size == SIZE else image.resize(size)


def _table(chance: random.Random) -> Image.Image:
    """Planks with their grain, in one of many colours."""
    bright = chance.randint(80, 170)
    base = np.array([bright + chance.randint(0, 22), bright, bright - chance.randint(0, 30)], np.float32)
    rng = np.random.default_rng(chance.randint(0, 1 << 30))
    rows = rng.normal(0, 9, (SIZE[1], 1, 1)).repeat(SIZE[0], 1)
    fine = rng.normal(0, 6, (SIZE[1], SIZE[0] // 16 + 1, 1)).repeat(16, 1)[:, : SIZE[0]]
    image = Image.fromarray((base + rows + fine).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    plank, start = chance.randint(110, 210), chance.randint(0, 100)
    dark = tuple(int(one * 0.6) for one in base)
    for y in range(start, SIZE[1], plank):
        draw.line((0, y, SIZE[0], y), fill=dark, width=3)
        joint = chance.randint(0, SIZE[0])
        draw.line((joint, y, joint, y + plank), fill=dark, width=2)
    if chance.random() < 0.5:  # half of the tables run the other way
        image = image.rotate(90, expand=True).resize(SIZE)
    return image


def _light(chance: random.Random) -> npt.NDArray[np.float32]:
    """Light from one side."""
    left, right = chance.uniform(0.78, 1.0), chance.uniform(0.78, 1.0)
    return np.linspace(left, right, SIZE[0], dtype=np.float32)[None, :, None]


def _shadow_and_box(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    width, height, depth = chance.randint(420, 640), chance.randint(250, 420), chance.randint(110, 200)
    x, y = chance.randint(80, SIZE[0] - width - 200), chance.randint(depth + 60, SIZE[1] - height - 60)
    slant = chance.choice((-1, 1)) * chance.randint(70, 150)
    front = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    top = [(x, y), (x + width, y), (x + width + slant, y - depth), (x + slant, y - depth)]
    tone = chance.randint(-18, 18)
    brown = 176 + tone, 134 + tone, 88 + tone
    draw.polygon([(px + 26, py + 30) for px, py in front], fill=(40, 34, 30))
    draw.polygon(front, fill=brown)
    draw.polygon(top, fill=tuple(min(255, one + 25) for one in brown))
    for offset in range(6, height, 9):  # the waves of the cardboard
        draw.line((x, y + offset, x + width, y + offset), fill=tuple(one - 7 for one in brown))
    draw.line([*front, front[0]], fill=tuple(one - 60 for one in brown), width=3)
    draw.line([*top, top[0]], fill=tuple(one - 60 for one in brown), width=3)
    middle = x + width // 2
    tape = [
        (middle - 22, y),
        (middle + 22, y),
        (middle + 22 + slant, y - depth),
        (middle - 22 + slant, y - depth),
    ]
    draw.polygon(tape, fill=(222, 208, 170))
    draw.rectangle((middle - 22, y, middle + 22, y + height // 4), fill=(214, 198, 158))
    _label(draw, chance, (x + 24 + chance.randint(0, width - 330), y + height // 4 + 20))
    _dent(draw, chance, front[chance.choice((1, 2))])


def _label(draw: ImageDraw.ImageDraw, chance: random.Random, at: Point) -> None:
    """A shipping label with lines of words and a barcode."""
    x, y = at
    draw.rectangle((x, y, x + 280, y + 150), fill=(232, 232, 226), outline=(60, 60, 60), width=2)
    for row in range(5):
        words = " ".join(
            "".join(chance.choices("ABCDEFGHKLMNPRSTUVWXYZ0123456789", k=chance.randint(2, 7)))
            for _ in range(3)
        )
        draw.text((x + 12, y + 8 + 15 * row), words, fill=(25, 25, 25))
    bar = x + 14
    while bar < x + 262:
        thick = chance.choice((2, 2, 3, 5))
        draw.rectangle((bar, y + 92, bar + thick - 1, y + 140), fill=(15, 15, 15))
        bar += thick + chance.choice((2, 3, 4))


def _dent(draw: ImageDraw.ImageDraw, chance: random.Random, corner: Point) -> None:
    """A crushed corner with its creases."""
    x, y = corner
    hurt = [(x + chance.randint(-95, 12), y + chance.randint(-80, 80)) for _ in range(5)]
    hurt.sort()
    draw.polygon(hurt, fill=(92, 66, 44))
    for _ in range(9):
        ends = (
            x - chance.randint(20, 150),
            y + chance.randint(-110, 110),
            x - chance.randint(0, 40),
            y + chance.randint(-60, 60),
        )
        draw.line(ends, fill=(70, 50, 34), width=chance.choice((1, 2, 3)))


def _crumbs(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    """Scratches and crumbs, so that every part of the table has detail."""
    for _ in range(260):
        x, y = chance.randint(0, SIZE[0]), chance.randint(0, SIZE[1])
        shade = chance.randint(30, 80)
        draw.line(
            (x, y, x + chance.randint(-18, 18), y + chance.randint(-18, 18)), fill=(shade, shade, shade)
        )


def jpeg(image: Image.Image, *, orientation: int = 1) -> bytes:
    """Encode as a phone does, with EXIF: camera, place, orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Canary Camera"
    exif.get_ifd(0x8825)[1] = "N"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92, exif=exif)
    return buffer.getvalue()


def lying(number: int) -> bytes:
    """A photo taken with the phone upright: stored on its side, to be turned by its orientation (EXIF 6)."""
    return jpeg(scene(number).resize((SIZE[1], SIZE[0])).transpose(Image.Transpose.ROTATE_90), orientation=6)


def sharp(number: int) -> bytes:
    """A photo that nothing is wrong with."""
    return jpeg(scene(number))


def blurred(number: int) -> bytes:
    """A photo that nobody can use."""
    return jpeg(scene(number).filter(ImageFilter.GaussianBlur(9)))
