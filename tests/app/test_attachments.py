"""Files of sellers on their way to the customer: what goes, how it is cleaned and named, and what stays behind."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.app.attachments import MOST_BYTES, MOST_FILES, Attachments, name_of
from bot.photos.pool import PhotoPool
from bot.ports import GivenFile, TransientFailure
from bot.testing.fakes import FakeJudge, picture
from flows.values import Attachment
from storage.blobs import MemoryBlobs
from tests.cli.picture_files import photograph
from tests.every import every

CASE = "K7F3QX"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
async def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
async def attachments(blobs: MemoryBlobs) -> AsyncIterator[Attachments]:
    judge = PhotoPool(workers=1)
    yield Attachments(blobs=blobs, judge=judge)
    await judge.aclose()


async def test_a_picture_is_kept_without_what_its_camera_noted(
    attachments: Attachments, blobs: MemoryBlobs
) -> None:
    original = photograph(1)

    given = await attachments.keep(CASE, [GivenFile(name="crack on the rim.JPG", content=original)])

    [file] = given.files
    content = await blobs.get(file.key)
    assert (file.name, file.mime, file.size) == ("crack_on_the_rim.jpg", "image/jpeg", len(content))
    assert b"canary maker" in original
    assert b"canary maker" not in content
    assert Image.open(io.BytesIO(content)).size == (1280, 960)


async def test_a_png_comes_as_a_jpeg_that_telegram_shows(
    attachments: Attachments, blobs: MemoryBlobs
) -> None:
    drawn = io.BytesIO()
    Image.new("RGBA", (4000, 300), (200, 30, 30, 128)).save(drawn, "PNG")

    [file] = (await attachments.keep(CASE, [GivenFile(name="sketch.png", content=drawn.getvalue())])).files

    shown = Image.open(io.BytesIO(await blobs.get(file.key)))
    assert (file.name, shown.format, shown.width) == ("sketch.jpg", "JPEG", 2560)


async def test_a_pdf_goes_as_it_is_and_is_called_one(attachments: Attachments, blobs: MemoryBlobs) -> None:
    [file] = (await attachments.keep(CASE, [GivenFile(name="return label.exe", content=PDF)])).files

    assert (file.name, file.mime) == ("return_label.pdf", "application/pdf")
    assert await blobs.get(file.key) == PDF


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ\x90\x00 a program", b"<script>alert(1)</script>", b"PK\x03\x04", b"%PDF-" + b"x" * MOST_BYTES],
    ids=["empty", "program", "page", "archive", "too large"],
)
async def test_what_is_no_picture_and_no_pdf_stays_behind(
    attachments: Attachments, blobs: MemoryBlobs, content: bytes
) -> None:
    given = await attachments.keep(CASE, [GivenFile(name="label.pdf", content=content)])

    assert (given.files, given.left_out) == ((), 1)
    assert await every(blobs) == []


async def test_no_hostile_picture_reaches_a_customer_as_it_came(
    attachments: Attachments, blobs: MemoryBlobs, sample_data: Path
) -> None:
    files = sorted((sample_data / "hostile-images").iterdir())[::9]

    shown_at_all = 0
    for file in files:
        content = file.read_bytes()
        given = await attachments.keep(CASE, [GivenFile(name=file.name, content=content)])
        for kept in given.files:
            shown = await blobs.get(kept.key)
            assert shown != content, file.name
            assert Image.open(io.BytesIO(shown)).format == "JPEG", file.name
        shown_at_all += len(given.files)
    assert 0 < shown_at_all < len(files)


async def test_a_moment_in_which_nobody_can_look_costs_no_file(blobs: MemoryBlobs) -> None:
    judge = FakeJudge(failures=[TransientFailure("photo worker lost")])
    attachments, file = Attachments(blobs=blobs, judge=judge), GivenFile(name="a.jpg", content=picture("ok"))

    with pytest.raises(TransientFailure):
        await attachments.keep(CASE, [file])

    assert len((await attachments.keep(CASE, [file])).files) == 1


async def test_more_files_than_a_chat_should_get_at_once_are_counted(attachments: Attachments) -> None:
    many = [GivenFile(name=f"{n}.pdf", content=PDF + str(n).encode()) for n in range(MOST_FILES + 2)]

    given = await attachments.keep(CASE, many)

    assert (len(given.files), given.left_out) == (MOST_FILES, 2)


async def test_the_same_file_twice_is_the_same_attachment(attachments: Attachments) -> None:
    async def kept() -> tuple[Attachment, ...]:
        return (await attachments.keep(CASE, [GivenFile(name="a.jpg", content=photograph(2))])).files

    assert await kept() == await kept()


@given(st.text(max_size=200))
def test_a_name_is_one_that_any_device_takes(given_name: str) -> None:
    name = name_of(given_name, "application/pdf")

    stem, _, ending = name.rpartition(".")
    assert ending == "pdf"
    assert 0 < len(stem) <= 60
    assert not set('\\/:*?"<>|\n\r\t\x00\u202e') & set(name)
    assert not stem.startswith(".")
