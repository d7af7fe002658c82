"""`clearshot photos tune`: how the judge does on an operator's own labelled photos, and which threshold suits them."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.photos.command import legible
from bot.photos.curves import Bools, Floats, Point, at_threshold, auc, curve, drawn, rate, suggested
from bot.photos.metrics import measure
from bot.photos.sharpness import CANNOT_TELL
from bot.ports import NotAPicture

KINDS = ("sharp", "blurred")
FEWEST = 5  # photos of each kind: fewer say nothing about a threshold


class NotLabelled(Exception):
    """The folder holds no labelled photos; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One photo of the operator's, as labelled and as measured."""

    path: Path
    sharp: bool
    sharpness: float


def labelled(folder: Path) -> list[tuple[Path, bool]]:
    """List (file, sharp?) from `manifest.csv` (columns path, label) or the folders `sharp` and `blurred`; raises NotLabelled."""
    manifest = folder / "manifest.csv"
    if manifest.is_file():
        found = list(_of_manifest(manifest))
    else:
        found = [
            (file, kind == "sharp")
            for kind in KINDS
            for file in sorted((folder / kind).glob("*"))
            if file.is_file() and not file.name.startswith(".")
        ]
    require_enough(folder, [sharp for _, sharp in found])
    return found


def require_enough(folder: Path, sharp: Sequence[bool]) -> None:
    """Refuse with NotLabelled where there are too few photos of a kind."""
    for kind in KINDS:
        count = sum(one == (kind == "sharp") for one in sharp)
        if count < FEWEST:
            raise NotLabelled(
                f"{folder}: {count} photos labelled {kind}, at least {FEWEST} are needed; put photos into the folders "
                f"'sharp' and 'blurred', or name them in manifest.csv (path,label)"
            )


def _of_manifest(manifest: Path) -> Iterator[tuple[Path, bool]]:
    with manifest.open(encoding="utf-8-sig", newline="") as rows:
        reader = csv.DictReader(rows)
        if not {"path", "label"} <= set(reader.fieldnames or ()):
            raise NotLabelled(f"{manifest}: the first line must name the columns path and label")
        for row in reader:
            if row["label"] in KINDS and row["path"]:
                yield manifest.parent / row["path"], row["label"] == "sharp"


def scored(photos: Iterable[tuple[Path, bool]]) -> Iterator[Scored | Path]:
    """Measure one after the other; a file that is no acceptable picture comes back as its path."""
    for path, sharp in photos:
        try:
            yield Scored(path=path, sharp=sharp, sharpness=measure(path.read_bytes()).sharpness)
        except (NotAPicture, OSError):
            yield path


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What the operator's photos say of thresholds."""

    photos: tuple[Scored, ...]

    @property
    def sharp(self) -> Bools:
        """Which are labelled sharp."""
        return np.array([photo.sharp for photo in self.photos])

    @property
    def answers(self) -> Floats:
        """Their sharpness, 0..1."""
        return np.array([photo.sharpness for photo in self.photos])

    @property
    def points(self) -> list[Point]:
        """The whole curve."""
        return curve(self.sharp, self.answers)

    @property
    def best(self) -> Point:
        """The suggested threshold."""
        return suggested(self.points)

    def lines(self) -> Iterator[str]:
        """Say it to people."""
        sharp, answers = self.sharp, self.answers
        yield f"{len(sharp)} photos: {int(sharp.sum())} sharp, {int((~sharp).sum())} blurred; AUC {auc(sharp, answers):.3f}"
        yield ""
        yield "threshold  blurred caught                        sharp rejected"
        for threshold in sorted({0.1, 0.2, 0.3, 0.4, CANNOT_TELL, 0.6, 0.7, 0.8, 0.9, self._rounded()}):
            yield self._line(threshold)
        yield ""
        best = at_threshold(sharp, answers, self._rounded())
        yield f"suggested: quality: {{blur: {{below: {self._rounded():.2f}, do: retake}}}}"
        yield f"           catches {best.caught:.0%} of the blurred photos and rejects {best.rejected:.1%} of the sharp ones"
        yield from self._wrong(self._rounded())

    def plot(self) -> bytes:
        """Draw the curve as PNG."""
        from io import BytesIO  # noqa: PLC0415

        out = BytesIO()
        drawn({"your photos": self.points}, chosen=self.best).save(out, "PNG")
        return out.getvalue()

    def _rounded(self) -> float:
        """The suggested threshold as people write it, never rejecting more than the exact one."""
        return float(np.floor(self.best.threshold * 100) / 100)

    def _line(self, threshold: float) -> str:
        below = self.answers < threshold
        caught = rate(int(below[~self.sharp].sum()), int((~self.sharp).sum()))
        rejected = rate(int(below[self.sharp].sum()), int(self.sharp.sum()))
        mark = "->" if threshold == self._rounded() else "  "
        return f"{mark} {threshold:4.2f}    {caught:36}  {rejected}"

    def _wrong(self, threshold: float) -> Iterator[str]:
        wrong = [photo for photo in self.photos if photo.sharp == (photo.sharpness < threshold)]
        if wrong:
            yield ""
            yield "judged otherwise than labelled:"
        for photo in sorted(wrong, key=lambda one: (one.sharp, one.sharpness)):
            yield f"  {'sharp  ' if photo.sharp else 'blurred'}  {photo.sharpness:.2f}  {legible(photo.path)}"
