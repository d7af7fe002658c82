import asyncio

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup

from bot.sandbox.client import SandboxClient, SandboxRefused
from bot.sandbox.server import Sandbox
from bot.sandbox.state import BotAccount
from tests.sandbox.conftest import Clock, library_bot, refused

YES = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="K7F3.1.yes")]])


async def pressed(
    bot: Bot, client: SandboxClient, chat: int, *, within: float = 5
) -> tuple[str, asyncio.Task[dict[str, object]]]:
    sent = await bot.send_message(chat, "Shall we?", reply_markup=YES)
    press = asyncio.create_task(client.press(chat, sent.message_id, "Yes", within=within))
    (update,) = await bot.get_updates(timeout=5)
    assert update.callback_query is not None
    assert update.callback_query.data == "K7F3.1.yes"
    assert update.callback_query.message is not None
    assert update.callback_query.message.message_id == sent.message_id
    return update.callback_query.id, press


async def test_start_carries_the_payload_of_a_link(client: SandboxClient, bot: Bot) -> None:
    chat = await client.new_chat("Ben", language_code="en", payload="order_A-17")

    await client.start(chat)

    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "/start order_A-17"
    assert list(update.message.parse_entities().values()) == ["/start"]
    assert update.message.from_user is not None
    assert update.message.from_user.language_code == "en"
    with pytest.raises(SandboxRefused, match="at most 64 characters"):
        await client.start(chat, "x" * 65)


async def test_the_answer_to_a_press_reaches_the_customer(client: SandboxClient, bot: Bot, chat: int) -> None:
    query, press = await pressed(bot, client, chat)

    await bot.answer_callback_query(query, "Noted.", show_alert=True)

    assert (await press)["answer"] == {"text": "Noted.", "show_alert": True, "url": ""}


async def test_a_press_is_answered_once_and_not_after_150_seconds(
    client: SandboxClient, bot: Bot, chat: int, clock: Clock
) -> None:
    answered, press = await pressed(bot, client, chat)
    await bot.answer_callback_query(answered)
    await press
    await bot.get_updates(offset=-1)
    await bot.get_updates(offset=2_000_000_000)
    late, waiting = await pressed(bot, client, chat, within=0)
    await waiting

    clock.time += 151

    for query in (answered, late, "12345"):
        with refused("query is too old and response timeout expired or query ID is invalid"):
            await bot.answer_callback_query(query)


async def test_a_press_that_nobody_answers_returns_in_time(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    _, press = await pressed(bot, client, chat, within=0.05)

    assert (await press)["answer"] is None


async def test_a_button_that_is_gone_can_only_be_pressed_stale(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    sent = await bot.send_message(chat, "Shall we?", reply_markup=YES)
    await bot.edit_message_text("Too late.", chat, sent.message_id)

    with pytest.raises(SandboxRefused, match="That button is gone"):
        await client.press(chat, sent.message_id, "Yes")

    await client.press(chat, sent.message_id, "K7F3.1.yes", stale=True, within=0)
    (update,) = await bot.get_updates()
    assert update.callback_query is not None
    assert update.callback_query.data == "K7F3.1.yes"


async def test_an_edited_message_comes_as_such(client: SandboxClient, bot: Bot, chat: int) -> None:
    sent = await client.send_text(chat, "the mug")

    await client.edit(chat, sent, "the blue mug")

    _, update = await bot.get_updates()
    assert update.edited_message is not None
    assert update.edited_message.text == "the blue mug"
    assert update.edited_message.edit_date is not None


async def test_the_bot_is_not_told_of_a_deletion(client: SandboxClient, bot: Bot, chat: int) -> None:
    sent = await client.send_text(chat, "never mind")
    await bot.get_updates(offset=2_000_000_000)

    await client.delete(chat, sent)

    assert await bot.get_updates() == ()
    assert [one["text"] for one in await client.messages(chat)] == ["/start"]


async def test_a_reply_shows_what_it_answers(client: SandboxClient, bot: Bot, chat: int) -> None:
    question = await bot.send_message(chat, "Which one?")

    await client.send_text(chat, "the blue one", reply_to=question.message_id)

    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.reply_to_message is not None
    assert update.message.reply_to_message.text == "Which one?"


async def test_a_forwarded_message_names_its_origin(client: SandboxClient, bot: Bot, chat: int) -> None:
    other = await client.new_chat("Ben")
    original = await client.send_text(other, "look at this")

    await client.forward(chat, original, from_chat=other)

    update = (await bot.get_updates())[-1]
    assert update.message is not None
    assert update.message.text == "look at this"
    assert update.message.forward_origin is not None
    assert update.message.forward_origin.type == "user"


async def test_a_wait_is_ended_by_the_message_that_it_waits_for(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    mark = client.mark()
    waiting = asyncio.create_task(
        client.wait_for(chat, lambda message: "second" in message["text"], after=mark)
    )

    await bot.send_message(chat, "first")
    await bot.send_message(chat, "second")

    assert (await waiting)["text"] == "second"


async def test_a_wait_does_not_count_what_came_before_its_mark(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    sent = await bot.send_message(chat, "old words")
    await client.wait_for(chat, lambda message: message["text"] == "old words")
    mark = client.mark()

    with pytest.raises(TimeoutError, match="old words"):
        await client.wait_for(chat, lambda message: "words" in message["text"], 0.05, after=mark)

    await bot.edit_message_text("new words", chat, sent.message_id)
    shown = await client.wait_for(chat, lambda message: "words" in message["text"], after=mark)
    assert shown["text"] == "new words"


async def test_actions_and_deletions_come_as_events(client: SandboxClient, bot: Bot, chat: int) -> None:
    sent = await bot.send_message(chat, "soon gone")

    await bot.send_chat_action(chat, "upload_photo")
    await bot.delete_message(chat, sent.message_id)

    action = await client.wait_for_event(lambda event: event["type"] == "action")
    deleted = await client.wait_for_event(lambda event: event["type"] == "deleted")
    assert (action["chat"], action["action"]) == (chat, "upload_photo")
    assert deleted["message_id"] == sent.message_id


async def test_two_bots_know_nothing_of_each_other() -> None:
    second = BotAccount(
        token="7000000002:AAthe-second-bot-of-this-sandbox", username="second_bot", name="Second"
    )

    async with (
        Sandbox(more_bots=[second]) as sandbox,
        SandboxClient(sandbox.address) as client,
        library_bot(sandbox) as first,
        library_bot(sandbox, token=second.token) as other,
    ):
        chat = await client.new_chat("Anna", bot="second_bot")
        await client.start(chat)

        (update,) = await other.get_updates()
        await other.send_message(chat["id"], "hello")

        assert update.message is not None
        assert await first.get_updates() == ()
        with refused("chat not found"):
            await first.send_message(chat["id"], "hello")
