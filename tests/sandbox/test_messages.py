import json

import aiohttp
import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import Forbidden

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import Clock, refused
from tests.sandbox.echo_bot import picture

YES = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="yes")]])


async def test_a_text_reaches_the_customer_with_its_buttons(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    sent = await bot.send_message(chat, "Shall we?", reply_markup=YES)

    shown = await client.wait_for(chat, lambda message: message.get("text") == "Shall we?")

    assert shown["message_id"] == sent.message_id
    assert shown["reply_markup"] == {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    assert sent.reply_markup == YES
    assert sent.from_user is not None
    assert sent.from_user.is_bot


async def test_styles_and_links_are_marked_in_utf16_units(bot: Bot, chat: int) -> None:
    bold = MessageEntity(MessageEntity.BOLD, 3, 4)

    sent = await bot.send_message(
        chat,
        "👍 bold, see https://example.org.",
        entities=[bold],
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )

    assert sent.parse_entities() == {sent.entities[0]: "bold", sent.entities[1]: "https://example.org"}
    assert sent.link_preview_options is not None
    assert sent.link_preview_options.is_disabled


async def test_html_is_parsed_and_its_faults_are_told(bot: Bot, chat: int) -> None:
    sent = await bot.send_message(chat, "<b>Fine &amp; <i>good</i></b>", parse_mode="HTML")

    assert sent.text == "Fine & good"
    assert sorted(one.type for one in sent.entities) == ["bold", "italic"]
    with refused("can't parse entities: Unsupported start tag"):
        await bot.send_message(chat, "<script>x</script>", parse_mode="HTML")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "message text is empty"),
        ("  \n ", "text must be non-empty"),
        ("x" * 4097, "message is too long"),
    ],
)
async def test_a_text_has_one_to_4096_characters(bot: Bot, chat: int, text: str, words: str) -> None:
    with refused(words):
        await bot.send_message(chat, text)


async def test_a_caption_has_at_most_1024_characters(bot: Bot, chat: int) -> None:
    with refused("caption is too long"):
        await bot.send_photo(chat, picture("#345"), caption="x" * 1025)


async def test_callback_data_has_at_most_64_bytes(bot: Bot, chat: int) -> None:
    fits = InlineKeyboardMarkup([[InlineKeyboardButton("ü", callback_data="ü" * 32)]])
    too_long = InlineKeyboardMarkup([[InlineKeyboardButton("ü", callback_data="ü" * 33)]])

    await bot.send_message(chat, "fits", reply_markup=fits)

    with refused("button_data_invalid"):
        await bot.send_message(chat, "does not", reply_markup=too_long)


async def test_a_message_has_at_most_100_buttons(bot: Bot, chat: int) -> None:
    rows = [[InlineKeyboardButton(str(one), callback_data=str(one))] for one in range(101)]

    await bot.send_message(chat, "fits", reply_markup=InlineKeyboardMarkup(rows[:100]))

    with refused("reply markup is too long"):
        await bot.send_message(chat, "does not", reply_markup=InlineKeyboardMarkup(rows))


async def test_a_button_that_does_nothing_is_refused(bot: Bot, chat: int) -> None:
    with refused("Text buttons are unallowed in the inline keyboard"):
        await bot.send_message(
            chat, "x", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="")]])
        )


async def test_an_edit_without_buttons_takes_them_away(client: SandboxClient, bot: Bot, chat: int) -> None:
    sent = await bot.send_message(chat, "Shall we?", reply_markup=YES)

    await bot.edit_message_text("We did.", chat, sent.message_id)

    shown = await client.wait_for(chat, lambda message: message.get("text") == "We did.")
    assert "reply_markup" not in shown
    assert shown["edit_date"]


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot, chat: int) -> None:
    sent = await bot.send_message(chat, "same", reply_markup=YES)

    with refused("message is not modified: specified new message content"):
        await bot.edit_message_text("same", chat, sent.message_id, reply_markup=YES)
    with refused("message is not modified"):
        await bot.edit_message_reply_markup(chat, sent.message_id, reply_markup=YES)


async def test_only_what_is_there_and_own_can_be_edited(client: SandboxClient, bot: Bot, chat: int) -> None:
    theirs = await client.send_text(chat, "mine")
    photo = await bot.send_photo(chat, picture("#543"))
    text = await bot.send_message(chat, "text")

    with refused("message to edit not found"):
        await bot.edit_message_text("x", chat, 9999)
    with refused("message can't be edited"):
        await bot.edit_message_text("x", chat, theirs["message_id"])
    with refused("there is no text in the message to edit"):
        await bot.edit_message_text("x", chat, photo.message_id)
    with refused("there is no caption in the message to edit"):
        await bot.edit_message_caption(chat, text.message_id, caption="x")


async def test_a_photo_changes_its_caption_its_picture_and_its_buttons(bot: Bot, chat: int) -> None:
    sent = await bot.send_photo(chat, picture("#543"), caption="before")

    captioned = await bot.edit_message_caption(chat, sent.message_id, caption="after")
    replaced = await bot.edit_message_media(
        InputMediaPhoto(picture("#999"), caption="new"), chat, sent.message_id
    )
    buttoned = await bot.edit_message_reply_markup(chat, sent.message_id, reply_markup=YES)

    assert captioned.caption == "after"  # type: ignore[union-attr]
    assert replaced.caption == "new"  # type: ignore[union-attr]
    assert replaced.photo[-1].file_unique_id != sent.photo[-1].file_unique_id  # type: ignore[union-attr]
    assert buttoned.caption == "new"  # type: ignore[union-attr]


