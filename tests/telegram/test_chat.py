"""What a Say asks for is seen in a real chat of the sandbox: sent, edited, closed; uploads are fetched."""

import asyncio
import io
from typing import Any

import pytest
from PIL import Image

from bot.ports import Gone, PermanentFailure, TransientFailure
from bot.sandbox.client import SandboxClient
from bot.telegram.chat import TelegramChat
from flows.effects import Say
from flows.values import Button, Picture, Rows, Span, Upload

PICTURE = Picture(source="shipped", refs=("front.svg",))
ROWS: Rows = ((Button(text="Yes", data="K7F3QX.1.yes"), Button(text="No", data="K7F3QX.1.no")),)
MEGABYTE = 1024 * 1024
large_files = pytest.mark.filterwarnings(
    "ignore:Sending a large body:ResourceWarning"
)  # the driver's, not ours


def drawing(colour: str = "red", *, size: tuple[int, int] = (400, 300), kind: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, kind)
    return content.getvalue()


def say(text: str, *, picture: bool = False, buttons: Rows = (), closing: str = "") -> Say:
    return Say(
        spans=(Span(text=text, style="bold"),),
        buttons=buttons,
        picture=PICTURE if picture else None,
        closing=(Span(text=closing),) if closing else None,
    )


@pytest.fixture
async def mara(customer: SandboxClient) -> int:
    return await new_customer(customer, "Mara")


async def new_customer(customer: SandboxClient, name: str) -> int:
    chat = await customer.new_chat(name)
    await customer.start(chat)
    return int(chat["id"])


async def shown(customer: SandboxClient, chat: int) -> list[dict[str, Any]]:
    """Return what the bot said, as the customer sees it now."""
    return [message for message in await customer.messages(chat) if message["from"]["is_bot"]]


async def test_a_text_with_buttons_arrives(chat: TelegramChat, customer: SandboxClient, mara: int) -> None:
    sent = await chat.send(mara, say("Broken?", buttons=ROWS), None)

    (message,) = await shown(customer, mara)
    assert (message["message_id"], sent.has_picture) == (sent.message, False)
    assert message["text"] == "Broken?"
    assert message["entities"] == [{"type": "bold", "offset": 0, "length": 7}]
    assert [button["text"] for button in message["reply_markup"]["inline_keyboard"][0]] == ["Yes", "No"]


