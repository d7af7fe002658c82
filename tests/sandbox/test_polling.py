import asyncio

import pytest
from telegram import Bot
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import Clock, library_bot


async def test_an_update_is_given_again_until_the_offset_acknowledges_it(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    await client.send_text(chat, "first")
    await client.send_text(chat, "second")

    before = await bot.get_updates()
    again = await bot.get_updates()
    after = await bot.get_updates(offset=before[0].update_id + 1)

    assert [one.message.text for one in before if one.message] == ["first", "second"]
    assert [one.update_id for one in again] == [one.update_id for one in before]
    assert [one.message.text for one in after if one.message] == ["second"]


async def test_update_ids_are_sequential_and_the_limit_is_obeyed(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    for number in range(5):
        await client.send_text(chat, f"text {number}")

    updates = await bot.get_updates(limit=3)

    first = updates[0].update_id
    assert [one.update_id for one in updates] == [first, first + 1, first + 2]


async def test_a_long_poll_ends_as_soon_as_something_arrives(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    while not (await client.bots())[0]["polling"]:
        assert not poll.done()

    await client.send_text(chat, "hello")

    (update,) = await asyncio.wait_for(poll, 5)

    assert update.message is not None
    assert update.message.text == "hello"


async def test_a_second_poller_ends_the_first_with_a_conflict(sandbox: Sandbox, bot: Bot, chat: int) -> None:
    async with library_bot(sandbox) as other:
        first = asyncio.create_task(bot.get_updates(timeout=30))
        while not first.done():
            await other.get_updates()

        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first


async def test_polling_is_refused_while_a_webhook_stands(bot: Bot) -> None:
    await bot.set_webhook("https://bot.example.org/hook")

    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()


async def test_setting_a_webhook_ends_a_poll_that_waits(bot: Bot) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    while not poll.done():
        await bot.set_webhook("https://bot.example.org/hook")

    with pytest.raises(Conflict, match=r"setWebhook request|webhook is active"):
        await poll


async def test_allowed_updates_keep_other_kinds_away(client: SandboxClient, bot: Bot, chat: int) -> None:
    message = await client.send_text(chat, "first words")
    await bot.get_updates(allowed_updates=["message"])

    await client.edit(chat, message, "better words")

    kinds = [one.edited_message is not None for one in await bot.get_updates()]
    assert kinds == [False]


async def test_messages_wait_a_day_and_presses_two_and_a_half_minutes(
    client: SandboxClient, bot: Bot, chat: int, clock: Clock
) -> None:
    await client.send_text(chat, "hello")
    await client.press(chat, 1, "old", stale=True, within=0)

    clock.time += 149
    young = len(await bot.get_updates())
    clock.time += 2
    (older,) = await bot.get_updates()
    clock.time += 86_400
    oldest = await bot.get_updates()

    assert young == 2
    assert older.message is not None
    assert oldest == ()


async def test_pending_updates_are_dropped_on_demand(client: SandboxClient, bot: Bot, chat: int) -> None:
    await client.send_text(chat, "hello")

    await bot.delete_webhook(drop_pending_updates=True)

    assert await bot.get_updates() == ()


async def test_a_negative_offset_keeps_only_the_last_updates(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    for text in ("one", "two", "three"):
        await client.send_text(chat, text)

    (last,) = await bot.get_updates(offset=-1)

    assert last.message is not None
    assert last.message.text == "three"
    assert len(await bot.get_updates()) == 1


async def test_an_unknown_token_is_unauthorized(sandbox: Sandbox) -> None:
    stranger = library_bot(sandbox, token="7000000009:AAsomebody-elses-token-altogether")

    with pytest.raises(InvalidToken):
        await stranger.initialize()

    await stranger.shutdown()


async def test_an_unknown_method_is_not_found(bot: Bot) -> None:
    with pytest.raises(TelegramError, match=r"[Nn]ot [Ff]ound"):
        await bot.do_api_request("sendHologram")
