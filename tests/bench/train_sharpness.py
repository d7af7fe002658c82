"""Train the sharpness model on the labelled photos and say what cross-validation thinks of it.

`python -m tests.bench.train_sharpness [--write]`: takes a while; nothing here runs in the product.
Groups (one scene, one product) never stand on both sides of a split, and what is made of a photo goes with it.
"""

import argparse
import json
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
ROUNDS = 60  # sweeps over half of the rows
MADE_WEIGHT = 0.7  # a made photo counts this much of a given one; with less, shake along one line seems sharp
PART_WEIGHT = 0.2  # so does a part of it
DECAY = 1e-2
DROPPED = 0.2  # share of the numbers left out of each step

_KEPT = (("all", SLICES["all"]), ("real", SLICES["real"]), ("large", SLICES["large"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Numbers of all photos, of parts of them and of what is made of them: one row each; and what the product looks at."""

    names: tuple[str, ...]
    numbers: Floats
    sharp: NDArray[np.bool_]
    photo: NDArray[np.int_]  # index of the given photo that it is or comes from
    weight: Floats
    looks: tuple[tuple[sharpness.Seen, ...], ...]  # of the given photos: what is measured of their views
    made: MadeTiles  # of known blur


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    rows: list[tuple[sharpness.Seen, bool, float]]  # measured, sharp, weight
    look: tuple[sharpness.Seen, ...]


def gather(photos: list[Labelled]) -> Sample:
    """Measure every photo, its parts and what is made of it."""
    with Pool() as pool:
        found = list(pool.imap(_measured, enumerate(photos), chunksize=8))
    rows = [row for of in found for row in of.rows]
    names = tuple(rows[0][0].numbers)
    return Sample(
        names=names,
        numbers=np.array([[seen.numbers[name] for name in names] for seen, _, _ in rows]),
        sharp=np.array([sharp for _, sharp, _ in rows]),
        photo=np.repeat(np.arange(len(photos)), [len(of.rows) for of in found]),
        weight=np.array([weight for _, _, weight in rows]),
        looks=tuple(of.look for of in found),
        made=gather_made(photos),
    )


def _measured(numbered: tuple[int, Labelled]) -> _Measured:
    index, photo = numbered
    content = photo.path.read_bytes()
    detail = read_detail(content).luma
    rows = [(sharpness.features(detail), photo.sharp, 1.0)]
    rows += [(sharpness.features(part), photo.sharp, PART_WEIGHT) for part in parts(detail)]
    if photo.real:
        chance = np.random.default_rng(index)
        wide = np.asarray(read_gray(content, longest=1600).luma, np.float32)
        made = variants(wide, sharp=photo.sharp, chance=chance)
        rows += [(sharpness.features(read_detail(c).luma), sharp, MADE_WEIGHT) for c, sharp in made]
    return _Measured(rows=rows, look=sharpness.look(detail))


def parts(detail: Image.Image) -> list[Image.Image]:
    """Cut out the corners and the middle, twice, and make it smaller, three times: its label holds for all of them."""
    width, height = detail.size
    found = []
    for share in (0.85, 0.7):
        wide, high = int(width * share), int(height * share)
        for across, down in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.5)):
            left, top = int(across * (width - wide)), int(down * (height - high))
            found.append(detail.crop((left, top, left + wide, top + high)))
    sizes = [(int(width * factor), int(height * factor)) for factor in (0.9, 0.8, 0.7)]
    return found + [detail.resize(size, Image.Resampling.BICUBIC) for size in sizes]


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
    rows, weight = sample.numbers[use], sample.weight[use]
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
    sample: Sample, photos: list[Labelled], *, by: str, seeds: int = 1, nets: int = NETS
) -> Floats:
    """Answer for every given photo by models that saw nothing of its group (or source)."""
    answers = np.zeros(len(photos))
    for seed in range(seeds):
        fold_of = folds([getattr(photo, by) for photo in photos], seed=seed)
        fold = fold_of[sample.photo]
        for held in range(int(fold.max()) + 1):
            model = sharpness.model_of(fit(sample, fold != held, nets=nets))
            for index in np.flatnonzero(fold_of == held):
                answers[index] += sharpness.answer_of(model, sample.looks[index]) / seeds
    return answers


def main() -> None:
    """Train, report, and write the model where it is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="write bot/photos/sharpness.json")
    wanted = parser.parse_args()
    photos = [photo for photo in labelled_photos() if photo.label in {"sharp", "blurred"}]
    sample = gather(photos)
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


if __name__ == "__main__":
    main()
