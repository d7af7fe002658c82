"""Pictures to send: sharp scenes full of detail, no two alike, and blurred ones."""

import io
import random

from PIL import Image, ImageDraw, ImageFilter


def scene(number: int, *, size: tuple[int, int] = (1280, 960)) -> Image.Image:
    """Draw a parcel on a table: edges at every scale, other shapes and colours for each number."""
    chance = random.Random(number)
    image = Image.new("RGB", size, tuple(chance.randint(120, 190) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    width, height = size
    for _ in range(220):
        x, y = chance.randint(0, width), chance.randint(0, height)
        w, h = chance.randint(8, 220), chance.randint(8, 160)
        colour = tuple(chance.randint(20, 235) for _ in range(3))
        draw.rectangle((x, y, x + w, y + h), fill=colour, outline=(20, 20, 20))
    for _ in range(500):
        x, y = chance.randint(0, width), chance.randint(0, height)
        draw.line(
            (x, y, x + chance.randint(-40, 40), y + chance.randint(-40, 40)), fill=(15, 15, 15), width=1
        )
    return image


def jpeg(image: Image.Image, *, orientation: int = 1) -> bytes:
    """Encode as a phone does, with EXIF: camera, place, orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Canary Camera"
    exif.get_ifd(0x8825)[1] = "N"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92, exif=exif)
    return buffer.getvalue()


def sharp(number: int) -> bytes:
    """A photo that nothing is wrong with."""
    return jpeg(scene(number))


def blurred(number: int) -> bytes:
    """A photo that nobody can use."""
    return jpeg(scene(number).filter(ImageFilter.GaussianBlur(9)))
