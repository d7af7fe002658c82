"""What three viewers said of the real photos, who saw them alone: how far the labels themselves can be reached.

They were multimodal language models, each by itself, with the photos in an order of its own on sheets of six (the large
ones of four); nobody told them labels, names, sources or verdicts, and nothing was measured. They answered whether a
seller would ask for a new photo: 0 = certainly blurred, 100 = certainly sharp. No model is trained on this.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.photos.curves import auc
from tests.bench.labelled import Labelled

FILE = Path(__file__).with_name("ratings.csv")
HALF = 50  # below: blurred
AS_LARGE_AS_IT_IS = 512  # pixels: larger photos were seen smaller, where slight blur is lost


def ratings() -> dict[str, tuple[int, ...]]:
    """Read what each viewer said, by the photo's name."""
    with FILE.open(encoding="ascii", newline="") as rows:
        return {name: tuple(map(int, said)) for name, *said in list(csv.reader(rows))[1:]}


def contested(photos: Sequence[Labelled]) -> dict[str, dict[str, Any]]:
    """Name the labels that all three contradict, of photos that they saw as large as they are."""
    said = ratings()
    return {
        photo.path.stem: {"label": photo.label, "ratings": list(said[photo.path.stem])}
        for photo in _seen(photos, said)
        if all((score >= HALF) != photo.sharp for score in said[photo.path.stem])
    }


def viewers(photos: Sequence[Labelled], answers: NDArray[np.float64]) -> dict[str, Any]:
    """Hold each viewer, their mean and our answers against the labels of the photos that they saw as large as they are."""
    said = ratings()
    seen = _seen(photos, said)
    ours = dict(zip((photo.path.stem for photo in photos), answers, strict=True))
    sharp = np.array([photo.sharp for photo in seen])
    scores = np.array([said[photo.path.stem] for photo in seen], np.float64)
    return {
        "photos": len(seen),
        "auc_each": [round(auc(sharp, of), 4) for of in scores.T],
        "auc_of_their_mean": round(auc(sharp, scores.mean(1)), 4),
        "auc_ours": round(auc(sharp, np.array([ours[photo.path.stem] for photo in seen])), 4),
    }


def _seen(photos: Sequence[Labelled], said: dict[str, tuple[int, ...]]) -> list[Labelled]:
    return [photo for photo in photos if photo.path.stem in said and _longest(photo) <= AS_LARGE_AS_IT_IS]


def _longest(photo: Labelled) -> int:
    with Image.open(photo.path) as picture:
        return max(picture.size)
