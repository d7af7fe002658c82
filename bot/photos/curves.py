"""How well answers part two kinds of photos: curve, area, rates with intervals, a threshold; and the curve drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bot.photos.lettering import font

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WRONGLY_REJECTED = 0.04  # of sharp photos, at most: where a threshold is put
SIDE, BORDER = 640, 72  # pixels of the drawn square, and around it
GROUND, INK, QUIET, GRID = "#ffffff", "#1c2326", "#5c676d", "#e3e8ea"
COLOURS = ("#0b7f74", "#b26a00", "#8c4a9e", "#5c676d")
FINE = 2
Z = 1.96  # standard deviations that 95 % lie within


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a threshold does: shares of blurred photos caught and of sharp ones wrongly rejected."""

    threshold: float
    caught: float
    rejected: float


def auc(sharp: Bools, answers: Floats) -> float:
    """Chance that a sharp photo scores above a blurred one, ties counting half (Mann and Whitney, 1947)."""
    above = answers[sharp][:, None] - answers[~sharp][None, :]
    return float((np.sign(above) / 2 + 0.5).mean())


def interval(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson, J. Am. Stat. Assoc. 22, 1927)."""
    share = hits / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    reach = Z * np.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of)) / (1 + Z * Z / of)
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))


def rate(hits: int, of: int) -> str:
    """Write k/n with its share and 95 % interval."""
    if not of:
        return "0/0"
    low, high = interval(hits, of)
    return f"{hits}/{of} = {hits / of:.1%} ({low:.1%} to {high:.1%})"


def curve(sharp: Bools, answers: Floats) -> list[Point]:
    """Every threshold that makes a difference, from the one that rejects nothing to the one that rejects all."""
    levels = np.unique(answers)
    places = np.concatenate([[levels[0]], (levels[1:] + levels[:-1]) / 2, [np.nextafter(levels[-1], np.inf)]])
    return [at_threshold(sharp, answers, float(place)) for place in places]


def at_threshold(sharp: Bools, answers: Floats, threshold: float) -> Point:
    """What rejecting all below a threshold does."""
    below = answers < threshold
    return Point(
        threshold=threshold,
        caught=float(below[~sharp].mean()) if (~sharp).any() else 0.0,
        rejected=float(below[sharp].mean()) if sharp.any() else 0.0,
    )


def suggested(points: Sequence[Point], *, most_rejected: float = WRONGLY_REJECTED) -> Point:
    """Return the threshold that catches most blur while rejecting no more sharp photos than this share."""
    kept = [point for point in points if point.rejected <= most_rejected]
    return max(kept, key=lambda point: (point.caught, -point.threshold))


def drawn(curves: Mapping[str, Sequence[Point]], *, chosen: Point | None = None) -> Image.Image:
    """Draw curves by name: blur caught over sharp photos rejected, the chosen threshold as a dot."""
    whole = (SIDE + 2 * BORDER) * FINE
    canvas = Image.new("RGB", (whole, whole), GROUND)
    draw = ImageDraw.Draw(canvas)
    _axes(draw)
    for index, (name, points) in enumerate(curves.items()):
        colour = COLOURS[index % len(COLOURS)]
        draw.line([_place(point) for point in points], fill=colour, width=4 * FINE, joint="curve")
        top = BORDER + SIDE - 40 * (len(curves) - index)
        _write(draw, (BORDER + SIDE - 12, top), name, colour, anchor="ra", size=24)
    if chosen is not None:
        x, y = _place(chosen)
        draw.ellipse((x - 9 * FINE, y - 9 * FINE, x + 9 * FINE, y + 9 * FINE), fill=COLOURS[0])
        said = f"{chosen.caught:.0%} caught, {chosen.rejected:.1%} rejected"
        words = (x // FINE + 18, min(y // FINE + 56, BORDER + SIDE // 2))
        draw.line([(x, y), (words[0] * FINE - 6, words[1] * FINE)], fill=INK, width=FINE)
        around = draw.textbbox((words[0] * FINE, words[1] * FINE), said, font=font(22 * FINE), anchor="lm")
        draw.rectangle((around[0] - 8, around[1] - 8, around[2] + 8, around[3] + 8), fill=GROUND)
        _write(draw, words, said, INK, anchor="lm", size=22)
    return canvas.resize((whole // FINE, whole // FINE), Image.Resampling.BOX)


def _axes(draw: ImageDraw.ImageDraw) -> None:
    for step in range(11):
        at = BORDER + SIDE * step // 10
        colour = INK if step in {0, 10} else GRID
        draw.line([(at * FINE, BORDER * FINE), (at * FINE, (BORDER + SIDE) * FINE)], fill=colour, width=FINE)
        draw.line([(BORDER * FINE, at * FINE), ((BORDER + SIDE) * FINE, at * FINE)], fill=colour, width=FINE)
        if step % 2 == 0:
            _write(draw, (at, BORDER + SIDE + 8), f"{step / 10:.0%}", QUIET, anchor="ma", size=18)
            _write(
                draw,
                (BORDER - 8, BORDER + SIDE - SIDE * step // 10),
                f"{step / 10:.0%}",
                QUIET,
                anchor="rm",
                size=18,
            )
    _write(draw, (BORDER + SIDE // 2, BORDER + SIDE + 36), "sharp photos rejected", INK, anchor="ma", size=22)
    _write(draw, (BORDER, BORDER - 16), "blurred photos caught", INK, anchor="ls", size=22)


def _write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, colour: str, *, anchor: str, size: int
) -> None:
    draw.text((place[0] * FINE, place[1] * FINE), text, fill=colour, font=font(size * FINE), anchor=anchor)


def _place(point: Point) -> tuple[int, int]:
    return (
        round((BORDER + SIDE * point.rejected) * FINE),
        round((BORDER + SIDE * (1 - point.caught)) * FINE),
    )
