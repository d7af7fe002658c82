"""The claim file: a case as PDF, whatever script it is written in."""

import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from bot.web.inbox.paper import is_whole, paper
from bot.web.inbox.pieces import Heading, Piece, Shown, Words
from flows.conversation import Entry
from flows.values import Bundle
from tests.web.conftest import Inbox
from tests.web.hostile import hostile_words
from tests.web.showcase import dressed, told

MADE = datetime(2026, 11, 24, 9, tzinfo=UTC)


def read(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


async def test_the_claim_file_holds_what_both_sides_said_and_every_photo(inbox: Inbox) -> None:
    def written(bundle: Bundle) -> Bundle:
        return replace(told(bundle), message="Die Tasse hat einen Sprung.\n¿Podría enviarme otra? Größe „L“")

    code = await inbox.cases.add(customer="Zoë Müller", item="Becher 0,4 l", dress=dressed, amend=written)
    lines = (
        Entry(at=MADE, kind="delivered", number=1), Entry(at=MADE, kind="answer", author="Ann", text="A new mug comes."),
        Entry(at=MADE, kind="remark", author="Ann", text="he complains often"),
    )  # fmt: skip
    await inbox.cases.change(code, lambda case: replace(case, timeline=lines))
    ann = await inbox.person()

    answer = await ann.client.get(f"/inbox/{code}/claim.pdf")
    content = await answer.read()
    text = read(content)

    assert answer.headers["Content-Disposition"] == f'attachment; filename="{code}.pdf"'
    for words in (
        code, "A-17", "Zoë Müller", "Becher 0,4 l", "¿Podría enviarme otra? Größe „L“", "A new mug comes.", "Acme Outdoor",
        "ProductDefect_FrontView", "looks soft", "4006381333931", "There is none on it",
    ):  # fmt: skip
        assert words in text, words
    assert "he complains often" not in text  # stays among the seller's people
    [bundle] = (await inbox.case(code)).bundles
    assert all(key.rpartition("/")[2] in text.replace("\n", "") for key in bundle.copies)
    pictures = [image.image for page in PdfReader(io.BytesIO(content)).pages for image in page.images]
    assert [image.size for image in pictures if image] == [(1280, 960), (960, 1280)]
    assert len(content) < 2_000_000


async def test_a_case_whose_photos_are_gone_still_has_a_claim_file(inbox: Inbox) -> None:
    code = await inbox.cases.add()
    [bundle] = (await inbox.case(code)).bundles
    await inbox.cases.blobs.delete([bundle.copies[0]])
    ann = await inbox.person(locale="de")
    without_one = read(await (await ann.client.get(f"/inbox/{code}/claim.pdf")).read())
    await inbox.cases.blobs.delete_case(code)

    without_any = await ann.client.get(f"/inbox/{code}/claim.pdf")

    assert bundle.copies[0].rpartition("/")[2] in without_one.replace("\n", "")
    assert "Schadenakte" in read(await without_any.read())


SCRIPTS = {
    "李小龍 様 カタカナ 한국어": True, "Ελληνικά, Кириллица, ŁódĄ": True, "محمد": False, "שלום": False, "ไทย": False,
    "🏺🇩🇪": False, "a\u0300\u0301\u0302" * 50: True,
}  # fmt: skip


@pytest.mark.parametrize(("text", "whole"), SCRIPTS.items())
def test_any_script_is_printed_or_it_is_said_that_it_is_not(text: str, whole: bool) -> None:  # noqa: FBT001
    made = read(paper([Words(text=text, name=text)], title=text, author=text, footer="f", locale="de"))

    assert is_whole([text]) is whole
    assert ("?" in made) is not whole
    if whole and "a" not in text:
        assert text in made


@pytest.mark.sample_data
def test_hostile_words_make_a_file_with_those_words_and_nothing_that_acts(sample_data: Path) -> None:
    strings = hostile_words(sample_data)
    pieces: list[Piece] = [Heading(text="All", level=1), *(Words(text=one, name=one[:60]) for one in strings)]

    content = paper(pieces, title=strings[7], author=strings[9], footer=strings[11], locale="en")

    reader = PdfReader(io.BytesIO(content))
    text = read(content)
    assert "<script>alert(" in text.replace("\n", "")
    assert "{{" in text
    keys = {key for page in reader.pages for key in page}
    assert not keys & {"/Annots", "/AA"}
    root = reader.root_object
    assert not {"/OpenAction", "/AA", "/AcroForm", "/Names"} & set(root)
    assert not re.search(rb"/(JavaScript|JS|URI|Launch|EmbeddedFile)\b", content)


def test_pictures_that_are_none_and_odd_shapes_do_no_harm() -> None:
    line = io.BytesIO()
    Image.new("RGBA", (4000, 1), "red").save(line, "PNG")
    shown = [Shown(content=one, words=(Words(text="x" * 5000),)) for one in (b"", b"GIF89a", line.getvalue())]

    content = paper([Heading(text="y" * 3000), *shown], title="t", author="a", footer="f" * 500, locale="es")

    assert len([image for page in PdfReader(io.BytesIO(content)).pages for image in page.images]) == 1


def test_the_library_is_not_loaded_before_a_claim_file_is_wanted() -> None:
    asked = "import sys, bot.web.inbox.site; print('reportlab' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True).stdout == b"False\n"
