"""A screen is told by its grid; things are not, whatever their texture."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageFilter

from bot.photos.metrics import measure
from bot.photos.pool import PhotoPool
from bot.photos.screens import PEAK, peak, tiles_all_over
from flows.values import Quality
from tests.bench.labelled import labelled_photos
from tests.journeys.pictures import sharp as parcel
from tests.photos.scenes import jpeg, scene


def is_of_screen(content: bytes) -> bool:
    return measure(content).grid > PEAK


SUBPIXELS = 3  # samples of each colour stripe, and of a pixel's height


def shown_on_a_screen(picture: Image.Image, *, pitch: float, turned: float) -> bytes:
    """Photograph a screen that shows the picture; its pixels are `pitch` pixels of the photo wide."""
    chance = np.random.default_rng(round(pitch * 10))
    small = np.asarray(
        picture.resize((round(1280 / pitch), round(960 / pitch)), Image.Resampling.LANCZOS), float
    )
    side = 3 * SUBPIXELS
    glowing = small.repeat(side, 0).repeat(side, 1)
    stripe = np.arange(glowing.shape[1]) % side // SUBPIXELS
    dark_rows = np.arange(glowing.shape[0]) % side == side - 1
    glowing = glowing * (stripe[None, :, None] == np.arange(3)) * ~dark_rows[:, None, None] * 2.2
    photo = Image.fromarray(np.clip(glowing, 0, 255).astype(np.uint8)).rotate(
        turned, Image.Resampling.BICUBIC
    )
    photo = photo.resize((1280, 960), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(0.6))
    noisy = np.asarray(photo, float) + chance.normal(0, 2, (960, 1280, 3))
    return jpeg(Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)), quality=85)


@pytest.mark.parametrize(("pitch", "turned"), [(1.7, 3), (2.3, -6), (3.1, 1), (3.8, 8)])
def test_a_screen_is_told_by_its_grid(pitch: float, turned: float) -> None:
    assert is_of_screen(shown_on_a_screen(scene(), pitch=pitch, turned=turned))


@pytest.mark.parametrize("size", [(1280, 960), (640, 480), (70, 70), (40, 300)])
def test_a_thing_is_none(size: tuple[int, int]) -> None:
    assert not is_of_screen(jpeg(scene(size=size)))


@pytest.mark.parametrize("number", [2, 9, 13, 19])
def test_planks_are_none(number: int) -> None:
    assert not is_of_screen(parcel(number))


def test_a_strong_compression_is_none() -> None:
    again = Image.open(BytesIO(jpeg(scene(), quality=20)))

    assert not is_of_screen(jpeg(again.convert("RGB"), quality=40))


async def test_a_worker_tells_it_too() -> None:
    pool, photo = PhotoPool(), shown_on_a_screen(scene(), pitch=2.5, turned=2)

    found = await pool.judge(photo, quality=Quality(), others=())
    await pool.aclose()

    assert "screen" in found.problems


@pytest.mark.sample_data
def test_hardly_any_photo_of_a_thing_is_taken_for_a_screen() -> None:
    photos = labelled_photos()[::4]

    taken = [photo.path.name for photo in photos if is_of_screen(photo.path.read_bytes())]

    assert len(taken) <= len(photos) // 100


def test_nothing_has_no_grid() -> None:
    assert peak(tiles_all_over(np.full((300, 300), 128, np.uint8))) < PEAK


@pytest.mark.parametrize("shape", [(40, 600), (600, 63), (33, 33)])
def test_a_strip_with_a_grid_all_over_is_too_thin_to_tell(shape: tuple[int, int]) -> None:
    down, across = np.indices(shape)
    chequered = (np.cos(down * 1.7) * np.cos(across * 1.5) * 100 + 128).astype(np.uint8)

    assert measure(jpeg(Image.fromarray(chequered).convert("RGB"))).grid == 0


@pytest.mark.parametrize("shape", [(64, 64), (64, 4000), (1800, 65), (960, 1280)])
def test_tiles_of_every_shape_are_whole_and_not_too_many(shape: tuple[int, int]) -> None:
    tiles = tiles_all_over(np.zeros(shape, np.uint8))

    assert tiles.shape[1:] == (64, 64)
    assert 1 <= len(tiles) <= 62