async def test_a_file_arrives_under_its_name_with_every_byte_also_when_it_was_shown_before(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    content = drawing(kind="JPEG")
    await chat.send(mara, say("Like this", picture=True), content)
    file = Picture(source="file", refs=("key",), captions=("ShippingDamage_Packaging.jpg",))

    sent = await chat.send(mara, Say(spans=(Span(text="1/2"),), picture=file), content)

    message = (await shown(customer, mara))[-1]
    assert (message["message_id"], message["caption"]) == (sent.message, "1/2")
    assert message["document"]["file_name"] == "ShippingDamage_Packaging.jpg"
    assert message["document"]["file_size"] == len(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_a_picture_arrives_with_its_words(
    chat: TelegramChat, customer: SandboxClient, mara: int, kind: str
) -> None:
    sent = await chat.send(mara, say("Like this", picture=True, buttons=ROWS), drawing(kind=kind))

    (message,) = await shown(customer, mara)
    assert sent.has_picture
    assert message["caption"] == "Like this"
    assert (message["photo"][-1]["width"], message["photo"][-1]["height"]) == (400, 300)
    assert "reply_markup" in message


async def test_a_picture_is_uploaded_once_and_then_named(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    await chat.send(mara, say("one", picture=True), drawing("red"))
    await chat.send(mara, say("two", picture=True), drawing("red"))
    await chat.send(mara, say("three", picture=True), drawing("blue"))

    calls = await customer.calls(method="sendPhoto")
    assert [isinstance(call["parameters"]["photo"], dict) for call in calls] == [True, False, True]
    assert [message["caption"] for message in await shown(customer, mara)] == ["one", "two", "three"]


async def test_a_picture_that_telegram_forgot_is_uploaded_again(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    picture = drawing()
    await chat.send(mara, say("one", picture=True), picture)
    chat._file_ids.put(next(iter(chat._file_ids._kept)), "AgACAgQAAxkBAAIBforgotten-file-id")

    sent = await chat.send(mara, say("two", picture=True), picture)

    assert sent.has_picture
    assert [message["caption"] for message in await shown(customer, mara)] == ["one", "two"]


async def test_what_telegram_shows_as_no_photo_does_not_cost_the_words(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    far_too_long = drawing(size=(4200, 100))

    sent = await chat.send(mara, say("Look", picture=True, buttons=ROWS), far_too_long)

    (message,) = await shown(customer, mara)
    assert (message["text"], sent.has_picture) == ("Look", False)


async def test_long_words_follow_their_picture_and_hold_the_slot(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    sent = await chat.send(mara, say("word " * 300, picture=True, buttons=ROWS), drawing())

    picture, words = await shown(customer, mara)
    assert "caption" not in picture
    assert (words["message_id"], sent.has_picture) == (sent.message, False)
    assert "reply_markup" in words


async def test_a_text_is_changed_in_place(chat: TelegramChat, customer: SandboxClient, mara: int) -> None:
    sent = await chat.send(mara, say("1 of 4", buttons=ROWS), None)

    again = await chat.edit(mara, sent.message, say("2 of 4"), None, has_picture=False)

    (message,) = await shown(customer, mara)
    assert again == sent
    assert message["text"] == "2 of 4"
    assert "reply_markup" not in message


async def test_a_change_that_changes_nothing_is_no_failure(chat: TelegramChat, mara: int) -> None:
    sent = await chat.send(mara, say("1 of 4", buttons=ROWS), None)

    again = await chat.edit(mara, sent.message, say("1 of 4", buttons=ROWS), None, has_picture=False)

    assert again == sent


async def test_a_picture_is_exchanged_and_the_same_one_keeps_its_bytes(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    sent = await chat.send(mara, say("front", picture=True), drawing("red"))

    for words, colour in (("front, closer", "red"), ("back", "blue"), ("back again", "blue")):
        await chat.edit(
            mara, sent.message, say(words, picture=True, buttons=ROWS), drawing(colour), has_picture=True
        )

    methods = [call["method"] for call in await customer.calls() if call["direction"] == "call"]
    assert [name.lower() for name in methods] == [
        "sendphoto",
        "editmessagecaption",
        "editmessagemedia",
        "editmessagecaption",
    ]
    (message,) = await shown(customer, mara)
    assert message["caption"] == "back again"


@pytest.mark.parametrize("had_picture", [True, False])
async def test_a_text_becomes_no_picture_and_a_picture_no_text(
    chat: TelegramChat,
    mara: int,
    had_picture: bool,  # noqa: FBT001
) -> None:
    picture = drawing()
    sent = await chat.send(mara, say("one", picture=had_picture), picture if had_picture else None)

    with pytest.raises(Gone):
        await chat.edit(
            mara,
            sent.message,
            say("two", picture=not had_picture),
            None if had_picture else picture,
            has_picture=had_picture,
        )


async def test_a_message_that_was_deleted_is_gone(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    sent = await chat.send(mara, say("one"), None)
    await customer.delete(mara, sent.message)

    with pytest.raises(Gone):
        await chat.edit(mara, sent.message, say("two"), None, has_picture=False)


@pytest.mark.parametrize("has_picture", [True, False])
async def test_closing_takes_the_buttons_and_sets_the_closing_words(
    chat: TelegramChat,
    customer: SandboxClient,
    mara: int,
    has_picture: bool,  # noqa: FBT001
) -> None:
    question = say("Which?", picture=has_picture, buttons=ROWS)
    sent = await chat.send(mara, question, drawing() if has_picture else None)

    await chat.close_buttons(mara, sent.message, say("next", closing="Which? Yes"), has_picture=has_picture)
    await chat.close_buttons(mara, sent.message, say("next", closing="Which? Yes"), has_picture=has_picture)

    (message,) = await shown(customer, mara)
    assert message["caption" if has_picture else "text"] == "Which? Yes"
    assert "reply_markup" not in message


async def test_closing_without_words_takes_the_buttons_alone(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    sent = await chat.send(mara, say("Which?", buttons=ROWS), None)

    await chat.close_buttons(mara, sent.message, say("next"), has_picture=False)

    (message,) = await shown(customer, mara)
    assert message["text"] == "Which?"
    assert "reply_markup" not in message


async def test_closing_what_is_gone_is_no_failure(chat: TelegramChat, mara: int) -> None:
    await chat.close_buttons(mara, 4711, say("next", closing="done"), has_picture=False)


async def test_a_customer_who_blocked_the_bot_is_told_apart(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    await customer.block(mara)

    with pytest.raises(PermanentFailure, match=r"(?i)forbidden.*blocked"):
        await chat.send(mara, say("hello"), None)


async def test_a_chat_that_is_not_there_fails_for_good(chat: TelegramChat) -> None:
    with pytest.raises(PermanentFailure, match=r"(?i)chat not found"):
        await chat.send(999, say("hello"), None)


async def test_a_full_telegram_names_its_wait_and_holds_back_no_other_chat(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    other = await new_customer(customer, "Ove")
    await customer.faults({"method": "sendMessage", "status": 429, "retry_after": 7})

    with pytest.raises(TransientFailure) as caught:
        await chat.send(mara, say("hello"), None)
    sent = await chat.send(other, say("hello"), None)

    assert caught.value.retry_after == 7
    assert sent.message


async def test_nothing_at_all_is_sent_to_a_chat_until_the_time_that_telegram_named(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    first = await chat.send(mara, say("hello"), None)
    await customer.faults({"method": "sendMessage", "status": 429, "retry_after": 1})
    with pytest.raises(TransientFailure):
        await chat.send(mara, say("again"), None)

    with pytest.raises(TransientFailure) as caught:
        await chat.close_buttons(mara, first.message, say("hello"), has_picture=False)
    calls = [call["method"] for call in await customer.calls()]
    await asyncio.sleep(1.05)
    sent = await chat.send(mara, say("again"), None)

    assert 0.5 < (caught.value.retry_after or 0) <= 1
    assert calls[-1] == "sendMessage"
    assert sent.message


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "status": 500},
        {"kind": "error", "status": 502},
        {"kind": "drop"},
        {"kind": "drop_after_acting"},
    ],
)
async def test_what_passes_by_itself_is_transient(
    chat: TelegramChat, customer: SandboxClient, mara: int, fault: dict[str, object]
) -> None:
    await customer.faults({"method": "sendMessage", **fault})

    with pytest.raises(TransientFailure) as caught:
        await chat.send(mara, say("hello"), None)

    assert caught.value.retry_after is None
    assert "sandbox-token" not in str(caught.value)


async def test_an_upload_is_fetched_byte_by_byte(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    picture = drawing(size=(1600, 1200), kind="JPEG")
    (message,) = await customer.send_photos(mara, [picture], as_file=True)

    content = await chat.download(upload(message), limit=20 * MEGABYTE)

    assert content == picture


def upload(message: dict[str, object], *, size: int = 0) -> Upload:
    document = message["document"]
    assert isinstance(document, dict)
    return Upload(file_id=document["file_id"], unique_id="u", kind="file", size=size)


@pytest.mark.parametrize("announced", [0, 100 * MEGABYTE])
@large_files
async def test_an_upload_over_the_limit_is_too_big_whether_announced_or_not(
    chat: TelegramChat, customer: SandboxClient, mara: int, announced: int
) -> None:
    (message,) = await customer.send_photos(mara, [drawing(size=(900, 900), kind="BMP")], as_file=True)

    with pytest.raises(PermanentFailure, match=r"^too_big$"):
        await chat.download(upload(message, size=announced), limit=MEGABYTE)


@large_files
async def test_what_telegram_will_not_hand_out_is_too_big(
    chat: TelegramChat, customer: SandboxClient, mara: int
) -> None:
    message = await customer.send_document(mara, b"\0" * (20 * MEGABYTE + 1), name="a.jpg", mime="image/jpeg")

    with pytest.raises(PermanentFailure, match=r"^too_big$"):
        await chat.download(upload(message), limit=50 * MEGABYTE)


async def test_a_file_that_nobody_knows_fails_for_good(chat: TelegramChat) -> None:
    unknown = Upload(file_id="BQACnothing", unique_id="u", kind="file")

    with pytest.raises(PermanentFailure, match=r"^download$"):
        await chat.download(unknown, limit=MEGABYTE)


@pytest.mark.parametrize("method", ["getFile", "file"])
async def test_a_download_that_breaks_can_be_tried_again(
    chat: TelegramChat, customer: SandboxClient, mara: int, method: str
) -> None:
    (message,) = await customer.send_photos(mara, [drawing()], as_file=True)
    await customer.faults({"method": method, "status": 502})

    with pytest.raises(TransientFailure):
        await chat.download(upload(message), limit=MEGABYTE)
    content = await chat.download(upload(message), limit=MEGABYTE)

    assert content == drawing()
