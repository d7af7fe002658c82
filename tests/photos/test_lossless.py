"""A JPEG in which nothing needs changing keeps its very pixels; only what is no pixel goes."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from bot.photos.lossless import without_metadata
from bot.photos.prepare import prepare
from bot.ports import NotAPicture, Preparation
from tests.photos.scenes import PLAIN_SEGMENTS, jpeg, jpeg_segments, scene

CANARY = b"canary-52.5200-13.4050"


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(content)).convert("RGB"))


def laden(**options: Any) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    return jpeg(scene(size=(400, 300)), exif=exif, comment=CANARY, xmp=CANARY, **options) + CANARY


@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"restart_marker_blocks": 3}, {"subsampling": 0, "quality": 60}],
    ids=["baseline", "progressive", "restarts", "unsubsampled"],
)
def test_the_pixels_stay_and_the_rest_goes(options: dict[str, Any]) -> None:
    content = laden(**options)

    made, width, height = prepare(content, how=Preparation(quality=20))

    assert CANARY not in made
    assert set(jpeg_segments(made)) <= PLAIN_SEGMENTS
    assert (width, height) == (400, 300)
    assert len(made) < len(content)
    assert np.array_equal(pixels(made), pixels(content))


def test_a_gray_picture_stays_gray() -> None:
    content = jpeg(scene(size=(400, 300)).convert("L"))

    made, _, _ = prepare(content, how=Preparation())

    assert Image.open(BytesIO(made)).mode == "L"
    assert np.array_equal(pixels(made), pixels(content))


def test_the_second_picture_of_a_file_with_two_is_left_out() -> None:
    out = BytesIO()
    scene(size=(400, 300)).save(out, "MPO", save_all=True, append_images=[scene(seed=2, size=(320, 240))])

    made, _, _ = prepare(out.getvalue(), how=Preparation())

    assert len(made) < len(out.getvalue()) * 2 / 3
    assert set(jpeg_segments(made)) <= PLAIN_SEGMENTS
    assert np.array_equal(pixels(made), pixels(out.getvalue()))


def test_what_must_be_turned_is_encoded_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = jpeg(scene(size=(400, 300)), exif=exif)

    made, width, height = prepare(content, how=Preparation())

    assert (width, height) == Image.open(BytesIO(made)).size == (300, 400)


def rainbow() -> Image.Image:
    ramp = Image.linear_gradient("L").resize((400, 300))
    return Image.merge("RGB", (ramp, ramp.rotate(180), Image.new("L", (400, 300), 128)))


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SWAPPED = SRGB.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")
"""A profile in which red is what sRGB calls blue."""
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def test_another_colour_space_is_turned_into_srgb() -> None:
    content = jpeg(rainbow(), icc_profile=SWAPPED)

    made, _, _ = prepare(content, how=Preparation())

    assert set(jpeg_segments(made)) <= PLAIN_SEGMENTS
    assert ramps(content) == [True, True, False]
    assert ramps(made) == [False, True, True]


def ramps(content: bytes) -> list[bool]:
    """Which of red, green and blue runs from dark to bright; the others are even."""
    return [bool(pixels(content)[..., channel].std() > 20) for channel in range(3)]


@pytest.mark.parametrize("profile", [SRGB, LAB, b"no profile at all"], ids=["srgb", "unfitting", "broken"])
def test_a_profile_that_changes_no_colour_is_taken_off_without_encoding_again(profile: bytes) -> None:
    content = jpeg(rainbow(), icc_profile=profile)

    made, _, _ = prepare(content, how=Preparation())

    assert set(jpeg_segments(made)) <= PLAIN_SEGMENTS
    assert np.array_equal(pixels(made), pixels(content))


@pytest.mark.parametrize("kind", ["rgb with its segment", "rgb by its names", "inks"])
def test_colours_that_are_not_as_the_header_would_say_are_encoded_again(kind: str) -> None:
    content = jpeg(rainbow().convert("CMYK")) if kind == "inks" else jpeg(rainbow(), keep_rgb=True)
    if kind == "rgb by its names":
        start = content.index(b"\xff\xee")
        content = content[:start] + content[start + 16 :]

    made, _, _ = prepare(content, how=Preparation(quality=95))

    assert without_metadata(content) is None
    assert np.abs(pixels(made).astype(int) - pixels(content).astype(int)).mean() < 3


def test_a_limit_or_a_side_is_still_met() -> None:
    content = jpeg(scene(size=(800, 600)), quality=95)

    _, width, _ = prepare(content, how=Preparation(longest_side=400))
    small, _, _ = prepare(content, how=Preparation(max_bytes=len(content) // 2))

    assert width == 400
    assert len(small) <= len(content) // 2


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_half_a_picture_is_refused_as_before(share: float) -> None:
    content = jpeg(scene(size=(800, 600)))

    with pytest.raises(NotAPicture):
        prepare(content[: int(len(content) * share)], how=Preparation())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe1\xff\xff",
        b"\xff\xd8\xff\xe1\x00\x00" * 9,
        b"\xff\xd8\xff\xda\x00\x02\xff",
        b"\xff\xd8\xff\xc9\x00\x02\xff\xd9",
        b"\xff\xd8" + b"\xff" * 99,
    ],
)
def test_scraps_end_as_no_picture(content: bytes) -> None:
    assert without_metadata(content) is None
