"""Updates of every shape become the right event, agree with what the library reads in them, and never break anything."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Update

from bot.telegram.translate import translate
from flows.events import (
    ChatBlocked,
    ChoiceMade,
    CommandGiven,
    Event,
    FromCustomer,
    PhotoReceived,
    Started,
    TextReceived,
    UnsupportedReceived,
)
from flows.values import Upload
from tests.telegram.recorded import names, recorded

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NONCE = "0123456789abcdef"
MARA = 5550001
WHO: dict[str, Any] = {"at": AT, "nonce": NONCE, "name": "Mara Lindqvist", "language": "sv-SE"}
PHOTO = Upload(
    file_id="AgACAgQAAxkBAAIyZx0Qv3fake-id_for_tests",
    unique_id="AQADy",
    kind="photo",
    mime="image/jpeg",
    size=171904,
    width=1280,
    height=960,
)


def read(name: str) -> Event | None:
    found = translate(recorded(name), at=AT, nonce=NONCE)
    if found is None:
        return None
    assert found[0] == MARA
    return found[1]


def document(**fields: Any) -> Event | None:
    update = recorded("document_other")
    update["message"]["document"] = {"file_id": "BQAC", "file_unique_id": "AgAD", **fields}
    found = translate(update, at=AT, nonce=NONCE)
    return found[1] if found else None


EXPECTED: dict[str, Event | None] = {
    "text": TextReceived(**WHO, message=1, text="The mug came without its handle"),
    "text_marked_up": TextReceived(**WHO, message=2, text="see https://example.org *now*"),
    "start": Started(**WHO, message=3),
    "start_deep_link": Started(**WHO, message=4, payload="o_4fJkQ2-xYz"),
    "command_with_bot_name": CommandGiven(**WHO, message=5, command="status", argument="all of them"),
    "photo": PhotoReceived(**WHO, message=6, upload=PHOTO, caption="the front"),
    "photo_reply": PhotoReceived(**WHO, message=7, upload=PHOTO, reply_to=40, reply_data="K7F3QX.12.skip"),
    "forwarded_photo": PhotoReceived(**WHO, message=10, upload=PHOTO),
    "live_photo": PhotoReceived(**WHO, message=11, upload=PHOTO),
    "document_image": PhotoReceived(
        **WHO,
        message=12,
        upload=Upload(
            file_id="BQACAgQAAxkBheic",
            unique_id="AgADheic",
            kind="file",
            mime="image/heic",
            name="IMG_2041.HEIC",
            size=2911234,
        ),
    ),
    "document_image_nameless_type": PhotoReceived(
        **WHO,
        message=13,
        upload=Upload(
            file_id="BQACAgQAAxkBtiff",
            unique_id="AgADtiff",
            kind="file",
            mime="image/tiff",
            name="Scan 3.TIFF",
            size=911234,
        ),
    ),
    "pdf": PhotoReceived(
        **WHO,
        message=14,
        caption="proof",
        upload=Upload(
            file_id="BQACAgQAAxkBpdf",
            unique_id="AgADpdf",
            kind="pdf",
            mime="application/pdf",
            name="invoice 2026-11.pdf",
            size=88123,
        ),
    ),
    "document_other": UnsupportedReceived(**WHO, message=15, what="document"),
    "voice": UnsupportedReceived(**WHO, message=16, what="voice"),
    "video_note": UnsupportedReceived(**WHO, message=17, what="video"),
    "gif": UnsupportedReceived(**WHO, message=18, what="video"),
    "sticker": UnsupportedReceived(**WHO, message=19, what="sticker"),
    "venue": UnsupportedReceived(**WHO, message=20, what="location"),
    "contact": UnsupportedReceived(**WHO, message=21, what="contact"),
    "dice": UnsupportedReceived(**WHO, message=22, what="other"),
    "poll": UnsupportedReceived(**WHO, message=23, what="other"),
    "pinned": None,
    "callback_query": ChoiceMade(**WHO, message=40, data="K7F3QX.12.back"),
    "callback_query_inaccessible": ChoiceMade(**WHO, message=2, data="K7F3QX.1.kind=size"),
    "edited_text": None,
    "edited_caption": None,
    "blocked": ChatBlocked(**WHO, blocked=True),
    "unblocked": ChatBlocked(**WHO, blocked=False),
    "group_text": None,
    "channel_post": None,
    "inline_press": None,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_update_becomes_its_event(name: str) -> None:
    assert read(name) == EXPECTED[name]


def test_the_photos_of_an_album_share_its_name_and_keep_their_own_sizes() -> None:
    first, second = read("album_first"), read("album_second")

    assert isinstance(first, PhotoReceived)
    assert isinstance(second, PhotoReceived)
    assert first.album == second.album == "13849274650123456"
    assert (first.caption, second.caption) == ("all of it", "")
    assert (second.upload.width, second.upload.height) == (960, 1280)


def test_every_recorded_update_is_accounted_for() -> None:
    assert set(names()) == {*EXPECTED, "album_first", "album_second"}


@pytest.mark.parametrize("name", names())
def test_what_is_read_agrees_with_what_the_library_reads(name: str) -> None:
    theirs = Update.de_json(recorded(name), None)

    found = translate(recorded(name), at=AT, nonce=NONCE)

    if found is None:
        return
    chat, event = found
    assert theirs.effective_chat is not None
    assert theirs.effective_user is not None
    assert isinstance(event, FromCustomer)
    assert (chat, event.name) == (theirs.effective_chat.id, theirs.effective_user.full_name)
    assert event.language == theirs.effective_user.language_code
    if theirs.effective_message is not None:
        assert event.message == theirs.effective_message.message_id
    if isinstance(event, PhotoReceived):
        assert_same_file(event, theirs)
    if isinstance(event, TextReceived):
        assert theirs.message is not None
        assert event.text == theirs.message.text
    if isinstance(event, ChoiceMade):
        assert theirs.callback_query is not None
        assert event.data == theirs.callback_query.data


def assert_same_file(event: PhotoReceived, theirs: Update) -> None:
    assert theirs.message is not None
    file = theirs.message.photo[-1] if theirs.message.photo else theirs.message.document
    assert file is not None
    assert event.upload.file_id == file.file_id
    assert event.upload.unique_id == file.file_unique_id
    assert event.upload.size == file.file_size
    assert event.album == (theirs.message.media_group_id or "")
    assert event.caption == (theirs.message.caption or "")


def test_the_largest_size_counts_wherever_it_stands() -> None:
    update = recorded("photo")
    update["message"]["photo"].reverse()

    found = translate(update, at=AT, nonce=NONCE)

    assert found is not None
    assert isinstance(found[1], PhotoReceived)
    assert found[1].upload == PHOTO


def test_a_live_photo_without_outer_sizes_counts_by_its_still_picture() -> None:
    update = recorded("live_photo")
    del update["message"]["photo"]

    found = translate(update, at=AT, nonce=NONCE)

    assert found is not None
    assert isinstance(found[1], PhotoReceived)
    assert found[1].upload == PHOTO


@pytest.mark.parametrize(
    ("mime", "name", "kind"),
    [
        ("image/jpeg", "", "file"),
        ("IMAGE/PNG; charset=binary", "x", "file"),
        ("image/heif", "x.heif", "file"),
        ("image/avif", "x.avif", "file"),
        ("image/bmp", "x.bmp", "file"),
        ("image/gif", "x.gif", "file"),
        ("", "photo.JPG", "file"),
        ("", "photo.avif", "file"),
        ("application/octet-stream", "photo.heic", "file"),
        ("application/octet-stream", "scan.pdf", "pdf"),
        ("application/pdf", "scan", "pdf"),
    ],
)
def test_a_picture_file_is_known_by_its_type_or_else_by_its_name(mime: str, name: str, kind: str) -> None:
    event = document(mime_type=mime, file_name=name)

    assert isinstance(event, PhotoReceived)
    assert event.upload.kind == kind


@pytest.mark.parametrize(
    ("mime", "name"),
    [
        ("application/zip", "photo.jpg"),
        ("image/svg+xml", "drawing.svg"),
        ("", "jpg"),
        ("", ""),
        ("application/octet-stream", "photo.jpg.exe"),
        ("text/html", "x.png"),
    ],
)
def test_what_is_no_picture_file_is_a_document(mime: str, name: str) -> None:
    event = document(mime_type=mime, file_name=name)

    assert isinstance(event, UnsupportedReceived)
    assert event.what == "document"


def test_a_name_cannot_break_out_of_its_line_or_turn_it_round() -> None:
    update = recorded("text")
    update["message"]["from"] |= {"first_name": "Ma\u202era\n\n\x1b[2J ", "last_name": "L\0" * 100}

    found = translate(update, at=AT, nonce=NONCE)

    assert found is not None
    assert isinstance(found[1], TextReceived)
    assert found[1].name == "Mara [2J " + "L" * 55
    assert len(found[1].name) == 64


@pytest.mark.parametrize("tag", ["", "x" * 40, "en; DROP", 7, None, "de_DE"])
def test_a_strange_language_is_none(tag: Any) -> None:
    update = recorded("text")
    update["message"]["from"]["language_code"] = tag

    found = translate(update, at=AT, nonce=NONCE)

    assert found is not None
    assert isinstance(found[1], TextReceived)
    assert found[1].language == ""


@pytest.mark.parametrize("words", ["/start hello world", "/start " + "A" * 65, "/start ../etc"])
def test_a_start_that_no_deep_link_can_have_sent_is_a_plain_start(words: str) -> None:
    update = recorded("start")
    update["message"]["text"] = words

    found = translate(update, at=AT, nonce=NONCE)

    assert found is not None
    assert found[1] == Started(**WHO, message=3)


@pytest.mark.parametrize("words", ["/", "//start", "/home/mara", "/a-b", "1/2", "say /start"])
def test_a_slash_alone_makes_no_command(words: str) -> None:
    update = recorded("text")
    update["message"]["text"] = words

    found = translate(update, at=AT, nonce=NONCE)

    assert found is not None
    assert found[1] == TextReceived(**WHO, message=1, text=words)


def test_a_bot_is_no_customer() -> None:
    update = recorded("text")
    update["message"]["from"]["is_bot"] = True

    assert translate(update, at=AT, nonce=NONCE) is None
