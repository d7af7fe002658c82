"""Words in pictures: the shipped font, and lines broken to fit; knows nothing of photos."""

from functools import cache
from importlib.resources import files
from io import BytesIO

from PIL import ImageDraw, ImageFont

FONT = "fonts/DejaVuSansCondensed.ttf"
DRAWABLE = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x192, 0x192), (0x218, 0x21B), (0x37E, 0x3CE), (0x400, 0x45F), (0x490, 0x491),
    (0x1E9E, 0x1E9E), (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026), (0x2030, 0x2030),
    (0x2039, 0x203A), (0x20AC, 0x20AC), (0x2116, 0x2116), (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212),
    (0x2713, 0x2713), (0x2715, 0x2715),
)  # fmt: skip
"""What the shipped font can draw: it is cut down to the letters of the European languages."""


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return the shipped font at `size` pixels."""
    stream = BytesIO(files("bot.photos").joinpath(FONT).read_bytes())
    return ImageFont.truetype(stream, size, layout_engine=ImageFont.Layout.BASIC)


def drawable(text: str) -> str:
    """Drop what the font has no shape for (emoji, other scripts) and close the gaps."""
    kept = (letter if any(a <= ord(letter) <= b for a, b in DRAWABLE) else " " for letter in text)
    return " ".join("".join(kept).split())


def broken(text: str, *, size: int, width: int, lines: int) -> list[str]:
    """Break a text into at most `lines` even lines of `width` pixels; what does not fit ends in an ellipsis."""
    words = drawable(text).split()
    found = _filled(words, size, width, lines)
    for narrower in range(width, width // 2, -16):  # the narrowest that needs no more lines leaves no orphan
        tried = _filled(words, size, narrower, lines)
        if len(tried) != len(found) or any(line.endswith("…") for line in tried):
            break
        found = tried
    return [_cut(line, size, width) for line in found]


def _filled(words: list[str], size: int, width: int, lines: int) -> list[str]:
    words, found = list(words), list[str]()
    while words and len(found) < lines:
        line = words.pop(0)
        while words and _width(f"{line} {words[0]}", size) <= width:
            line = f"{line} {words.pop(0)}"
        found.append(line)
    if words:
        found[-1] += "…"
    return found


def _cut(line: str, size: int, width: int) -> str:
    while len(line) > 1 and _width(line, size) > width:
        line = line.rstrip("…")[:-1].rstrip() + "…"
    return line


def _width(text: str, size: int) -> float:
    return font(size).getlength(text)


def write_centred(
    draw: ImageDraw.ImageDraw, lines: list[str], *, centre: int, top: int, size: int, colour: str
) -> None:
    """Write lines below each other, centred on a column."""
    for index, line in enumerate(lines):
        draw.text((centre, top + index * round(size * 1.3)), line, font=font(size), fill=colour, anchor="ma")
