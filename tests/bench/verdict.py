"""The verdict: how right it is on labelled photos, cross-validated and beside its peers, how fast, how much it weighs.

No photo's answer comes from a model that has seen its group. Times are medians of pairs measured in one run, one thread.
With CLEARSHOT_PICTURES=FOLDER the curves are drawn there.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.photos.curves import auc, curve, drawn, interval, suggested
from tests.bench import peers, verdict_load, verdict_times
from tests.bench.labelled import SLICES, Labelled, labelled_photos, sample_folder
from tests.bench.ratings import contested, viewers
from tests.bench.train_sharpness import cross_validate, gather

Floats = NDArray[np.float64]

LIMITS: dict[str, tuple[str, float]] = {
    "auc": ("at least", 0.985),
    "auc_real": ("at least", 0.98),
    "blur_caught": ("at least", 0.92),
    "sharp_rejected": ("at most", 0.04),
    "low_texture_rejected": ("at most", 0.06),
    "in_hand_rejected": ("at most", 0.10),
}


def run(*, small: bool = False) -> dict[str, Any]:
    """Measure everything; rates only where the sample data is, and not in the small form.

    Taps come first: a process that has trained models before is slow to tell how long others take.
    """
    found = asyncio.run(verdict_load.run()) | verdict_times.run()
    has_photos = (sample_folder() / "photos" / "manifest.csv").is_file()
    return rightness() | found if has_photos and not small else found


def rightness() -> dict[str, Any]:
    """Cross-validate over groups and over sources; compare with the peers on the same files."""
    photos = [photo for photo in labelled_photos() if photo.label in {"sharp", "blurred"}]
    sharp, sample = np.array([photo.sharp for photo in photos]), gather(photos)
    answers = cross_validate(sample, photos, by="group")
    threshold = suggested(curve(sharp, answers)).threshold
    by_source = cross_validate(sample, photos, by="source")
    found = figures(photos, answers - threshold)
    found["slices"] = {
        name: slice_of(photos, answers - threshold, pick) for name, pick in every_slice(photos).items()
    }
    found["one_source_left_out"] = {
        "auc": round(auc(sharp, by_source), 4),
        "auc_large": round(_auc_of(photos, by_source, SLICES["large"]), 4),
    }
    doubted = contested(photos)
    fair = np.array([photo.path.stem not in doubted for photo in photos])
    left = [photo for photo, kept in zip(photos, fair, strict=True) if kept]
    found["without_contested_labels"] = figures(left, (answers - threshold)[fair])
    found["contested_labels"] = doubted
    found["viewers"] = viewers(photos, answers)
    found["missed"] = named(photos, (answers < threshold) | sharp)
    found["wrongly_rejected"] = named(photos, (answers >= threshold) | ~sharp)
    compared = peers.run(photos)
    found["peers"] = {name: peer for name, peer in compared.items() if name != "answers"}
    _draw(sharp, {"Clearshot": answers, **compared.get("answers", {})})
    return found


def figures(photos: list[Labelled], answers: Floats) -> dict[str, Any]:
    """The promised figures, each with its limit; blurred is what answers below 0."""
    shares = {
        "auc": _auc_of(photos, answers, SLICES["all"]),
        "auc_real": _auc_of(photos, answers, SLICES["real"]),
    }
    counts = {
        "blur_caught": _below(photos, answers, lambda photo: not photo.sharp),
        "sharp_rejected": _below(photos, answers, lambda photo: photo.sharp),
        "low_texture_rejected": _below(
            photos, answers, lambda photo: photo.sharp and SLICES["low texture"](photo)
        ),
        "in_hand_rejected": _below(
            photos, answers, lambda photo: photo.sharp and SLICES["in the hand"](photo)
        ),
    }
    return {name: _figure(name, value, {}) for name, value in shares.items()} | {
        name: _figure(name, hits / of, rate_of(hits, of)) for name, (hits, of) in counts.items()
    }


def _figure(name: str, value: float, more: dict[str, Any]) -> dict[str, Any]:
    kind, limit = LIMITS[name]
    ok = value >= limit if kind == "at least" else value <= limit
    return {"value": round(value, 4), "limit": limit, "ok": ok, **more}


def rate_of(hits: int, of: int) -> dict[str, Any]:
    """Return k and n with the 95 % interval of their share."""
    low, high = interval(hits, of)
    return {"k": hits, "n": of, "low": round(low, 4), "high": round(high, 4)}


def every_slice(photos: list[Labelled]) -> dict[str, Callable[[Labelled], bool]]:
    """The slices by tag, then one for each source."""
    sources = sorted({photo.source for photo in photos})
    return SLICES | {name: (lambda photo, name=name: photo.source == name) for name in sources}


def slice_of(photos: list[Labelled], answers: Floats, pick: Callable[[Labelled], bool]) -> dict[str, Any]:
    """AUC and rates of some photos."""
    blurred = _below(photos, answers, lambda photo: pick(photo) and not photo.sharp)
    sharp = _below(photos, answers, lambda photo: pick(photo) and photo.sharp)
    found: dict[str, Any] = {}
    if blurred[1] and sharp[1]:
        found["auc"] = round(_auc_of(photos, answers, pick), 4)
    if blurred[1]:
        found["blur_caught"] = rate_of(*blurred)
    if sharp[1]:
        found["sharp_rejected"] = rate_of(*sharp)
    return found


def _below(photos: list[Labelled], answers: Floats, pick: Callable[[Labelled], bool]) -> tuple[int, int]:
    chosen = np.array([pick(photo) for photo in photos])
    return int((answers[chosen] < 0).sum()), int(chosen.sum())


def _auc_of(photos: list[Labelled], answers: Floats, pick: Callable[[Labelled], bool]) -> float:
    chosen = np.array([pick(photo) for photo in photos])
    return auc(np.array([photo.sharp for photo in photos])[chosen], answers[chosen])


def named(photos: list[Labelled], right: NDArray[np.bool_]) -> list[str]:
    """Name the photos that were judged wrong."""
    return [photo.path.stem for photo, fine in zip(photos, right, strict=True) if not fine]


def _draw(sharp: NDArray[np.bool_], answers: dict[str, Floats]) -> None:
    folder = os.environ.get("CLEARSHOT_PICTURES")
    if folder:
        curves = {f"{name}, AUC {auc(sharp, of):.3f}": curve(sharp, of) for name, of in answers.items()}
        chosen = suggested(next(iter(curves.values())))
        drawn(curves, chosen=chosen).save(Path(folder) / "sharpness-curve.png", optimize=True)
