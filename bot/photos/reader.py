"""The reader: `python -m bot.photos.reader` answers what is printed on a picture; needs the extra `ocr`.

A process of its own: the models hold 600 MB while they are loaded, and a page takes seconds.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from bot.photos.covering import card_places, turned_back
from bot.photos.decode import read_colour
from bot.photos.worker import Answer, Blobs, work_at
from bot.ports import NotAPicture
from flows.values import Place

LONGEST = 1600  # pixels: print that is smaller than this shows nobody can read
SURE = 0.6  # of a line's words
FEW = 12  # letters and digits: so few are a picture that lies on its side, or no print
MOST_LINES, MOST_SIGNS = 120, 4000
THREADS = 1

Box = Any  # four corners, each x and y in pixels
Row = list[tuple[Box, str]]


class ReadingDesk:
    """Reads; the models are loaded with the first job."""

    def __init__(self) -> None:
        self._engine: Any = None

    def answer(self, header: dict[str, Any], blobs: Blobs) -> Answer:
        """Read one picture: its lines from top to bottom, and the places of card numbers."""
        if header["verb"] != "read":
            raise ValueError(header["verb"])
        try:
            lines, cards = self.lines(read_colour(blobs[0], longest=LONGEST))
        except NotAPicture as refusal:
            return {"refused": refusal.reason}, ()
        return {"lines": lines, "cards": cards}, ()

    def lines(self, picture: Image.Image) -> tuple[list[str], list[Place]]:
        """Read upright, and on its side where that gives next to nothing."""
        rows = self._read(picture)
        lines, cards = joined(rows), card_places(rows, picture.size)
        if _signs(lines) < FEW:
            turned = picture.transpose(Image.Transpose.ROTATE_90)
            rows = self._read(turned)
            if _signs(joined(rows)) > _signs(lines):
                lines = joined(rows)
                cards = [turned_back(place) for place in card_places(rows, turned.size)]
        return bounded(lines), cards

    def _read(self, picture: Image.Image) -> list[Row]:
        if self._engine is None:
            self._engine = _engine()
        result = self._engine(np.asarray(picture.convert("RGB"))[:, :, ::-1])
        if result.txts is None:
            return []
        words = zip(result.boxes, result.txts, result.scores, strict=True)
        return in_rows([(box, text) for box, text, score in words if score >= SURE])


def in_rows(words: Sequence[tuple[Box, str]]) -> list[Row]:
    """Put words together that stand beside each other, so that a sum stands with what it is the sum of."""
    placed = sorted(((_place(box), box, text) for box, text in words), key=lambda one: one[0])
    rows: list[list[tuple[float, Box, str]]] = []
    middle, height = float("-inf"), 0.0
    for (centre, left, tall), box, text in placed:
        if centre - middle > max(tall, height) / 2:
            rows.append([])
            middle, height = centre, tall
        rows[-1].append((left, box, text))
    return [[(box, text) for _, box, text in sorted(row, key=lambda one: one[0])] for row in rows]


def joined(rows: Sequence[Row]) -> list[str]:
    """Make a line of each row."""
    return ["  ".join(text for _, text in row) for row in rows]


def _place(box: Box) -> tuple[float, float, float]:
    """Centre from the top, left edge, height."""
    corners = np.asarray(box, float)
    return float(corners[:, 1].mean()), float(corners[:, 0].min()), float(np.ptp(corners[:, 1]))


def bounded(lines: Sequence[str]) -> list[str]:
    """Printable signs only, and no more than a receipt holds: what is printed is a stranger's."""
    kept, left = [], MOST_SIGNS
    for line in lines[:MOST_LINES]:
        clean = " ".join("".join(sign if sign.isprintable() else " " for sign in line).split())[
            : max(0, left)
        ]
        if clean:
            kept.append(clean)
            left -= len(clean) + 1
    return kept


def _signs(lines: Sequence[str]) -> int:
    return sum(sign.isalnum() for line in lines for sign in line)


def _engine() -> Any:
    """Load the models that come with the package: nothing is fetched."""
    from rapidocr import RapidOCR  # noqa: PLC0415 - an extra, and slow to load

    quiet = {
        "Global.log_level": "critical",
        "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
        "EngineConfig.onnxruntime.inter_op_num_threads": THREADS,
    }
    return RapidOCR(params=quiet)


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    work_at(ReadingDesk)
