"""What sellers get: upright pixels in sRGB, sized, and nothing that tells of the customer."""

from io import BytesIO

import numpy as np
from PIL import Image, PngImagePlugin

from bot.photos.prepare import prepare, sheet
from bot.ports import Preparation
from tests.photos.scenes import PLAIN_SEGMENTS, encoded, jpeg, jpeg_segments, scene

CANARY = b"canary-52.5200-13.4050"


def laden_jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    exif.get_ifd(0x8825)[1] = "N"
    content = jpeg(
        scene(size=(800, 600)), exif=exif, comment=CANARY, xmp=CANARY, icc_profile=CANARY, dpi=(72, 72)
    )
    iptc = b"\xff\xed" + (len(CANARY) + 16).to_bytes(2, "big") + b"Photoshop 3.0\x00" + CANARY
    return content[:2] + iptc + content[2:] + CANARY


def test_nothing_but_pixels_is_left() -> None:
    assert laden_jpeg().count(CANARY) >= 5

    made, width, height = prepare(laden_jpeg(), how=Preparation())

    assert CANARY not in made
    assert set(jpeg_segments(made)) <= PLAIN_SEGMENTS
    assert (width, height) == (800, 600)


def test_texts_of_a_png_are_gone() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", CANARY.decode())

    made, _, _ = prepare(encoded(scene(size=(320, 240)), "PNG", pnginfo=notes), how=Preparation())

    assert CANARY not in made
    assert set(jpeg_segments(made)) <= PLAIN_SEGMENTS


def test_the_longest_side_is_kept_and_nothing_is_enlarged() -> None:
    large, width, height = prepare(jpeg(scene()), how=Preparation(longest_side=600))
    _, small_width, _ = prepare(jpeg(scene(size=(320, 240))), how=Preparation(longest_side=600))
    _, whole_width, _ = prepare(jpeg(scene()), how=Preparation(longest_side=0))

    assert (width, height) == (600, 450)
    assert Image.open(BytesIO(large)).size == (600, 450)
    assert (small_width, whole_width) == (320, 1280)


def test_a_limit_on_bytes_costs_quality_first_and_size_only_when_it_must() -> None:
    content = jpeg(scene())
    free, _, _ = prepare(content, how=Preparation())

    tight, width, _ = prepare(content, how=Preparation(max_bytes=len(free) * 3 // 4))
    tighter, smaller, _ = prepare(content, how=Preparation(max_bytes=40_000))

    assert len(tight) <= len(free) * 3 // 4
    assert width == 1280
    assert len(tighter) <= 40_000
    assert smaller < 1280


def test_a_limit_that_cannot_be_met_still_gives_a_picture() -> None:
    made, width, _ = prepare(jpeg(scene()), how=Preparation(max_bytes=10))

    assert Image.open(BytesIO(made)).width == width < 400


def test_the_picture_stays_the_picture() -> None:
    photo = scene(size=(640, 480))

    made, _, _ = prepare(encoded(photo, "PNG"), how=Preparation(quality=92))

    shown = np.asarray(Image.open(BytesIO(made)), float)
    assert np.abs(shown - np.asarray(photo, float)).mean() < 9


def test_a_sheet_shows_every_picture_with_a_caption_in_any_european_language() -> None:
    pictures = [jpeg(scene(seed=seed, size=(400, 300))) for seed in range(5)]

    plain = Image.open(BytesIO(sheet(pictures, captions=[])))
    named = Image.open(BytesIO(sheet(pictures, captions=["Größe", "¿Qué?", "Żółć", "Щит", "Ωmega"])))

    assert plain.size == named.size == (1280, plain.height)
    strip = (20, 20 + 306, 413, 20 + 306 + 60)
    assert np.asarray(plain.crop(strip).convert("L")).min() > 200
    assert np.asarray(named.crop(strip).convert("L")).min() < 100


def test_sheets_of_any_number_are_drawn() -> None:
    picture = jpeg(scene(size=(200, 150)))

    heights = [
        Image.open(BytesIO(sheet([picture] * count, captions=["x"] * count))).height
        for count in (0, 1, 4, 13)
    ]

    assert heights[0] < 100
    assert all(height > 400 for height in heights[1:])
