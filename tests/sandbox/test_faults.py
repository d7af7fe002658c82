from datetime import timedelta

import pytest
from telegram import Bot
from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut

from bot.sandbox.client import SandboxClient, SandboxRefused
from bot.sandbox.server import Sandbox


@pytest.fixture(autouse=True)
def _periods(monkeypatch: pytest.MonkeyPatch) -> None:
    # The library warns of its own older way at each RetryAfter.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


async def test_the_next_calls_of_a_method_are_refused_with_429(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    await client.faults({"method": "sendMessage", "status": 429, "retry_after": 3, "times": 2})

    for _ in range(2):
        with pytest.raises(RetryAfter) as refusal:
            await bot.send_message(chat, "hello")
        assert refusal.value.retry_after == timedelta(seconds=3)
    await bot.send_chat_action(chat, "typing")
    await bot.send_message(chat, "through")

    assert [one["text"] for one in await client.messages(chat)] == ["/start", "through"]


async def test_a_server_failure_is_a_network_error_and_does_nothing(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    await client.faults({"method": "*", "status": 502})

    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_message(chat, "lost")

    assert [one["text"] for one in await client.messages(chat)] == ["/start"]


async def test_a_connection_breaks_before_the_call_is_carried_out(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    await client.faults({"method": "sendMessage", "kind": "drop"})

    with pytest.raises(NetworkError):
        await bot.send_message(chat, "lost")

    assert [one["text"] for one in await client.messages(chat)] == ["/start"]


async def test_a_connection_breaks_after_the_call_was_carried_out(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    await client.faults({"method": "sendMessage", "kind": "drop_after_acting"})

    with pytest.raises(NetworkError):
        await bot.send_message(chat, "there all the same")

    await client.wait_for(chat, lambda message: message["text"] == "there all the same")


async def test_a_call_that_hangs_times_out_and_does_nothing(
    client: SandboxClient, bot: Bot, chat: int
) -> None:
    await client.faults({"method": "sendMessage", "kind": "hang", "seconds": 2})

    with pytest.raises(TimedOut):
        await bot.send_message(chat, "lost", read_timeout=0.2)

    assert [one["text"] for one in await client.messages(chat)] == ["/start"]


async def test_a_fault_can_wait_for_the_nth_call(client: SandboxClient, bot: Bot, chat: int) -> None:
    await client.faults({"method": "sendMessage", "status": 500, "skip": 1})

    await bot.send_message(chat, "first")
    with pytest.raises(NetworkError):
        await bot.send_message(chat, "second")
    await bot.send_message(chat, "third")

    assert [one["text"] for one in await client.messages(chat)] == ["/start", "first", "third"]


async def test_a_fault_can_strike_by_chance(client: SandboxClient, bot: Bot, chat: int) -> None:
    await client.faults({"method": "sendChatAction", "status": 500, "probability": 0.5})

    struck = 0
    for _ in range(40):
        try:
            await bot.send_chat_action(chat, "typing")
        except NetworkError:
            struck += 1

    (fault,) = await client.faults()
    assert fault["hits"] == struck
    assert 5 < struck < 35


async def test_a_download_can_fail(client: SandboxClient, bot: Bot, chat: int) -> None:
    await client.send_document(chat, b"content", name="a.bin")
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.document is not None
    file = await bot.get_file(update.message.document.file_id)
    await client.faults({"method": "file", "status": 503}, {"method": "file", "kind": "drop"})

    for _ in range(2):
        with pytest.raises(NetworkError):
            await file.download_as_bytearray()

    assert await file.download_as_bytearray() == b"content"


async def test_faults_are_taken_back_and_checked(client: SandboxClient, bot: Bot, chat: int) -> None:
    await client.faults({"method": "sendMessage", "status": 500, "times": None})

    await client.clear_faults()

    await bot.send_message(chat, "through")
    with pytest.raises(SandboxRefused, match="kind must be one of"):
        await client.faults({"kind": "earthquake"})
    with pytest.raises(SandboxRefused, match="unknown: methods"):
        await client.faults({"methods": "sendMessage"})


async def test_the_journal_shows_every_call_and_no_token(
    sandbox: Sandbox, client: SandboxClient, bot: Bot, chat: int
) -> None:
    await client.faults({"method": "sendPhoto", "status": 500})
    await bot.send_message(chat, f"the token is {sandbox.token}")
    with pytest.raises(BadRequest):
        await bot.edit_message_text("x", chat, 9999)
    with pytest.raises(NetworkError):
        await bot.send_photo(chat, b"bytes")
    await bot.set_webhook("https://bot.example.org/hook", secret_token="canary_secret")

    calls = await client.calls()

    shown = {one["method"]: one for one in calls}
    assert shown["sendMessage"]["parameters"]["text"] == "the token is <token>"
    assert shown["editMessageText"]["answer"]["description"] == "Bad Request: message to edit not found"
    assert shown["sendPhoto"]["fault"] == "error"
    assert shown["sendPhoto"]["parameters"]["photo"]["bytes"] == 5
    assert sandbox.token not in str(calls)
    assert "canary_secret" not in str(calls)
    assert [one["method"] for one in await client.calls(after=shown["sendPhoto"]["id"])] == ["setWebhook"]
