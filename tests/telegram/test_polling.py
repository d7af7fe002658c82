"""The getUpdates loop on the sandbox: what is not committed is asked for again, and nothing stops it but us."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from bot.telegram.client import TelegramBot
from bot.telegram.courtesies import Courtesies
from bot.telegram.intake import Intake
from bot.telegram.polling import Poller
from bot.telegram.setup import set_commands, use_polling, use_webhook
from bot.testing import FixedClock
from flows.events import ChatBlocked, PhotoReceived, Started, TextReceived
from storage.ports import StorageFailure
from tests.telegram.conftest import RecordingStreams
from tests.telegram.test_chat import drawing


@pytest.fixture
async def poller(intake: Intake, bot: TelegramBot, courtesies: Courtesies) -> AsyncIterator[Poller]:
    poller = Poller(intake, bot, courtesies=courtesies, first_pause=0.01)
    yield poller
    await poller.stop()


async def offsets(customer: SandboxClient) -> list[int]:
    calls = await customer.calls(method="getUpdates")
    return [int(call["parameters"].get("offset", 0)) for call in calls if call["status"] == 200]


async def test_updates_are_committed_in_order_and_then_acknowledged(
    poller: Poller, streams: RecordingStreams, customer: SandboxClient
) -> None:
    chat = await customer.new_chat("Mara")
    await customer.start(chat)
    for word in ("one", "two", "three"):
        await customer.send_text(chat, word)

    poller.start()
    await streams.until(4)
    await customer.send_text(chat, "four")
    await streams.until(5)

    started, *texts = streams.events(chat["id"])
    assert isinstance(started, Started)
    assert [text.text for text in texts if isinstance(text, TextReceived)] == ["one", "two", "three", "four"]
    orders = [arrival.order for arrival in streams.committed]
    assert orders == sorted(set(orders))


async def test_the_next_offset_waits_for_the_commit_of_the_whole_batch(
    poller: Poller, streams: RecordingStreams, customer: SandboxClient
) -> None:
    mara, ove = await customer.new_chat("Mara"), await customer.new_chat("Ove")
    await customer.start(mara)
    await customer.start(ove)
    streams.gate.clear()

    poller.start()
    await streams.until_waiting(2)
    asked = await offsets(customer)
    streams.gate.set()
    await streams.until(2)
    await customer.send_text(mara, "go on")
    await streams.until(3)

    assert asked == [0]
    assert max(await offsets(customer)) == max(arrival.order for arrival in streams.committed[:2]) + 1


async def test_an_album_keeps_its_order(
    poller: Poller, streams: RecordingStreams, customer: SandboxClient
) -> None:
    chat = await customer.new_chat("Mara")
    await customer.start(chat)
    sent = await customer.send_photos(chat, [drawing(colour) for colour in ("red", "green", "blue", "black")])

    poller.start()
    await streams.until(5)

    photos = [event for event in streams.events() if isinstance(event, PhotoReceived)]
    assert [photo.message for photo in photos] == [message["message_id"] for message in sent]
    assert len({photo.album for photo in photos}) == 1
    assert photos[0].album


async def test_a_commit_that_fails_is_tried_again_and_nothing_is_lost_or_doubled(
    poller: Poller, streams: RecordingStreams, customer: SandboxClient
) -> None:
    chat = await customer.new_chat("Mara")
    await customer.start(chat)
    for number in range(5):
        await customer.send_text(chat, str(number))
    streams.failures = [StorageFailure("busy")] * 3

    poller.start()
    await streams.until(6)
    await customer.send_text(chat, "last")
    await streams.until(7)

    texts = [event.text for event in streams.events() if isinstance(event, TextReceived)]
    assert texts == ["0", "1", "2", "3", "4", "last"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502},
        {"status": 409},
        {"kind": "drop"},
        {"kind": "drop_after_acting"},
    ],
)
async def test_the_loop_outlives_whatever_telegram_answers(
    intake: Intake,
    bot: TelegramBot,
    streams: RecordingStreams,
    customer: SandboxClient,
    fault: dict[str, object],
) -> None:
    chat = await customer.new_chat("Mara")
    await customer.faults({"method": "getUpdates", "times": 2, **fault})
    poller = Poller(intake, bot, courtesies=intake._courtesies, first_pause=0.01)

    poller.start()
    await customer.start(chat)
    await streams.until(1)
    await poller.stop()

    assert [type(event) for event in streams.events()] == [Started]


async def test_a_second_poller_is_named_in_one_clear_line(
    poller: Poller, streams: RecordingStreams, customer: SandboxClient, caplog: pytest.LogCaptureFixture
) -> None:
    await customer.faults({"method": "getUpdates", "status": 409})
    chat = await customer.new_chat("Mara")

    poller.start()
    await customer.start(chat)
    await streams.until(1)

    lines = [record.getMessage() for record in caplog.records if record.name == "bot.telegram.polling"]
    assert len(lines) == 1
    assert "another program takes this bot's updates" in lines[0]


async def test_stopping_during_a_long_poll_takes_no_time(poller: Poller, customer: SandboxClient) -> None:
    poller.start()
    while not await customer.calls(method="deleteWebhook"):
        await use_polling(poller._bot)

    async with asyncio.timeout(5):
        await poller.stop()
        await poller.stop()


async def test_what_was_not_committed_when_the_process_died_comes_again(
    sandbox: Sandbox, streams: RecordingStreams, customer: SandboxClient, bot: TelegramBot, intake: Intake
) -> None:
    chat = await customer.new_chat("Mara")
    await customer.start(chat)
    await customer.send_text(chat, "do not lose me")
    streams.gate.clear()
    first = Poller(intake, bot, courtesies=Courtesies(bot))
    first.start()
    await streams.until_waiting(1)
    await first.stop()

    fresh = RecordingStreams()
    again = Intake(streams=fresh, courtesies=Courtesies(bot), clock=FixedClock())
    second = Poller(again, bot, courtesies=Courtesies(bot))
    second.start()
    await fresh.until(2)
    await second.stop()

    assert streams.committed == []
    first_event, second_event = fresh.events()
    assert isinstance(first_event, Started)
    assert isinstance(second_event, TextReceived)


async def test_blocking_and_coming_back_are_heard(
    poller: Poller, streams: RecordingStreams, customer: SandboxClient
) -> None:
    chat = await customer.new_chat("Mara")
    await customer.start(chat)

    poller.start()
    await customer.block(chat)
    await customer.block(chat, blocked=False)
    await streams.until(3)

    blocked = [event.blocked for event in streams.events() if isinstance(event, ChatBlocked)]
    assert blocked == [True, False]


async def test_a_webhook_that_stands_is_taken_away_without_losing_what_waits(
    poller: Poller, streams: RecordingStreams, customer: SandboxClient, bot: TelegramBot
) -> None:
    await use_webhook(bot, address="http://127.0.0.1:9/nobody-listens", secret="abc")
    chat = await customer.new_chat("Mara")
    await customer.start(chat)

    await use_polling(bot)
    poller.start()
    await streams.until(1)

    assert [type(event) for event in streams.events()] == [Started]


async def test_the_menu_speaks_the_customers_language(bot: TelegramBot, customer: SandboxClient) -> None:
    words = {"en": {"start": "Begin", "help": "How it works"}, "de": {"start": "Los", "help": "So geht's"}}

    await set_commands(bot, words)

    for language, expected in (("en", "Begin"), ("de", "Los"), ("sv", "Begin")):
        chat = await customer.new_chat("Mara", language_code=language)
        assert (await customer.commands(chat))[0] == {"command": "start", "description": expected}
