"""Every hostile picture file meets its expected end, in one worker that never dies and stays small."""

import csv
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.photos.pool import PhotoPool
from bot.ports import NotAPicture, Preparation
from flows.values import Quality
from tests.photos.scenes import PLAIN_SEGMENTS, jpeg_segments

pytestmark = pytest.mark.sample_data
MOST_MEMORY = 256_000  # kB that the worker may ever have held


async def end_of(pool: PhotoPool, content: bytes) -> bytes | None:
    """Do all that the bot does with an upload; None for a clean refusal, any other failure fails the test."""
    try:
        await pool.inspect(content)
        await pool.judge(content, quality=Quality(), others=())
        made, _, _, _ = await pool.prepare(content, how=Preparation())
    except NotAPicture:
        return None
    return made


def peak_memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


async def test_every_hostile_file_ends_as_expected_in_one_small_worker(sample_data: Path) -> None:
    folder, pool, wrong = sample_data / "hostile-images", PhotoPool(), list[str]()
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as rows:
        wanted = {row["path"]: row["expected"] for row in csv.DictReader(rows)}

    workers = set()
    for name, expected in wanted.items():
        made = await end_of(pool, (folder / name).read_bytes())
        workers.add(pool.workers.resting[0])
        refused = made is None
        if (expected == "reject cleanly" and not refused) or (
            expected in {"accept", "strip metadata"} and refused
        ):
            wrong.append(f"{name}: wanted {expected}")
        if made is not None and not set(jpeg_segments(made)) <= PLAIN_SEGMENTS:
            wrong.append(f"{name}: {jpeg_segments(made)}")
    peak = peak_memory(workers.copy().pop())
    await pool.aclose()

    assert wrong == []
    assert len(workers) == 1
    assert peak < MOST_MEMORY
    assert len(wanted) > 150


@pytest.mark.parametrize("shape", ["Portrait", "landscape"])
async def test_all_orientations_of_a_photo_are_prepared_alike(sample_data: Path, shape: str) -> None:
    pool = PhotoPool()
    pictures = []
    for number in range(1, 9):
        content = (sample_data / "hostile-images" / f"orientation_jpeg__{shape}_{number}.jpg").read_bytes()
        made, _, width, height = await pool.prepare(content, how=Preparation(longest_side=600))
        pictures.append(Image.open(BytesIO(made)).convert("L").resize((60, 60)))
        assert (height > width) == (shape == "Portrait")
    await pool.aclose()

    # Each file shows its own number in the middle: the corners must be the same
    first = np.asarray(pictures[0], float)[:12, :12]
    for picture in pictures[1:]:
        assert np.abs(np.asarray(picture, float)[:12, :12] - first).mean() < 12
