"""Photos for the tests, drawn and never shipped: a labelled box on a table, then spoilt in one way each."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bot.photos.lettering import font


def scene(*, seed: int = 1, size: tuple[int, int] = (1280, 960)) -> Image.Image:
    """Draw a box with a printed label and a bar code before a textured wall."""
    chance = np.random.default_rng(seed)
    width, height = size
    ground = chance.normal(150, 14, (height, width, 3)) + np.linspace(-30, 30, width)[None, :, None]
    picture = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    left, top = int(width * chance.uniform(0.1, 0.3)), int(height * chance.uniform(0.1, 0.25))
    right, bottom = left + width * 6 // 10, top + height * 6 // 10
    colour = tuple(int(value) for value in chance.integers(60, 200, 3))
    draw.rectangle((left, top, right, bottom), fill=colour, outline="black", width=3)
    for line in range(8):
        words = " ".join("".join(chance.choice(list("ABCDEFGHKLMNPRST0123456789"), 5)) for _ in range(6))
        draw.text((left + 30, top + 30 + line * height // 20), words, font=font(height // 32), fill="black")
    for bar in range(60):
        if chance.random() < 0.5:
            start = left + 30 + bar * 6
            draw.rectangle((start, bottom - height // 8, start + 4, bottom - height // 48), fill="black")
    return picture


def dark_thing(*, seed: int = 1, noise: float = 3.0) -> Image.Image:
    """Draw a black box with white print on a dark table, as a camera with some noise sees it."""
    chance = np.random.default_rng(seed)
    picture = Image.new("RGB", (1280, 960), (int(chance.integers(20, 60)),) * 3)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((256, 192, 1024, 768), fill=(int(chance.integers(10, 40)),) * 3)
    for line in range(int(chance.integers(1, 6))):
        words = " ".join("".join(chance.choice(list("ABCDEFGHKLMNPRST"), 6)) for _ in range(3))
        draw.text(
            (296, 232 + line * 100), words, font=font(960 // int(chance.integers(10, 30))), fill="white"
        )
    seen = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.7)), np.float32)
    noisy = seen + chance.normal(0, noise, seen.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def jpeg(picture: Image.Image, *, quality: int = 88, **more: object) -> bytes:
    """Encode as JPEG."""
    return encoded(picture, "JPEG", quality=quality, **more)


def encoded(picture: Image.Image, name: str, **more: object) -> bytes:
    """Encode in any format."""
    out = BytesIO()
    picture.save(out, name, **more)
    return out.getvalue()


def unfocused(picture: Image.Image, *, radius: float = 7.0) -> Image.Image:
    """Blur as a lens out of focus."""
    return picture.filter(ImageFilter.GaussianBlur(radius))


def shaken(picture: Image.Image, *, length: int = 31) -> Image.Image:
    """Blur along a line, as a hand that moves."""
    pixels = np.asarray(picture, np.float32)
    padded = np.pad(pixels, ((0, 0), (length // 2, length // 2), (0, 0)), mode="edge")
    total = sum(padded[:, shift : shift + pixels.shape[1]] for shift in range(length))
    return Image.fromarray(np.clip(np.asarray(total) / length, 0, 255).astype(np.uint8))


def scaled_light(picture: Image.Image, factor: float) -> Image.Image:
    """Darken (below 1)."""
    return picture.point([min(255, round(value * factor)) for value in range(256)] * 3)


def washed_out(picture: Image.Image) -> Image.Image:
    """Overexpose."""
    return picture.point([min(255, 140 + round(value * 0.8)) for value in range(256)] * 3)


def with_reflection(picture: Image.Image) -> Image.Image:
    """Put a burnt-out spot on the thing."""
    spot = Image.new("L", picture.size, 0)
    middle = (picture.width // 2, picture.height // 2)
    radius = picture.height // 6
    box = (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
    ImageDraw.Draw(spot).ellipse(box, fill=255)
    done = picture.copy()
    done.paste((255, 255, 255), mask=spot.filter(ImageFilter.GaussianBlur(8)))
    return done


def with_shadow(picture: Image.Image, *, left: float = 0.45, light: float = 0.25) -> Image.Image:
    """Cast a shadow with an aslant border over all that is right of `left` (share); `light` (linear) is left there."""
    width, height = picture.size
    shape = Image.new("L", picture.size, 0)
    corners = [(width * left, 0), (width, 0), (width, height), (width * (left + 0.2), height)]
    ImageDraw.Draw(shape).polygon(corners, fill=255)
    shade = picture.point(
        [round(255 * ((value / 255) ** 2.2 * light) ** (1 / 2.2)) for value in range(256)] * 3
    )
    done = picture.copy()
    done.paste(shade, mask=shape.filter(ImageFilter.GaussianBlur(width / 400)))
    return done


def jpeg_segments(content: bytes) -> list[str]:
    """Name the segments of a JPEG up to its end, and "trailing" when anything follows."""
    names, at = ["SOI"], 2
    while at < len(content):
        marker = content[at + 1]
        if marker == 0xD9:
            return [*names, *(["trailing"] if at + 2 < len(content) else [])]
        names.append(f"{marker:02X}")
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == 0xDA:
            while content[at] != 0xFF or content[at + 1] in {0, *range(0xD0, 0xD8)}:
                at += 1
    return [*names, "cut off"]


PLAIN_SEGMENTS = {"SOI", "E0", "DB", "C0", "C2", "C4", "DD", "DA"}
"""Start, JFIF header, tables, frame, restart interval, scans: what pixels need and nothing else."""
