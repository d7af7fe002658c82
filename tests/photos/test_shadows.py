"""A hard shadow is told by its border; things and their own borders are none."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from bot.photos.explain import explain
from bot.photos.places import shadow_place
from bot.photos.pool import PhotoPool
from bot.photos.shadows import has_hard_shadow
from flows.values import Quality
from tests.bench.labelled import labelled_photos
from tests.photos.scenes import jpeg, scene, with_shadow

SIZES = [(1280, 960), (720, 1280), (512, 384)]


@pytest.mark.parametrize("size", [(1280, 960), (720, 1280)])
@pytest.mark.parametrize("seed", range(3))
def test_a_hard_shadow_is_told_though_a_box_breaks_its_border(seed: int, size: tuple[int, int]) -> None:
    assert has_hard_shadow(jpeg(with_shadow(scene(seed=seed, size=size), left=0.65)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(6))
def test_a_box_on_a_table_is_none(seed: int, size: tuple[int, int]) -> None:
    assert not has_hard_shadow(jpeg(scene(seed=seed, size=size)))


def test_light_that_falls_off_slowly_is_none() -> None:
    falling = np.linspace(230, 60, 960)[:, None, None].repeat(1280, 1).repeat(3, 2)

    assert not has_hard_shadow(jpeg(Image.fromarray(falling.astype(np.uint8))))


def test_a_thing_of_another_colour_is_none() -> None:
    table = Image.new("RGB", (1280, 960), (190, 185, 175))
    ImageDraw.Draw(table).rectangle((300, 200, 900, 700), fill=(130, 60, 40))

    assert not has_hard_shadow(jpeg(table))


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (12, 12), (160, 11)])
def test_every_shape_has_an_answer(size: tuple[int, int]) -> None:
    assert not has_hard_shadow(jpeg(Image.new("RGB", size, "gray")))


async def test_it_is_looked_for_only_where_a_flow_asks() -> None:
    pool, photo = PhotoPool(), jpeg(with_shadow(scene(), left=0.65))

    asked = await pool.judge(photo, quality=Quality(actions={"shadow": "warn"}), others=())
    not_asked = await pool.judge(photo, quality=Quality(actions={"shadow": "ignore"}), others=())
    await pool.aclose()

    assert "shadow" in asked.problems
    assert "shadow" not in not_asked.problems


def test_the_circle_is_round_the_border_of_the_shadow() -> None:
    photo = with_shadow(scene(), left=0.65)

    place = shadow_place(photo)
    shown = Image.open(BytesIO(explain(jpeg(photo), problem="shadow", caption="x")))

    assert place is not None
    assert 0.65 * 1280 < (place[0] + place[2]) / 2 < 0.85 * 1280
    assert shown.size == (1280, 960)


@pytest.mark.sample_data
def test_hardly_any_photo_of_a_thing_has_a_hard_shadow() -> None:
    photos = labelled_photos()[::4]

    taken = [photo.path.name for photo in photos if has_hard_shadow(photo.path.read_bytes())]

    assert len(taken) <= len(photos) * 3 // 100
