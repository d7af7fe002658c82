"""Makes PDF files of headings, words and pictures; knows nothing of cases. Works offline, and prints any script or says so."""

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Image as Picture

from bot.web.inbox.pieces import Heading, Piece, Shown, Words

FONT, FILE = "Clearshot", "fonts/DejaVuSansCondensed.ttf"
CHINESE, JAPANESE, KOREAN = "STSong-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"
EASTERN = (
    (0x1100, 0x11FF, KOREAN), (0x3040, 0x30FF, JAPANESE), (0x3130, 0x318F, KOREAN), (0x4E00, 0x9FFF, CHINESE),
    (0x3000, 0x303F, CHINESE), (0xAC00, 0xD7A3, KOREAN), (0xFF01, 0xFF60, CHINESE),
)  # fmt: skip
"""What the fonts draw that every reader brings along (PDF 32000-1, 9.7.5.2)."""
UNKNOWN = "?"
SIDE, QUALITY = 1600, 82
"""Pixels of a picture's longer side, and its JPEG quality: ten photos fit into a mail."""
WIDTH, HEIGHT = 174 * mm - 12, 104 * mm
"""Of a picture at most: two stand on a page. The library keeps 6 points free on either side."""
LONGEST, LONGEST_KEPT, LONGEST_FOOTER = 20_000, 400, 100
"""Characters of one passage, of one that is kept together with what follows, and below a page. What is kept together must
fit on a page: the library looks for one that it fits on for ever."""


def paper(pieces: Iterable[Piece], *, title: str, author: str, footer: str, locale: str) -> bytes:
    """Write the file; the same pieces give the same bytes."""
    made = io.BytesIO()
    document = SimpleDocTemplate(
        made, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=16 * mm, bottomMargin=20 * mm,
        title=_clean(title), author=_clean(author), lang=locale, invariant=1,
    )  # fmt: skip

    def foot(canvas: Any, _document: Any) -> None:
        below = Paragraph(marked(footer[:LONGEST_FOOTER], 8), _style(8))
        below.wrapOn(canvas, WIDTH - 20 * mm, 20 * mm)
        below.drawOn(canvas, 18 * mm + 6, 10 * mm)
        canvas.setFont(_font(), 8)
        canvas.drawRightString(192 * mm - 6, 11 * mm, str(canvas.getPageNumber()))

    document.build([flowable for piece in pieces for flowable in _laid(piece)], foot, foot)
    return made.getvalue()


def _laid(piece: Piece) -> list[Flowable]:
    match piece:
        case Heading(text=text, level=level):
            size = 18 if level == 1 else 13
            return [
                Paragraph(marked(text[:LONGEST_KEPT], size), _style(size, before=12, after=4, together=True))
            ]
        case Words():
            return [_passage(piece)]
        case Shown(content=content, words=words):
            below = [_passage(replace(one, text=one.text[:LONGEST_KEPT])) for one in words]
            picture = _picture(content)
            return [
                KeepTogether([picture, Spacer(1, 4), *below]) if picture else KeepTogether(below),
                Spacer(1, 14),
            ]


def _passage(words: Words) -> Paragraph:
    size = 8 if words.is_small else 10
    name = f'<font color="#5a6669">{marked(words.name, size)}</font> ' if words.name else ""
    return Paragraph(name + marked(words.text, size), _style(size, after=3))


def _style(size: int, *, before: int = 0, after: int = 0, together: bool = False) -> ParagraphStyle:
    return ParagraphStyle(
        f"s{size}", fontName=_font(), fontSize=size, leading=size * 1.35, spaceBefore=before, spaceAfter=after,
        keepWithNext=together, textColor=HexColor("#1b2224"), splitLongWords=0,
    )  # fmt: skip


def _picture(content: bytes) -> Picture | None:
    """Scale a picture to the page; None when it is none."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as given:
            given.draft("RGB", (SIDE, SIDE))
            given.thumbnail((SIDE, SIDE))
            small = io.BytesIO()
            given.convert("RGB").save(small, "JPEG", quality=QUALITY)
            width, height = given.size
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    share = min(WIDTH / width, HEIGHT / height)
    small.seek(0)
    return Picture(small, width=width * share, height=height * share, hAlign="LEFT")


# -- letters -------------------------------------------------------------------------------------------------


@cache
def _font() -> str:
    pdfmetrics.registerFont(TTFont(FONT, io.BytesIO(files("bot.photos").joinpath(FILE).read_bytes())))
    for name in (CHINESE, JAPANESE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return FONT


@cache
def _letters() -> frozenset[int]:
    return frozenset(pdfmetrics.getFont(_font()).face.charToGlyph)


def _font_of(sign: str) -> str:
    """Name the font that draws a sign, "" = none."""
    number = ord(sign)
    if number in _letters():
        return FONT
    return next((font for low, high, font in EASTERN if low <= number <= high), "")


def _clean(text: str) -> str:
    """Compose letters with their accents; take out what steers instead of being seen."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))[:LONGEST]
    return "".join(
        " " if sign in "\u2028\u2029\x0b\x0c\r" or unicodedata.category(sign) == "Zs" else sign
        for sign in composed
        if sign in "\n\u2028\u2029\x0b\x0c\r" or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Mn"}
    )


def _broken(text: str, size: int) -> str:
    """Part words that no line holds: the library would do it sign by sign, and not always come to an end."""
    most = int(WIDTH // size)

    def parted(found: re.Match[str]) -> str:
        word = found[0]
        width = sum(pdfmetrics.stringWidth(sign, _font_of(sign) or FONT, size) for sign in word)
        return word if width <= WIDTH else " ".join(word[at : at + most] for at in range(0, len(word), most))

    return re.sub(rf"\S{{{most},}}", parted, text)


def is_whole(texts: Sequence[str]) -> bool:
    """Tell whether every sign of these texts can be printed."""
    return all(_font_of(sign) for text in texts for sign in _clean(text) if sign != "\n")


def marked(text: str, size: int) -> str:
    """Write words in the markup of paragraphs: everything escaped, each script in a font that has it."""
    parts = []
    for font, run in groupby(
        _broken(_clean(text), size), key=lambda sign: FONT if sign == "\n" else _font_of(sign)
    ):
        signs = "".join(run)
        if not font:
            parts.append(UNKNOWN * len(signs))
        elif font == FONT:
            parts.append(escape(signs).replace("\n", "<br/>"))
        else:
            parts.append(f'<font name="{font}">{escape(signs)}</font>')
    return "".join(parts)
