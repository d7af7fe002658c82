"""Train the sharpness model on the labelled photos and say what cross-validation thinks of it.

`python -m tests.bench.train_sharpness [--cache FILE] [--write]`: takes a while; nothing here runs in the product.
Groups (one scene, one product) never stand on both sides of a split, and what is made of a photo goes with it.
"""

import argparse
import json
from dataclasses import dataclass, fields
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.photos import sharpness
from bot.photos.curves import auc, curve, rate, suggested
from bot.photos.decode import read_detail, read_gray
from tests.bench.blurring import variants
from tests.bench.labelled import SLICES, Labelled, folds, labelled_photos, report
from tests.bench.train_spread import MadeTiles, fit_spread, gather_made

Floats = NDArray[np.float64]
Stored = dict[str, Any]
Weights = tuple[Floats, Floats, Floats, Floats, Floats]

HIDDEN = 12
NETS = 5
ROUNDS = 120  # sweeps over half of the photos
MADE_WEIGHT = 0.3  # a made photo counts this much of a real one
DECAY = 1e-2
DROPPED = 0.2  # share of the numbers left out of each step

_KEPT = (("all", SLICES["all"]), ("real", SLICES["real"]), ("large", SLICES["large"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Numbers of all photos, given and made: one row each; and tiles: of given photos, and of known blur."""

    names: tuple[str, ...]
    numbers: Floats
    sharp: NDArray[np.bool_]
    photo: NDArray[np.int_]  # index of the given photo that it is or comes from
    given: NDArray[np.bool_]
    traits: NDArray[np.float32]  # tile, trait: of the given photos, one after the other
    tile_of: NDArray[np.int_]  # tile: index of its photo
    crispness: Floats  # of the given photos
    made: MadeTiles

    def seen(self, row: int) -> sharpness.Seen:
        """Return what was measured of a given photo."""
        numbers = dict(zip(self.names, map(float, self.numbers[row]), strict=True))
        photo = self.photo[row]
        return sharpness.Seen(
            numbers=numbers,
            traits=self.traits[self.tile_of == photo],
            crispness=float(self.crispness[photo]),
            grid=0.0,
        )


def gather(photos: list[Labelled]) -> Sample:
    """Measure every photo and what is made of it."""
    with Pool() as pool:
        rows = [row for of in pool.imap(_rows, enumerate(photos), chunksize=8) for row in of]
    names = tuple(rows[0][0].numbers)
    given = [row for row in rows if row[3]]
    return Sample(
        names=names,
        numbers=np.array([[row[0].numbers[name] for name in names] for row in rows]),
        sharp=np.array([row[1] for row in rows]),
        photo=np.array([row[2] for row in rows]),
        given=np.array([row[3] for row in rows]),
        traits=np.concatenate([row[0].traits for row in given]),
        tile_of=np.repeat([row[2] for row in given], [len(row[0].traits) for row in given]),
        crispness=np.array([row[0].crispness for row in given]),
        made=gather_made(photos),
    )


def _rows(numbered: tuple[int, Labelled]) -> list[tuple[sharpness.Seen, bool, int, bool]]:
    """Measure one photo and what is made of it: (measured, sharp, index of the photo, given)."""
    index, photo = numbered
    content = photo.path.read_bytes()
    rows = [(_seen(content), photo.sharp, index, True)]
    if photo.real:
        chance = np.random.default_rng(index)
        wide = np.asarray(read_gray(content, longest=1600).luma, np.float32)
        rows += [(_seen(c), s, index, False) for c, s in variants(wide, sharp=photo.sharp, chance=chance)]
    return rows


def _seen(content: bytes) -> sharpness.Seen:
    detail = read_detail(content).luma
    return sharpness.features(detail, sharpness.middle_of(detail))


def train(rows: Floats, sharp: NDArray[np.bool_], weight: Floats, *, seed: int) -> Weights:
    """Fit one net to standardised rows by Adam on the log loss with softened labels (Kingma and Ba, ICLR 2015)."""
    chance = np.random.default_rng(seed)
    width = rows.shape[1]
    net = [
        chance.normal(0, width**-0.5, (width, HIDDEN)),
        np.zeros(HIDDEN),
        chance.normal(0, HIDDEN**-0.5, HIDDEN),
        np.zeros(1),
        np.zeros(width),
    ]
    means, squares, step = [np.zeros_like(w) for w in net], [np.zeros_like(w) for w in net], 0
    odds = weight / weight.sum()
    for turn in range(ROUNDS):
        rate = 2e-3 * (1 + np.cos(np.pi * turn / ROUNDS))
        picked = chance.choice(len(rows), size=len(rows) // 2, p=odds)
        for start in range(0, len(picked), 64):
            batch = picked[start : start + 64]
            kept = (chance.random(width) > DROPPED) / (1 - DROPPED)
            seen = (rows[batch] + chance.normal(0, 0.1, (len(batch), width))) * kept
            step += 1
            slopes = _slopes(net, seen, sharp[batch] * 0.96 + 0.02)
            for index, slope in enumerate(slopes):
                means[index] = 0.9 * means[index] + 0.1 * slope
                squares[index] = 0.999 * squares[index] + 0.001 * slope**2
                scale = np.sqrt(squares[index] / (1 - 0.999**step)) + 1e-8
                net[index] -= rate * means[index] / (1 - 0.9**step) / scale
    return net[0], net[1], net[2], net[3], net[4]


def _slopes(net: list[Floats], seen: Floats, wanted: NDArray[Any]) -> tuple[Floats, ...]:
    into, bias, out, shift, past = net
    hidden = np.tanh(seen @ into + bias)
    answer = hidden @ out + shift + seen @ past
    miss = (1 / (1 + np.exp(-np.clip(answer, -30, 30))) - wanted) / len(seen)
    back = np.outer(miss, out) * (1 - hidden**2)
    return (
        seen.T @ back + DECAY * into,
        back.sum(0),
        hidden.T @ miss + DECAY * out,
        np.array([miss.sum()]),
        seen.T @ miss + DECAY * past,
    )


def fit(sample: Sample, use: NDArray[np.bool_], *, nets: int) -> Stored:
    """Fit the nets on the rows in use, and the spread on what was made of their photos; threshold 0."""
    weight = np.where(sample.given, 1.0, MADE_WEIGHT)[use]
    rows = sample.numbers[use]
    mean, spread = np.average(rows, axis=0, weights=weight), rows.std(0) + 1e-6
    rows = np.clip((rows - mean) / spread, -sharpness.REACH, sharpness.REACH)
    found = [train(rows, sample.sharp[use], weight, seed=seed) for seed in range(nets)]
    return {
        "names": list(sample.names),
        "threshold": 0.0,
        "mean": _short(mean),
        "spread": _short(spread),
        "nets": [
            {"into": _short(a), "bias": _short(b), "out": _short(c), "shift": float(d[0]), "past": _short(e)}
            for a, b, c, d, e in found
        ],
        "spread_of_light": fit_spread(sample.made, np.isin(sample.made.photo, sample.photo[use])),
    }


def _short(values: Floats) -> object:
    return np.vectorize(lambda value: float(f"{value:.4g}"))(values).tolist()


def cross_validate(
    sample: Sample, photos: list[Labelled], *, by: str, seeds: int = 1, nets: int = 3
) -> Floats:
    """Answer for every given photo by models that saw nothing of its group (or source)."""
    answers = np.zeros(len(photos))
    for seed in range(seeds):
        fold = folds([getattr(photo, by) for photo in photos], seed=seed)[sample.photo]
        for held in range(int(fold.max()) + 1):
            model = sharpness.model_of(fit(sample, fold != held, nets=nets))
            for row in np.flatnonzero((fold == held) & sample.given):
                answers[sample.photo[row]] += sharpness.answer_of(model, sample.seen(int(row))) / seeds
    return answers


def main() -> None:
    """Train, report, and write the model where it is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", type=Path, help="keep the measured numbers here")
    parser.add_argument("--write", action="store_true", help="write bot/photos/sharpness.json")
    wanted = parser.parse_args()
    photos = [photo for photo in labelled_photos() if photo.label in {"sharp", "blurred"}]
    sample = _cached(wanted.cache, photos)
    answers = cross_validate(sample, photos, by="group")
    sharp = np.array([photo.sharp for photo in photos])
    threshold = suggested(curve(sharp, answers)).threshold
    print(f"threshold {threshold:.3f}")
    print(report(photos, answers - threshold))
    by_source = cross_validate(sample, photos, by="source")
    print(f"one source left out: AUC {auc(sharp, by_source):.3f}")
    if wanted.write:
        stored = fit(sample, np.ones(len(sample.sharp), np.bool_), nets=NETS) | {
            "threshold": round(threshold, 3),
            "validated": validated(photos, answers - threshold),
        }
        target = Path(sharpness.__file__).with_name("sharpness.json")
        target.write_text(json.dumps(stored, separators=(",", ":")) + "\n", "ascii")


def validated(photos: list[Labelled], answers: Floats) -> dict[str, str]:
    """Sum up the cross-validation, to be kept with the model."""
    return {
        name: _summary([p for p in photos if pick(p)], answers[[pick(p) for p in photos]])
        for name, pick in _KEPT
    }


def _summary(photos: list[Labelled], answers: Floats) -> str:
    sharp = np.array([photo.sharp for photo in photos])
    caught = rate(int((answers[~sharp] < 0).sum()), int((~sharp).sum()))
    rejected = rate(int((answers[sharp] < 0).sum()), int(sharp.sum()))
    return f"AUC {auc(sharp, answers):.3f}, blur caught {caught}, sharp rejected {rejected}"


def _cached(cache: Path | None, photos: list[Labelled]) -> Sample:
    if cache is not None and cache.is_file():
        kept = dict(np.load(cache))
        made = MadeTiles(**{of.name: kept.pop(f"made {of.name}") for of in fields(MadeTiles)})
        return Sample(**(kept | {"names": tuple(map(str, kept["names"])), "made": made}))
    sample = gather(photos)
    if cache is not None:
        columns = {of.name: getattr(sample, of.name) for of in fields(Sample) if of.name != "made"}
        columns |= {f"made {of.name}": getattr(sample.made, of.name) for of in fields(MadeTiles)}
        np.savez(cache, **columns)
    return sample


if __name__ == "__main__":
    main()
