"""What the judge says of drawn photos spoilt in one way each, and how it does on the labelled ones."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.photos import judge
from bot.photos.curves import auc
from bot.photos.metrics import Measured, measure
from bot.photos.sharpness import CANNOT_TELL, can_tell, look, sharpness
from flows.values import Quality, Verdict
from tests.bench.labelled import labelled_photos
from tests.photos.scenes import (
    dark_thing,
    jpeg,
    scaled_light,
    scene,
    shaken,
    unfocused,
    washed_out,
    with_reflection,
)


def verdict_on(picture: Image.Image, *, min_side: int = 320) -> Verdict:
    return judge.verdict(measure(jpeg(picture)), quality=Quality(min_side=min_side), others=(), earlier=())


@pytest.fixture(scope="module")
def good() -> Measured:
    return measure(jpeg(scene()), sum_of_bytes=sha256(jpeg(scene())).hexdigest())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [(1280, 960), (720, 1280), (512, 384)])
def test_a_sharp_photo_has_no_problem(seed: int, size: tuple[int, int]) -> None:
    found = verdict_on(scene(seed=seed, size=size))

    assert found.problems == ()
    assert found.sharpness > 0.5


@pytest.mark.parametrize("seed", range(4))
def test_an_unfocused_photo_is_blurred(seed: int) -> None:
    found = verdict_on(unfocused(scene(seed=seed)))

    assert found.problems == ("blur",)
    assert found.sharpness < 0.5


@pytest.mark.parametrize("seed", range(4))
def test_a_shaken_photo_is_blurred_though_its_edges_along_the_shake_are_sharp(seed: int) -> None:
    assert "blur" in verdict_on(shaken(scene(seed=seed))).problems


def test_a_thing_that_is_sharp_before_a_soft_background_is_fine() -> None:
    photo = unfocused(scene())
    sharp = scene().crop((300, 200, 900, 760))
    photo.paste(sharp, (300, 200))

    assert verdict_on(photo).problems == ()


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 6, 7])  # 5 has so little print that nothing can be told
def test_white_print_on_a_black_box_is_sharp_and_taken_for_no_lamp(seed: int) -> None:
    assert measure(jpeg(dark_thing(seed=seed))).sharpness > 0.5
    assert measure(jpeg(unfocused(dark_thing(seed=seed)))).sharpness < 0.5


def test_a_dark_photo_is_dark() -> None:
    assert "dark" in verdict_on(scaled_light(scene(), 0.15)).problems


@pytest.mark.parametrize("seed", [0, 2, 5])
def test_a_washed_out_photo_is_bright(seed: int) -> None:
    assert "bright" in verdict_on(washed_out(scene(seed=seed))).problems


def test_a_reflection_is_glare() -> None:
    assert "glare" in verdict_on(with_reflection(scene())).problems


def test_a_white_page_that_fills_the_frame_is_not_too_bright() -> None:
    page = Image.new("RGB", (900, 1280), "white")
    page.paste(scene(size=(600, 700)).point(lambda value: 255 if value > 60 else 20), (150, 200))

    assert "bright" not in verdict_on(page).problems


def test_small_means_smaller_than_the_shot_demands() -> None:
    assert "small" not in verdict_on(scene(size=(640, 480)), min_side=480).problems
    assert "small" in verdict_on(scene(size=(640, 479)), min_side=480).problems


def test_a_screenshot_has_the_wrong_aspect() -> None:
    assert "aspect" in verdict_on(scene(size=(590, 1280))).problems


def test_every_check_runs_whatever_the_others_say() -> None:
    found = verdict_on(scaled_light(unfocused(scene(size=(300, 220))), 0.15))

    assert {"small", "dark"} <= set(found.problems)


def test_problems_come_in_the_order_in_which_to_mend_them(good: Measured) -> None:
    poor = replace(good, sharpness=0.1, tones={**good.tones, "mean": 20.0, "p90": 60.0})

    found = judge.verdict(poor, quality=Quality(min_side=2000), others=[good.fingerprint], earlier=[])

    assert found.problems == ("duplicate", "small", "dark", "blur")


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_surface_cannot_be_told(value: int) -> None:
    blank = Image.new("L", (640, 480), value)

    assert not can_tell(blank, contrast=0.0)
    assert sharpness(()) == CANNOT_TELL


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (33, 34), (65, 31), (64, 64), (40, 640)])
def test_sharpness_is_a_number_for_every_shape(size: tuple[int, int]) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, size).astype(np.uint8))

    seen = look(noise) if can_tell(noise, contrast=255.0) else ()

    assert 0 <= sharpness(seen) <= 1


def test_the_same_bytes_and_the_same_picture_are_duplicates(good: Measured) -> None:
    again = measure(jpeg(scene(), quality=50))

    for others in ([good.sha256], [good.fingerprint]):
        copy = judge.verdict(good, quality=Quality(), others=others, earlier=())
        assert "duplicate" in copy.problems
    recompressed = judge.verdict(again, quality=Quality(), others=(), earlier=[good.fingerprint])
    assert recompressed.problems == ("seen_before",)


@pytest.mark.sample_data
def test_labelled_photos_are_told_apart(sample_data: Path) -> None:
    """The model has seen these photos, so this guards the shipped weights; the bench cross-validates."""
    photos = [photo for photo in labelled_photos(sample_data) if photo.label in {"sharp", "blurred"}]
    found = np.array([measure(photo.path.read_bytes()).sharpness for photo in photos])
    sharp = np.array([photo.sharp for photo in photos])

    assert np.isfinite(found).all()
    assert auc(sharp, found) > 0.95
    assert (found[sharp] < 0.5).mean() <= 0.04
    assert (found[~sharp] < 0.5).mean() > 0.7


@pytest.mark.sample_data
def test_dark_and_bright_photos_are_found_and_hardly_any_other(sample_data: Path) -> None:
    photos = [photo for photo in labelled_photos(sample_data) if photo.label != "blurred"]
    problems = {
        photo.path: judge.verdict(
            measure(photo.path.read_bytes()), quality=Quality(), others=(), earlier=()
        ).problems
        for photo in photos
    }

    for label in ("dark", "bright"):
        assert all(label in problems[photo.path] for photo in photos if photo.label == label)
        assert sum(label in problems[photo.path] for photo in photos if photo.sharp) <= 3
