"""Barcodes on real scenes: level, turned, small, unreadable, hostile; and what a worker makes of them."""

import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from bot.photos.barcodes import read_barcode
from bot.photos.pool import PhotoPool
from flows.values import Quality
from tests.journeys.pictures import jpeg, scene

EAN = "4006381333931"
WANTED = Quality(actions={"unreadable": "retake"}, readable="barcode")


def photo(
    *, turn: float = 0, width: int = 420, blur: float = 0, code: str = EAN, kind: str = "EAN13"
) -> bytes:
    """Lay a printed code on a parcel."""
    made = zxingcpp.create_barcode(code, getattr(zxingcpp.BarcodeFormat, kind))
    printed = Image.fromarray(np.array(made.to_image(scale=4, add_quiet_zones=True))).convert("RGB")
    printed = printed.resize((width, round(printed.height * width / printed.width)))
    printed = printed.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 255, 255))
    picture = scene(3)
    picture.paste(printed, (300, 250))
    return jpeg(picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture)


@pytest.mark.parametrize("turn", [0, 10, 20, 30, 40, 60, 90, 135, 180, -70])
def test_a_code_is_read_however_it_lies(turn: int) -> None:
    assert read_barcode(photo(turn=turn)) == EAN


def test_a_blurred_code_and_a_photo_without_one_read_as_nothing() -> None:
    assert read_barcode(photo(blur=6)) == ""
    assert read_barcode(jpeg(scene(5))) == ""


def test_a_code_is_one_short_printable_line() -> None:
    read = read_barcode(photo(code="https://evil.example/\r\nBcc: x" + "y" * 200, kind="QRCode", width=500))

    assert read.startswith("https://evil.example/")
    assert len(read) <= 64
    assert read.isprintable()


async def test_the_worker_reads_a_code_only_where_it_is_asked_for() -> None:
    pool = PhotoPool()

    asked = await pool.judge(photo(), quality=WANTED, others=())
    unread = await pool.judge(photo(blur=6), quality=WANTED, others=())
    not_asked = await pool.judge(photo(), quality=Quality(), others=())
    await pool.aclose()

    assert (asked.barcode, "unreadable" in asked.problems) == (EAN, False)
    assert (unread.barcode, unread.problems[0]) == ("", "blur")  # mending the blur comes first
    assert "unreadable" in unread.problems
    assert (not_asked.barcode, "unreadable" in not_asked.problems) == ("", False)
