"""Photos: how well the shipped model does, how long a verdict takes beside a plain decode, and what a worker weighs.

The rates on the labelled photos are those of a model that has seen them; "cross-validated" is what the training wrote
down. Times are medians of pairs measured in one run, one thread.
"""

import asyncio
import csv
import json
import statistics
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bot.photos import sharpness
from bot.photos.curves import auc, rate
from bot.photos.metrics import measure
from bot.photos.pool import PhotoPool
from bot.ports import NotAPicture, Preparation
from flows.values import Quality
from tests.bench.labelled import labelled_photos, report, sample_folder
from tests.photos.scenes import jpeg, scene

ROUNDS = 15
SIZES = {"1280 px": (1280, 960), "12 MP": (4000, 3000)}


def run() -> dict[str, Any]:
    """Measure everything; accuracy and hostile files only where the sample data is."""
    found: dict[str, Any] = {"times": {name: times_of(size) for name, size in SIZES.items()}}
    found["worker"] = asyncio.run(worker_figures())
    stored = json.loads(Path(sharpness.__file__).with_name("sharpness.json").read_text("ascii"))
    found["cross-validated"] = stored.get("validated", {})
    if (sample_folder() / "photos" / "manifest.csv").is_file():
        found["labelled, seen in training"] = accuracy()
        found["hostile"] = asyncio.run(hostile_figures())
    return found


def times_of(size: tuple[int, int]) -> dict[str, float]:
    """Compare a verdict's numbers with a plain full decode of the same JPEG, pair by pair."""
    content = jpeg(scene(size=size), quality=90)
    plain, verdict, ratio = [], [], []
    for _ in range(ROUNDS):
        plain.append(_ms(lambda: Image.open(BytesIO(content)).load()))
        verdict.append(_ms(lambda: measure(content)))
        ratio.append(verdict[-1] / plain[-1])
    medians = [round(statistics.median(values), 2) for values in (plain, verdict, ratio)]
    return dict(zip(("decode_ms", "verdict_ms", "ratio"), medians, strict=True))


def _ms(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


async def worker_figures() -> dict[str, float]:
    """Time inspect and judge of fresh photos through the pool, and weigh the worker when idle."""
    pool, figures, spent = PhotoPool(), dict[str, float](), []
    begun = time.perf_counter()
    await pool.inspect(jpeg(scene(size=(64, 64))))
    figures["start_ms"] = round((time.perf_counter() - begun) * 1000, 1)
    for seed in range(ROUNDS):
        content = jpeg(scene(seed=seed))
        begun = time.perf_counter()
        await pool.inspect(content)
        await pool.judge(content, quality=Quality(), others=())
        spent.append((time.perf_counter() - begun) * 1000)
    figures["inspect_and_judge_ms"] = round(statistics.median(spent), 1)
    figures["slowest_ms"] = round(max(spent), 1)
    large = jpeg(scene(size=(4000, 3000)), quality=90)
    await pool.judge(large, quality=Quality(), others=())
    await pool.prepare(large, how=Preparation())
    figures["idle_mb"], figures["peak_mb"] = _weight(pool)
    await pool.aclose()
    return figures


def _weight(pool: PhotoPool) -> tuple[float, float]:
    """Resident memory of the worker, now and at most (MB)."""
    lines = Path(f"/proc/{pool._free[0].process.pid}/status").read_text().splitlines()
    sizes = {
        line.split(":")[0]: int(line.split()[1]) / 1024
        for line in lines
        if line.startswith(("VmRSS", "VmHWM"))
    }
    return round(sizes["VmRSS"], 1), round(sizes["VmHWM"], 1)


def accuracy() -> dict[str, Any]:
    """Score the shipped model on all labelled photos."""
    photos = [photo for photo in labelled_photos() if photo.label in {"sharp", "blurred"}]
    found = np.array([measure(photo.path.read_bytes()).sharpness for photo in photos]) - sharpness.CANNOT_TELL
    sharp = np.array([photo.sharp for photo in photos])
    return {
        "auc": round(auc(sharp, found), 4),
        "caught": rate(int((found[~sharp] < 0).sum()), int((~sharp).sum())),
        "sharp_rejected": rate(int((found[sharp] < 0).sum()), int(sharp.sum())),
        "table": report(photos, found).splitlines(),
    }


async def hostile_figures() -> dict[str, Any]:
    """Put every hostile file through one worker: what came out, the slowest, and the most memory."""
    folder, pool, ends, slowest = sample_folder() / "hostile-images", PhotoPool(), dict[str, int](), (0.0, "")
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as rows:
        wanted = [(row["path"], row["expected"]) for row in csv.DictReader(rows)]
    for name, expected in wanted:
        content, begun = (folder / name).read_bytes(), time.perf_counter()
        try:
            await pool.judge(content, quality=Quality(), others=())
            await pool.prepare(content, how=Preparation())
            end = "taken"
        except NotAPicture as refusal:
            end = refusal.reason
        slowest = max(slowest, (time.perf_counter() - begun, name))
        ends[f"{expected}: {end}"] = ends.get(f"{expected}: {end}", 0) + 1
    _, peak = _weight(pool)
    await pool.aclose()
    return {"ends": ends, "slowest_s": round(slowest[0], 2), "slowest": slowest[1], "peak_mb": peak}


def main() -> None:
    """Print the figures, as JSON with `--json`."""
    found = run()
    sys.stdout.write(json.dumps(found, indent=None if "--json" in sys.argv else 2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
