"""Card numbers on a photo: where they stand among the words that were read, and that they are painted over."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from bot.printed import card_spans
from flows.values import Place

MARGIN = 0.25  # of the height of the print, on every side: boxes that are read are tight
PAINT = (30, 30, 30)


def card_places(rows: Sequence[Sequence[tuple[Any, str]]], size: tuple[int, int]) -> list[Place]:
    """Find card numbers in rows of (box of four corners in pixels, words); one number may stand in several boxes."""
    found: list[Place] = []
    for row in rows:
        alone = any(card_spans(text) for _, text in row)  # then what stands beside it may be digits too
        for line in [[one] for one in row] if alone else [row]:
            found += _in_line(line, size)
    return found


def _in_line(line: Sequence[tuple[Any, str]], size: tuple[int, int]) -> list[Place]:
    found: list[Place] = []
    for start, end in card_spans(" ".join(text for _, text in line)):
        at = 0
        for box, text in line:
            first, last = max(start - at, 0), min(end - at, len(text))
            if first < last:
                found.append(_part(box, first / len(text), last / len(text), size))
            at += len(text) + 1
    return found


def _part(box: Any, first: float, last: float, size: tuple[int, int]) -> Place:
    """Take the part of a box in which these shares of its words stand: print is about evenly wide.

    Print that runs up or down is taken whole: which way it runs, the box does not say.
    """
    corners = np.asarray(box, float)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    if bottom - top > right - left:
        first, last = 0.0, 1.0
    width, margin = right - left, min(bottom - top, right - left) * MARGIN
    around = np.array(
        [left + width * first - margin, top - margin, left + width * last + margin, bottom + margin]
    )
    shares = around / np.array([*size, *size])
    a, b, c, d = (float(round(share, 4)) for share in np.clip(shares, 0.0, 1.0))
    return a, b, c, d


def turned_back(place: Place) -> Place:
    """Take a place on a picture that was turned by a quarter against the clock back to the picture itself."""
    left, top, right, bottom = place
    return 1 - bottom, left, 1 - top, right


def cover(picture: Image.Image, places: Sequence[Place]) -> Image.Image:
    """Paint over places of a picture."""
    pen = ImageDraw.Draw(picture)
    for left, top, right, bottom in places:
        box = (left * picture.width, top * picture.height, right * picture.width, bottom * picture.height)
        pen.rectangle(box, fill=PAINT if picture.mode == "RGB" else PAINT[0])
    return picture
