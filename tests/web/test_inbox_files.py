"""Files that a seller adds to an answer in the web inbox: kept, told, served to that seller alone, refused when unfit."""

import io
from collections.abc import Mapping

import pytest
from aiohttp import ClientResponse, FormData

from bot.app.attachments import MOST_BYTES, MOST_FILES
from tests.cli.picture_files import photograph
from tests.web.conftest import Inbox, Person

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


async def send(person: Person, path: str, files: Mapping[str, bytes], **fields: str) -> ClientResponse:
    """Send the composer as a browser does."""
    if not person.mark:
        await person.open("/inbox")
    form = FormData(default_to_multipart=True)
    for name, value in {"csrf": person.mark, **fields}.items():
        form.add_field(name, value)
    for name, content in files.items():
        form.add_field("files", io.BytesIO(content), filename=name, content_type="application/octet-stream")
    return await person.client.post(path, data=form, allow_redirects=False)


async def test_a_return_label_goes_with_the_answer_and_stands_in_the_timeline(inbox: Inbox) -> None:
    code, ann = await inbox.cases.add(), await inbox.person()

    answer = await send(ann, f"/inbox/{code}/answer", {"label.pdf": PDF}, text="Please use this label")

    assert (answer.status, answer.headers["Location"]) == (303, f"/inbox/{code}?done=answer")
    [file] = (await inbox.case(code)).timeline[-1].files
    page = await ann.open(f"/inbox/{code}")
    [link] = [one for one in page.values("a", "href") if "/given/" in one]
    served = await ann.client.get(link)
    assert (link, await served.read()) == (f"/inbox/{file.key.replace('/', '/given/')}", PDF)
    assert served.headers["Content-Disposition"] == 'attachment; filename="label.pdf"'
    assert "sandbox" in served.headers["Content-Security-Policy"]


async def test_a_photo_goes_without_words_with_a_wish_and_with_the_end(inbox: Inbox) -> None:
    code, ann = await inbox.cases.add(), await inbox.person()
    photo = {"example.jpg": photograph(3)}

    for act in ("answer", "ask", "settle"):
        words = {"text": "like this"} if act == "ask" else {}
        assert (await send(ann, f"/inbox/{code}/{act}", photo, **words)).status == 303

    lines = [one for one in (await inbox.case(code)).timeline if one.files]
    assert [(one.kind, one.files[0].name) for one in lines] == [
        ("answer", "example.jpg"), ("request", "example.jpg"), ("settled", "example.jpg"),
    ]  # fmt: skip


async def test_a_form_without_a_chosen_file_is_as_it_was(inbox: Inbox) -> None:
    code, ann = await inbox.cases.add(), await inbox.person()

    answer = await send(ann, f"/inbox/{code}/answer", {"": b""}, text="Sorry")

    assert answer.status == 303
    assert await inbox.lines(code) == [("answer", "Ann", "Sorry")]


async def test_a_file_that_no_customer_could_see_is_told_and_nothing_is_sent(inbox: Inbox) -> None:
    code, ann = await inbox.cases.add(), await inbox.person()

    answer = await send(ann, f"/inbox/{code}/answer", {"x.pdf": b"MZ a program"}, text="Use <this>")

    page = await answer.text()
    assert answer.status == 422
    assert "That file cannot be shown to the customer" in page
    assert "Use &lt;this&gt;" in page
    assert await inbox.lines(code) == []


async def test_whoever_has_to_shorten_their_words_is_told_to_choose_the_files_again(inbox: Inbox) -> None:
    code, ann = await inbox.cases.add(), await inbox.person()

    answer = await send(ann, f"/inbox/{code}/ask", {"label.pdf": PDF}, text="x" * 1001)

    assert answer.status == 422
    assert "1000 characters at most. Choose the files again." in await answer.text()


@pytest.mark.parametrize(
    "files",
    [
        {"large.pdf": b"%PDF-" + b"x" * MOST_BYTES},
        {f"{n}.pdf": PDF for n in range(MOST_FILES + 1)},
    ],
    ids=["too large", "too many"],
)
async def test_what_is_out_of_bounds_is_refused_with_a_page(inbox: Inbox, files: dict[str, bytes]) -> None:
    code, ann = await inbox.cases.add(), await inbox.person()

    answer = await send(ann, f"/inbox/{code}/answer", files, text="Sorry")

    assert answer.status == 413
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert await inbox.lines(code) == []


async def test_a_form_with_files_needs_the_session_s_mark_too(inbox: Inbox) -> None:
    code, ann = await inbox.cases.add(), await inbox.person()
    await ann.open("/inbox")
    ann.mark = "forged"

    answer = await send(ann, f"/inbox/{code}/answer", {"label.pdf": PDF}, text="Sorry")

    assert answer.status == 403
    assert await inbox.lines(code) == []
