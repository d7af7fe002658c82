import io
from pathlib import Path

import pytest
from PIL import Image
from telegram import Bot, File

from bot.sandbox.client import SandboxClient, SandboxRefused
from bot.sandbox.pictures import NotAPicture, recompress
from tests.sandbox.conftest import refused
from tests.sandbox.echo_bot import picture

ORIENTATION, MAKER = 0x0112, 0x010F


def upside_down() -> bytes:
    image = Image.new("RGB", (2000, 1000), "white")
    image.paste("red", (0, 0, 1000, 1000))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[MAKER] = "Canary"
    written = io.BytesIO()
    image.save(written, "JPEG", exif=exif)
    return written.getvalue()


def opened(data: bytes | bytearray) -> Image.Image:
    return Image.open(io.BytesIO(bytes(data)))


async def downloaded(bot: Bot, file_id: str) -> bytes:
    file: File = await bot.get_file(file_id)
    return bytes(await file.download_as_bytearray())


async def test_a_photo_arrives_as_sizes_with_the_largest_last(
    client: SandboxClient, bot: Bot, chat: int, photo: bytes
) -> None:
    await client.send_photos(chat, [photo], caption="the front")

    (update,) = await bot.get_updates()
    assert update.message is not None
    sizes = [(one.width, one.height) for one in update.message.photo]
    data = await downloaded(bot, update.message.photo[-1].file_id)

    assert sizes == [(90, 68), (320, 240), (1280, 960)]
    assert opened(data).size == (1280, 960)
    assert len(data) == update.message.photo[-1].file_size
    assert update.message.caption == "the front"


async def test_a_photo_is_turned_upright_and_stripped(client: SandboxClient, bot: Bot, chat: int) -> None:
    await client.send_photos(chat, [upside_down()])

    (update,) = await bot.get_updates()
    assert update.message is not None
    kept = opened(await downloaded(bot, update.message.photo[-1].file_id))

    assert kept.format == "JPEG"
    assert kept.size == (640, 1280)
    assert not kept.getexif()
    assert kept.getpixel((320, 100))[1] < 60  # type: ignore[index]
    assert kept.getpixel((320, 1180))[1] > 200  # type: ignore[index]


async def test_a_picture_sent_as_file_keeps_its_bytes_name_and_type(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    original = upside_down()

    await client.send_document(chat, original, name="IMG_0001.JPG", mime="image/jpeg")

    (update,) = await bot.get_updates()
    assert update.message is not None
    document = update.message.document
    assert document is not None
    assert (document.file_name, document.mime_type, document.file_size) == (
        "IMG_0001.JPG",
        "image/jpeg",
        len(original),
    )
    assert document.thumbnail is not None
    assert await downloaded(bot, document.file_id) == original


async def test_an_album_is_separate_updates_with_one_group_and_one_caption(
    client: SandboxClient, bot: Bot, chat: int, photo: bytes
) -> None:
    await client.send_photos(chat, [photo, picture("#765"), picture("#667")], caption="all sides")

    messages = [one.message for one in await bot.get_updates() if one.message]

    assert len(messages) == 3
    assert len({one.media_group_id for one in messages}) == 1
    assert [one.caption for one in messages] == ["all sides", None, None]


async def test_twelve_photos_are_two_albums(client: SandboxClient, bot: Bot, chat: int) -> None:
    small = picture("#765", size=(40, 30))

    await client.send_photos(chat, [small] * 12)

    groups = [one.message.media_group_id for one in await bot.get_updates() if one.message]
    assert [groups.count(one) for one in dict.fromkeys(groups)] == [10, 2]


async def test_the_unique_id_is_the_contents_and_the_file_id_is_the_bots(
    client: SandboxClient, bot: Bot, chat: int, photo: bytes
) -> None:
    (one,) = await client.send_photos(chat, [photo])
    (two,) = await client.send_photos(chat, [photo])

    again = await bot.send_photo(chat, one["photo"][-1]["file_id"])

    assert one["photo"][-1]["file_unique_id"] == two["photo"][-1]["file_unique_id"]
    assert again.photo[-1].file_unique_id == one["photo"][-1]["file_unique_id"]


async def test_a_photo_of_the_bot_is_recompressed_too(bot: Bot, chat: int) -> None:
    sent = await bot.send_photo(chat, picture("#8899aa", size=(2600, 1300), form="PNG"))

    kept = opened(await downloaded(bot, sent.photo[-1].file_id))

    assert (kept.format, kept.size) == ("JPEG", (1280, 640))


async def test_a_document_of_the_bot_keeps_its_bytes(bot: Bot, chat: int) -> None:
    sent = await bot.send_document(chat, b"%PDF-1.7 small", filename="label.pdf", caption="your label")

    assert sent.document is not None
    assert sent.document.file_name == "label.pdf"
    assert sent.document.mime_type == "application/pdf"
    assert await downloaded(bot, sent.document.file_id) == b"%PDF-1.7 small"


async def test_what_telegram_would_not_take_as_a_photo_is_refused(bot: Bot, chat: int) -> None:
    with refused("IMAGE_PROCESS_FAILED"):
        await bot.send_photo(chat, b"no picture at all")
    with refused("PHOTO_INVALID_DIMENSIONS"):
        await bot.send_photo(chat, picture("#111", size=(2100, 100)))
    with refused("is too big for a photo; the maximum size is 10485760 bytes"):
        await bot.send_photo(chat, b"x" * (10 * 2**20 + 1))
    with refused("file must be non-empty"):
        await bot.send_document(chat, b"", filename="empty.txt")
    with refused("wrong file identifier"):
        await bot.send_photo(chat, "AgACunknown")
    with refused("failed to get HTTP URL content"):
        await bot.send_photo(chat, "https://example.org/a.jpg")


async def test_a_file_over_20_mb_cannot_be_fetched(client: SandboxClient, bot: Bot, chat: int) -> None:
    sent = await client.send_document(chat, b"\0" * (20 * 2**20 + 1), name="large.bin")

    with refused("file is too big"):
        await bot.get_file(sent["document"]["file_id"])
    with refused("invalid file_id"):
        await bot.get_file("nonsense")


async def test_a_pdf_keeps_its_type_and_a_voice_message_is_only_a_stub(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    await client.send_document(chat, b"%PDF-1.4 receipt", name="receipt.pdf")
    for kind in ("voice", "video", "sticker", "location"):
        await client.send_stub(chat, kind)

    document, voice, video, sticker, location = [
        one.message for one in await bot.get_updates() if one.message
    ]

    assert document.document is not None
    assert document.document.mime_type == "application/pdf"
    assert (voice.voice, video.video, sticker.sticker, location.location) != (None, None, None, None)


async def test_what_is_no_picture_cannot_go_as_a_photo_but_as_a_file(
    client: SandboxClient, chat: int
) -> None:
    with pytest.raises(SandboxRefused, match="Try sending it as a file"):
        await client.send_photos(chat, [b"no picture"])

    (sent,) = await client.send_photos(chat, [b"no picture"], as_file=True)
    assert sent["document"]["file_size"] == 10


@pytest.mark.sample_data
def test_hostile_pictures_become_a_photo_or_are_no_picture(sample_data: Path) -> None:
    outcomes = set()

    for place in sorted((sample_data / "hostile-images").iterdir()):
        try:
            made = recompress(place.read_bytes())
        except NotAPicture:
            outcomes.add("refused")
        else:
            outcomes.add("kept")
            assert all(max(one.width, one.height) <= 1280 for one in made.renditions), place.name

    assert outcomes == {"refused", "kept"}
