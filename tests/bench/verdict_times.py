"""How long a verdict takes beside a plain decode of the same file, and the most memory that a worker ever holds."""

import asyncio
import statistics
import time
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from bot.photos.checks import judged
from bot.photos.metrics import measure
from bot.photos.pool import PhotoPool
from flows.values import Quality
from tests.bench.labelled import labelled_photos, sample_folder
from tests.photos.scenes import jpeg, scene

PAIRS = 9
MOST = {"12 MP": 1.0, "1280 px": 2.0}  # times the decode
MEMORY = {"50 MP": (120, {}), "50 MP, progressive": (256, {"progressive": True})}  # MB
LARGE, HUGE = (4000, 3000), (8160, 6120)
MESSENGER = (1280, 960)


def run() -> dict[str, Any]:
    """Measure pairs of decode and verdict, then memory in a fresh worker each."""
    found = {"time_12mp": _figure([jpeg(scene(size=LARGE), quality=90)], MOST["12 MP"])}
    found["time_1280px"] = _figure(
        [jpeg(scene(seed=seed, size=MESSENGER), quality=87) for seed in range(5)], MOST["1280 px"]
    )
    if real := _real_photos():
        found["time_1280px_real"] = _figure(real, MOST["1280 px"])
    large = scene(size=(2040, 1530)).resize(HUGE, Image.Resampling.BICUBIC)
    for name, (limit, how) in MEMORY.items():
        peak = asyncio.run(_peak(jpeg(large, quality=88, **how)))
        key = "memory_" + "".join(letter if letter.isalnum() else "_" for letter in name.lower())
        found[key] = {"value": peak, "limit": limit, "ok": peak <= limit, "unit": "MB"}
    return found


def _real_photos() -> list[bytes]:
    """Photos of the sample data that are as large as Telegram makes them, larger than Telegram's own quality."""
    if not (sample_folder() / "photos" / "manifest.csv").is_file():
        return []
    contents = [photo.path.read_bytes() for photo in labelled_photos() if photo.real]
    return [
        content for content in contents if sorted(Image.open(BytesIO(content)).size) == sorted(MESSENGER)
    ][:40]


def _figure(contents: list[bytes], limit: float) -> dict[str, Any]:
    """Pairs on each file in turn; the ratio of a file is the median of its pairs."""
    pairs = [[_pair(content) for _ in range(PAIRS)] for content in contents]
    ratios = [statistics.median(full / plain for plain, full in of) for of in pairs]
    value = round(statistics.median(ratios), 2)
    return {
        "value": value,
        "limit": limit,
        "ok": value <= limit,
        "unit": "times the decode",
        "files": len(contents),
        "decode_ms": round(statistics.median(plain for of in pairs for plain, _ in of), 2),
        "verdict_ms": round(statistics.median(full for of in pairs for _, full in of), 2),
        "slowest_file": round(max(ratios), 2),
    }


def _pair(content: bytes) -> tuple[float, float]:
    """Milliseconds of a plain full decode, and of the whole verdict."""
    return _ms(lambda: Image.open(BytesIO(content)).load()), _ms(lambda: _verdict(content))


def as_shipped() -> Quality:
    """Return what the shipped flows ask of every shot that says nothing else."""
    base = yaml.safe_load((files("flows") / "shipped" / "issue_base.yaml").read_text("utf-8"))
    return Quality(min_side=base["quality"].pop("min_side"), actions=base["quality"])


AS_SHIPPED = as_shipped()


def _verdict(content: bytes) -> object:
    """Judge as the worker does."""
    measured = measure(content, sum_of_bytes=sha256(content).hexdigest())
    return judged(content, measured, quality=AS_SHIPPED, others=(), earlier=())


def _ms(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


async def _peak(content: bytes) -> float:
    """Judge in a fresh worker; the most resident memory it ever held (MB)."""
    pool = PhotoPool(workers=1)
    await pool.judge(content, quality=AS_SHIPPED, others=())
    status = Path(f"/proc/{pool.workers.resting[0]}/status").read_text("ascii")
    await pool.aclose()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024, 1)
