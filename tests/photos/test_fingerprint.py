"""Fingerprints: the same picture is known again, another is not."""

from pathlib import Path

import pytest
from PIL import Image

from bot.photos.decode import read_gray
from bot.photos.fingerprint import fingerprint, same_picture
from tests.bench.labelled import labelled_photos
from tests.photos.scenes import jpeg, scene


def print_of(picture: Image.Image, *, quality: int = 88) -> str:
    return fingerprint(read_gray(jpeg(picture, quality=quality), longest=640).luma)


@pytest.mark.parametrize("seed", range(5))
def test_recompressed_resized_and_slightly_cropped_it_is_the_same_picture(seed: int) -> None:
    photo = scene(seed=seed)
    first = print_of(photo)

    assert same_picture(first, print_of(photo, quality=40))
    assert same_picture(first, print_of(photo.resize((500, 375))))
    assert same_picture(first, print_of(photo.crop((30, 20, 1250, 940))))


def test_other_pictures_are_others() -> None:
    turned = [scene(seed=seed).rotate(90 * seed).resize((1280, 960)) for seed in range(4)]
    prints = [print_of(picture) for picture in turned]

    assert not any(same_picture(a, b) for i, a in enumerate(prints) for b in prints[:i])


def test_a_blank_picture_has_no_fingerprint_and_equals_nothing() -> None:
    blank = print_of(Image.new("RGB", (640, 480), "white"))

    assert blank == ""
    assert not same_picture(blank, blank)


@pytest.mark.parametrize("other", ["", "abc", "z" * 64, "é" * 64])
def test_what_is_no_fingerprint_equals_nothing(other: str) -> None:
    assert not same_picture(print_of(scene()), other)


@pytest.mark.sample_data
def test_different_labelled_photos_are_not_taken_for_one(sample_data: Path) -> None:
    photos = [photo for photo in labelled_photos(sample_data) if photo.real][::3]
    prints = [fingerprint(read_gray(photo.path.read_bytes(), longest=640).luma) for photo in photos]

    pairs = [
        (photos[i].path.name, photos[j].path.name)
        for i in range(len(photos))
        for j in range(i)
        if photos[i].group != photos[j].group and same_picture(prints[i], prints[j])
    ]

    assert pairs == []
