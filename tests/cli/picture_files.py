"""Pictures for tests, drawn here: sharp ones, blurred ones, each different; JPEG with metadata that must not leave."""

import io
import random

from PIL import Image, ImageDraw, ImageFilter

PLACE = b"Exif\x00\x00"


def photograph(serial: int, *, blurred: bool = False, width: int = 1280, height: int = 960) -> bytes:
    """Draw a scene with edges at every scale; `serial` makes another scene."""
    luck = random.Random(serial)
    picture = Image.new("RGB", (width, height), tuple(luck.randrange(120, 220) for _ in range(3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(220):
        x, y = luck.randrange(width), luck.randrange(height)
        side = luck.randrange(8, 180)
        colour = tuple(luck.randrange(20, 250) for _ in range(3))
        draw.rectangle(
            (x, y, x + side, y + luck.randrange(8, 140)), fill=colour, outline=(15, 15, 15), width=2
        )
        draw.text((x, y), f"No {luck.randrange(10**6)}", fill=(10, 10, 10))
    if blurred:
        picture = picture.filter(ImageFilter.GaussianBlur(12))
    exif = Image.Exif()
    exif[0x0112] = 1
    exif[0x010F] = "canary maker"
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=90, exif=exif)
    return made.getvalue()
