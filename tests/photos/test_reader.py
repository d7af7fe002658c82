"""Print is read in a process of its own: real models, on drawn slips and on a real receipt of the sample data."""

from collections.abc import AsyncIterator

import numpy as np
import psutil
import pytest
from PIL import Image, ImageDraw

from bot.photos.covering import card_places
from bot.photos.lettering import font
from bot.photos.pool import PhotoPool, with_print
from bot.photos.reader import bounded, in_rows, joined
from bot.ports import Preparation
from bot.printed import facts
from flows.values import Quality, Verdict
from tests.bench.labelled import labelled_photos
from tests.photos.scenes import jpeg, scene, unfocused

WANTED = Quality(actions={"unreadable": "retake", "blur": "retake"}, readable="text")


@pytest.fixture
async def pool() -> AsyncIterator[PhotoPool]:
    made = PhotoPool()
    yield made
    await made.aclose()


def slip(*lines: tuple[str, str], turned: int = 0) -> bytes:
    """A printed slip on a table."""
    photo = scene(size=(1280, 960)).point(lambda value: value // 2)
    paper = Image.new("RGB", (760, 100 + 70 * len(lines)), "#f4f2ec")
    draw = ImageDraw.Draw(paper)
    for row, (left, right) in enumerate(lines):
        draw.text((50, 50 + 70 * row), left, fill="#222222", font=font(40))
        draw.text((710, 50 + 70 * row), right, fill="#222222", font=font(40), anchor="ra")
    photo.paste(paper, (260, 120))
    return jpeg(photo.rotate(turned, expand=True), quality=90)


RECEIPT = (
    ("Corner Shop", ""),
    ("Order no. A-17-4711", ""),
    ("Date 23.11.2026", ""),
    ("Mug", "12.00"),
    ("TOTAL", "12.00"),
)


@pytest.mark.slow
async def test_a_slip_is_read_row_by_row_in_a_process_of_its_own(pool: PhotoPool) -> None:
    verdict = await pool.judge(slip(*RECEIPT), quality=WANTED, others=())

    assert verdict.problems == ()
    found = facts(verdict.text.splitlines(), order_number="A-17-4711")
    assert (found.order_as_ordered, found.iso_date, found.amount) == (True, "2026-11-23", "12.00")
    (reader,), (worker,) = pool.readers.resting, pool.workers.resting
    assert reader != worker
    assert not any("onnx" in mapped.path for mapped in psutil.Process(worker).memory_maps())


@pytest.mark.slow
async def test_a_slip_that_lies_on_its_side_is_read_too(pool: PhotoPool) -> None:
    verdict = await pool.judge(slip(*RECEIPT, turned=90), quality=WANTED, others=())

    assert "A-17-4711" in verdict.text


@pytest.mark.slow
async def test_a_photo_without_print_is_asked_for_again(pool: PhotoPool) -> None:
    boxes = Image.linear_gradient("L").resize((1280, 960)).convert("RGB")
    draw = ImageDraw.Draw(boxes)
    for place in range(5):
        draw.rectangle(
            (100 + 220 * place, 200, 260 + 220 * place, 700),
            fill=(200, 40 * place, 60),
            outline="black",
            width=9,
        )

    verdict = await pool.judge(jpeg(boxes), quality=WANTED, others=())

    assert verdict.problems == ("unreadable",)
    assert verdict.text == ""


async def test_a_blurred_photo_is_not_even_read(pool: PhotoPool) -> None:
    verdict = await pool.judge(jpeg(unfocused(scene())), quality=WANTED, others=())

    assert verdict.problems == ("blur",)
    assert pool.readers.resting == []


async def test_nothing_is_read_where_nobody_asks(pool: PhotoPool) -> None:
    verdict = await pool.judge(slip(*RECEIPT), quality=Quality(), others=())

    assert verdict.text == ""
    assert pool.readers.resting == []


CARD = "4111 1111 1111 1111"


@pytest.mark.slow
@pytest.mark.parametrize("turned", [0, 90])
async def test_a_card_number_is_painted_over_in_the_seller_s_copy_and_nothing_else(
    pool: PhotoPool, turned: int
) -> None:
    receipt = slip(*RECEIPT, ("Card", CARD), turned=turned)

    verdict = await pool.judge(receipt, quality=WANTED, others=())
    copy, _, _, _ = await pool.prepare(receipt, how=Preparation(), cover=verdict.cards)
    bare, _, _, _ = await pool.prepare(receipt, how=Preparation())

    assert len(verdict.cards) == 1
    read = (await pool.judge(copy, quality=WANTED, others=())).text
    assert CARD.replace(" ", "")[:8] in (await pool.judge(bare, quality=WANTED, others=())).text.replace(
        " ", ""
    )
    assert "1111" not in read
    assert facts(read.splitlines(), order_number="A-17-4711") == facts(
        verdict.text.splitlines(), order_number="A-17-4711"
    )


def test_a_card_number_is_found_in_part_of_a_line_and_over_several_boxes() -> None:
    whole = [(box(0, 0, width=380), f"VISA {CARD} EUR 9.00")]
    parts = [(box(100 * n, 50), "4111" if n == 0 else "1111") for n in range(4)]
    other = [(box(0, 100, width=300), "EAN 4006381333931, phone 0049 30 1234567")]

    found = card_places([whole, parts, other], (400, 200))

    assert len(found) == 5
    assert found[0] == pytest.approx((5 / 33 * 0.95 - 0.0125, 0.0, 24 / 33 * 0.95 + 0.0125, 0.125), abs=0.01)
    assert [place[0] for place in found[1:]] == pytest.approx([0.0, 0.2375, 0.4875, 0.7375])


@pytest.mark.slow
@pytest.mark.sample_data
async def test_real_receipts_tell_date_and_sum(pool: PhotoPool) -> None:
    receipts = [photo for photo in labelled_photos() if photo.sharp and "receipt" in photo.tags][:3]

    read = [(await pool.judge(photo.path.read_bytes(), quality=WANTED, others=())).text for photo in receipts]

    found = [facts(text.splitlines()) for text in read]
    assert all(one.date for one in found)
    assert sum(bool(one.amount) for one in found) >= 2


def box(left: int, top: int, height: int = 20, width: int = 80) -> np.ndarray:
    return np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]])


def test_words_beside_each_other_are_one_row() -> None:
    words = [
        (box(300, 104), "5.00"),
        (box(10, 100), "TOTAL"),
        (box(10, 140), "CASH"),
        (box(300, 137), "10.00"),
    ]

    assert joined(in_rows(words)) == ["TOTAL  5.00", "CASH  10.00"]


def test_what_is_printed_is_bounded_and_plain() -> None:
    lines = bounded(["a\x00b\u202e  c", "\t", *["x" * 1000] * 200])

    assert lines[0] == "a b c"
    assert sum(map(len, lines)) <= 4000


def test_print_that_is_too_little_to_be_of_use_is_a_problem() -> None:
    assert with_print(Verdict(problems=("glare",)), ["ab"]).problems == ("unreadable", "glare")
