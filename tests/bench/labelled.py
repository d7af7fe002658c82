"""The labelled photos, splits by group, and rates with their intervals; no model here."""

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.photos.curves import auc, rate

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One photo of the sample data."""

    path: Path
    label: str  # sharp | blurred | dark | bright
    real: bool
    group: str
    source: str
    tags: frozenset[str]
    large: bool

    @property
    def sharp(self) -> bool:
        """Whether it is labelled sharp."""
        return self.label == "sharp"


def sample_folder() -> Path:
    """Return the folder of the sample data; it may not be there."""
    named = os.environ.get("CLEARSHOT_TEST_DATA")
    return Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"


def labelled_photos(folder: Path | None = None) -> list[Labelled]:
    """Read both manifests."""
    folder = folder or sample_folder()
    found = []
    for name in ("photos", "photos-large"):
        with (folder / name / "manifest.csv").open(encoding="utf-8", newline="") as rows:
            found += [_photo(folder / name, row) for row in csv.DictReader(rows)]
    return found


def _photo(folder: Path, row: dict[str, str]) -> Labelled:
    return Labelled(
        path=folder / row["path"],
        label=row["label"],
        real=row["kind"] == "real",
        group=row["group"],
        source=row["source"],
        tags=frozenset(row["tags"].split(",")),
        large=folder.name == "photos-large",
    )


def folds(groups: Sequence[str], *, count: int = 10, seed: int = 0) -> NDArray[np.int_]:
    """Spread groups over folds of nearly even size; a group is never split."""
    names, index = np.unique(np.array(groups), return_inverse=True)
    sizes = np.bincount(index)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    loads, fold = np.zeros(count), np.zeros(len(names), np.int_)
    for group in order:
        fold[group] = int(loads.argmin())
        loads[fold[group]] += sizes[group]
    return fold[index]


SLICES: dict[str, Callable[[Labelled], bool]] = {
    "all": lambda _: True,
    "real": lambda photo: photo.real,
    "large": lambda photo: photo.large,
    "small": lambda photo: not photo.large,
    "low texture": lambda photo: "low_texture" in photo.tags,
    "in the hand": lambda photo: "subject_sharp_background_soft" in photo.tags,
    "receipts": lambda photo: "receipt" in photo.tags,
}


def report(photos: Sequence[Labelled], answers: Floats) -> str:
    """Table of AUC, blur caught and sharp rejected at threshold 0, by slice and by source."""
    slices = SLICES | {
        source: (lambda photo, source=source: photo.source == source)
        for source in sorted({p.source for p in photos})
    }
    return "\n".join(_line(name, photos, answers, pick) for name, pick in slices.items())


def _line(name: str, photos: Sequence[Labelled], answers: Floats, pick: Callable[[Labelled], bool]) -> str:
    chosen = np.array([pick(photo) for photo in photos])
    sharp = np.array([photo.sharp for photo in photos])[chosen]
    found = answers[chosen]
    area = f"{auc(sharp, found):.3f}" if sharp.any() and not sharp.all() else "  -  "
    caught = rate(int((found[~sharp] < 0).sum()), int((~sharp).sum()))
    rejected = rate(int((found[sharp] < 0).sum()), int(sharp.sum()))
    return f"{name:34.34} AUC {area}  caught {caught}  sharp rejected {rejected}"
