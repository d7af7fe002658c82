"""The strength of the finest detail: what raises it, what lowers it, and what leaves it as it is."""

import numpy as np
import pytest
from PIL import Image

from bot.photos.crispness import crispness
from tests.bench.blurring import as_bytes, convolved
from tests.bench.made_blur import disk
from tests.photos.scenes import scene

CRISP = np.asarray(scene(size=(960, 720)).convert("L"), np.float32)


def test_a_picture_without_any_detail_has_no_crispness() -> None:
    assert crispness(np.full((40, 300), 90, np.uint8)) == 0


def test_a_chessboard_of_black_and_white_pixels_is_as_crisp_as_can_be() -> None:
    board = np.indices((300, 40)).sum(0).astype(np.uint8) % 2 * 255

    assert crispness(board) == pytest.approx(np.log2(1 + 4 * 255))


def test_the_wider_the_blur_the_less_crisp() -> None:
    found = [crispness(as_bytes(convolved(CRISP, disk(radius)))) for radius in (6, 3, 1.5)]

    assert [*found, crispness(as_bytes(CRISP))] == sorted([*found, crispness(as_bytes(CRISP))])
    assert found[0] < found[-1]


def test_a_soft_background_takes_nothing_away() -> None:
    soft = as_bytes(convolved(CRISP, disk(8)))
    soft[:, 240:480] = as_bytes(CRISP)[:, 240:480]

    assert crispness(soft) > crispness(as_bytes(convolved(CRISP, disk(1.5))))


def test_a_picture_turned_by_a_quarter_is_about_as_crisp() -> None:
    turned = np.asarray(Image.fromarray(as_bytes(CRISP)).transpose(Image.Transpose.ROTATE_90))

    assert crispness(turned) == pytest.approx(crispness(as_bytes(CRISP)), abs=0.3)
