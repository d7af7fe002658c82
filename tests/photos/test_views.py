"""What is looked at of a picture for its sharpness: its inner part, and all of a small one."""

import numpy as np
import pytest
from PIL import Image

from bot.photos.metrics import measure
from bot.photos.sharpness import look, views_of
from tests.photos.scenes import jpeg, scene, unfocused


def middle_on(ground: Image.Image, thing: Image.Image) -> Image.Image:
    """Put a thing in the middle of a ground."""
    picture = ground.copy()
    picture.paste(thing, ((ground.width - thing.width) // 2, (ground.height - thing.height) // 2))
    return picture


def test_of_a_large_picture_the_inner_part_is_looked_at_and_all_of_a_small_one_too() -> None:
    large, small = scene().convert("L"), scene(size=(640, 480)).convert("L")

    assert [view.size for view in views_of(large)] == [(896, 672)]
    assert [view.size for view in views_of(small)] == [(448, 336), (640, 480)]
    assert np.array_equal(np.asarray(views_of(large)[0]), np.asarray(large)[144:816, 192:1088])


def test_where_the_inner_part_is_blank_the_rest_tells() -> None:
    blank = middle_on(scene().convert("L"), Image.new("L", (1000, 800), 128))

    assert [view.size for view in views_of(blank)] == [(1280, 960)]


@pytest.mark.parametrize("size", [(45, 45), (33, 900), (320, 40)])
def test_a_picture_whose_inner_part_is_too_small_is_looked_at_whole(size: tuple[int, int]) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, size[::-1]).astype(np.uint8))

    assert [view.size for view in views_of(noise)] == [size]
    assert len(look(noise)) == 1


def test_a_soft_border_takes_nothing_from_what_is_sharp_in_the_middle_nor_a_sharp_one_gives() -> None:
    sharp = scene(size=(1280, 960))
    soft = unfocused(sharp)
    inner = (160, 120, 1120, 840)

    assert measure(jpeg(middle_on(soft, sharp.crop(inner)))).sharpness > 0.5
    assert measure(jpeg(middle_on(sharp, soft.crop(inner)))).sharpness < 0.5
