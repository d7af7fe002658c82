"""Reads the barcode on an item, its bag or a parcel: the digits only, no verdict.

zxing-cpp finds stripes within about 15 degrees of level or upright, with three pixels or more to the narrowest;
so the picture is tried turned, and at two sizes.
"""

from collections.abc import Iterator

from PIL import Image

from bot.photos.decode import read_gray

LARGE, MIDDLE = 2400, 1200  # pixels a side: fine stripes, and broad ones under noise
TURNS = (0, 30, -30, 45)  # degrees; upright ones are found by zxing itself
LONGEST = 64
"""Characters that are told of a code; product codes have at most 14."""
WHITE = 255


def read_barcode(content: bytes) -> str:
    """Return the code that names the product best ("" when none can be read); raises NotAPicture."""
    import zxingcpp  # noqa: PLC0415 - few shots need it

    for picture in _tries(read_gray(content, longest=LARGE).luma):
        found = zxingcpp.read_barcodes(picture)
        codes = [(_rank(str(code.format)), _clean(code.text)) for code in found]
        if named := [text for _, text in sorted(codes, key=lambda code: code[0]) if text]:
            return named[0]
    return ""


def _tries(luma: Image.Image) -> Iterator[Image.Image]:
    ratio = MIDDLE / max(luma.size)
    small = luma if ratio >= 1 else luma.resize((round(luma.width * ratio), round(luma.height * ratio)))
    for turn in TURNS:
        for picture in (luma, small) if small is not luma else (luma,):
            yield (
                picture
                if not turn
                else picture.rotate(turn, Image.Resampling.BILINEAR, expand=True, fillcolor=WHITE)
            )


def _rank(format_name: str) -> int:
    """Product codes first, then others in stripes, then squares, which mostly hold addresses of web pages."""
    plain = "".join(sign for sign in format_name if sign.isalnum()).upper()
    if plain.startswith(("EAN13", "EAN8", "UPC", "ISBN")):
        return 0
    return 2 if plain.startswith(("QR", "MICROQR", "RMQR", "AZTEC", "MAXI")) else 1


def _clean(text: str) -> str:
    """One short line: what stands in a code is a stranger's."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST]