async def test_messages_of_both_sides_are_deleted_within_48_hours(
    client: SandboxClient, bot: Bot, chat: int, clock: Clock
) -> None:
    theirs = await client.send_text(chat, "mine")
    own = await bot.send_message(chat, "yours")
    old = await bot.send_message(chat, "old")

    await bot.delete_message(chat, theirs["message_id"])
    await bot.delete_messages(chat, [own.message_id, 9999])

    clock.time += 48 * 3600 + 1
    with refused("message can't be deleted"):
        await bot.delete_message(chat, old.message_id)
    with refused("message to delete not found"):
        await bot.delete_message(chat, own.message_id)
    assert [one.get("text") for one in await client.messages(chat)] == ["/start", "old"]


async def test_an_album_is_two_to_ten_of_one_kind(client: SandboxClient, bot: Bot, chat: int) -> None:
    pictures = [InputMediaPhoto(picture(f"#{one}{one}{one}"), caption=f"number {one}") for one in range(3)]

    sent = await bot.send_media_group(chat, pictures)

    assert len({one.media_group_id for one in sent}) == 1
    assert [one.caption for one in sent] == ["number 0", "number 1", "number 2"]
    with refused("too much messages to send as an album"):
        await bot.send_media_group(chat, [InputMediaPhoto(picture("#111", size=(64, 64)))] * 11)
    with refused("2-10"):
        await bot.send_media_group(chat, pictures[:1])
    with refused("Can't use the media of the specified type in the album"):
        await bot.send_media_group(chat, [pictures[0], InputMediaDocument(b"text", filename="a.txt")])


async def test_a_reply_carries_the_message_and_must_find_it(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    question = await client.send_text(chat, "Where is it?")

    answer = await bot.send_message(chat, "Here.", reply_parameters=ReplyParameters(question["message_id"]))
    anyway = await bot.send_message(
        chat, "Here too.", reply_parameters=ReplyParameters(9999, allow_sending_without_reply=True)
    )

    assert answer.reply_to_message is not None
    assert answer.reply_to_message.text == "Where is it?"
    assert anyway.reply_to_message is None
    with refused("message to be replied not found"):
        await bot.send_message(chat, "x", reply_parameters=ReplyParameters(9999))


async def test_a_chat_that_was_not_started_is_not_found(client: SandboxClient, bot: Bot, chat: int) -> None:
    fresh = await client.new_chat("Ben")

    for nobody in (fresh["id"], 404):
        with refused("chat not found"):
            await bot.send_message(nobody, "hello")


async def test_a_blocked_bot_is_forbidden_until_the_customer_writes(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    await client.block(chat)

    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(chat, "hello")

    await client.send_text(chat, "I am back")
    await bot.send_message(chat, "hello")
    kinds = [
        one.my_chat_member.new_chat_member.status for one in await bot.get_updates() if one.my_chat_member
    ]
    assert kinds == ["kicked", "member"]


async def test_commands_are_kept_by_scope_and_language(client: SandboxClient, bot: Bot, chat: int) -> None:
    english = await client.new_chat("Ben", language_code="en")

    await bot.set_my_commands([("help", "What I can do")])
    await bot.set_my_commands([("help", "Was ich kann")], language_code="de")

    assert (await bot.get_my_commands(language_code="de"))[0].description == "Was ich kann"
    assert [one["description"] for one in await client.commands(chat)] == ["Was ich kann"]
    assert [one["description"] for one in await client.commands(english)] == ["What I can do"]
    await bot.delete_my_commands(language_code="de")
    assert [one["description"] for one in await client.commands(chat)] == ["What I can do"]
    with refused("bot_command_invalid"):
        await bot.set_my_commands([("Capital", "x")])


async def test_harmless_methods_answer(client: SandboxClient, bot: Bot, chat: int) -> None:
    message = await client.send_text(chat, "hello")

    assert await bot.set_my_description("About")
    assert await bot.set_my_short_description("Short")
    assert (await bot.get_my_description()).description == "About"
    assert await bot.send_chat_action(chat, "typing")
    assert await bot.set_message_reaction(chat, message["message_id"], "👍")
    assert (await bot.get_chat(chat)).first_name == "Anna"
    with refused("reaction_invalid"):
        await bot.set_message_reaction(chat, message["message_id"], "🪑")


async def test_a_call_comes_as_query_form_or_json(sandbox: Sandbox, chat: int) -> None:
    address = f"{sandbox.base_url}{sandbox.token}/SendMessage"
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    calls = [
        {"params": {"chat_id": str(chat), "text": "query"}},
        {"data": {"chat_id": str(chat), "text": "form", "reply_markup": json.dumps(keyboard)}},
        {"json": {"chat_id": chat, "text": "json", "reply_markup": keyboard}},
    ]

    async with aiohttp.ClientSession() as session:
        answers = [await (await session.post(address, **call)).json() for call in calls]  # type: ignore[arg-type]

    assert [one["result"]["text"] for one in answers] == ["query", "form", "json"]
    assert [one["result"].get("reply_markup") for one in answers] == [None, keyboard, keyboard]


async def test_a_refusal_has_telegrams_body(sandbox: Sandbox) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{sandbox.base_url}{sandbox.token}/sendMessage") as answer,
    ):
        assert answer.status == 400
        assert await answer.json() == {
            "ok": False,
            "error_code": 400,
            "description": "Bad Request: message text is empty",
        }
