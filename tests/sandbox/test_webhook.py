import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from telegram import Bot

from bot.sandbox.client import SandboxClient
from bot.sandbox.shapes import Json
from tests.sandbox.conftest import refused


class Hook:
    """A bot's own endpoint: remembers what came, answers as told."""

    def __init__(self) -> None:
        self.address = ""
        self.arrived: list[Json] = []
        self.secrets: list[str | None] = []
        self.answer: Callable[[Json], int] = lambda _: 200
        self.call: Json = {}  # what the answer holds
        self.changed = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        update: Json = await request.json()
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        status = self.answer(update)
        async with self.changed:
            self.arrived.append(update)
            self.changed.notify_all()
        return web.json_response(self.call, status=status) if self.call else web.Response(status=status)

    async def until(self, count: int) -> list[Json]:
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: len(self.arrived) >= count)
        return self.arrived


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    endpoint = Hook()
    application = web.Application()
    application.router.add_post("/hook", endpoint.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.address = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield endpoint
    await runner.cleanup()


def texts(updates: list[Json]) -> list[str]:
    return [one["message"]["text"] for one in updates if "message" in one]


async def test_updates_come_with_the_secret(client: SandboxClient, bot: Bot, chat: int, hook: Hook) -> None:
    await bot.set_webhook(hook.address, secret_token="canary_secret-1")

    await client.send_text(chat, "hello")

    (update,) = await hook.until(1)
    assert update["message"]["text"] == "hello"
    assert hook.secrets == ["canary_secret-1"]


async def test_what_waited_before_the_webhook_is_delivered(
    client: SandboxClient, bot: Bot, chat: int, hook: Hook
) -> None:
    await client.send_text(chat, "early")

    await bot.set_webhook(hook.address)

    assert texts(await hook.until(1)) == ["early"]


async def test_a_refused_update_is_repeated_and_later_ones_of_the_chat_wait(
    client: SandboxClient, bot: Bot, chat: int, hook: Hook
) -> None:
    failures = iter([500, 503, 404])
    hook.answer = lambda _: next(failures, 200)
    await bot.set_webhook(hook.address)

    await client.send_text(chat, "first")
    await client.send_text(chat, "second")

    assert texts(await hook.until(5)) == ["first", "first", "first", "first", "second"]
    assert len({one["update_id"] for one in hook.arrived}) == 2


async def test_a_press_overtakes_a_message_that_is_refused(
    client: SandboxClient, bot: Bot, chat: int, hook: Hook
) -> None:
    hook.answer = lambda update: 500 if "message" in update else 200
    await bot.set_webhook(hook.address)

    await client.send_text(chat, "stuck")
    await client.press(chat, 1, "data", stale=True, within=0)

    async with asyncio.timeout(10), hook.changed:
        await hook.changed.wait_for(lambda: any("callback_query" in one for one in hook.arrived))
    assert (await bot.get_webhook_info()).pending_update_count == 1


async def test_other_chats_do_not_wait_for_a_chat_that_is_refused(
    client: SandboxClient, bot: Bot, chat: int, hook: Hook
) -> None:
    hook.answer = lambda update: 500 if update["message"]["chat"]["id"] == chat else 200
    await bot.set_webhook(hook.address)
    other = await client.new_chat("Ben")

    await client.send_text(chat, "stuck")
    await client.send_text(other, "through")

    async with asyncio.timeout(10), hook.changed:
        await hook.changed.wait_for(lambda: "through" in texts(hook.arrived))


async def test_the_webhook_tells_of_its_last_error(
    client: SandboxClient, bot: Bot, chat: int, hook: Hook
) -> None:
    hook.answer = lambda _: 502
    await bot.set_webhook(hook.address, max_connections=7, allowed_updates=["message"])

    await client.send_text(chat, "hello")
    await hook.until(3)

    info = await bot.get_webhook_info()
    assert info.url == hook.address
    assert info.max_connections == 7
    assert info.allowed_updates == ("message",)
    assert info.last_error_message == "Wrong response from the webhook: 502 Bad Gateway"


async def test_a_dead_webhook_gets_its_update_when_it_lives_again(
    client: SandboxClient, bot: Bot, chat: int, hook: Hook
) -> None:
    living = hook.address
    await bot.set_webhook("http://127.0.0.1:9/hook")
    await client.send_text(chat, "patience")

    await bot.set_webhook(living)

    assert texts(await hook.until(1)) == ["patience"]


async def test_deleting_the_webhook_keeps_what_waits_for_polling(
    client: SandboxClient, bot: Bot, chat: int, hook: Hook
) -> None:
    hook.answer = lambda _: 500
    await bot.set_webhook(hook.address)
    await client.send_text(chat, "kept")
    await hook.until(1)

    await bot.delete_webhook()

    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "kept"


async def test_a_call_in_the_answer_is_carried_out(
    client: SandboxClient, bot: Bot, chat: int, hook: Hook
) -> None:
    await bot.set_webhook(hook.address)
    hook.call = {"method": "sendMessage", "chat_id": chat, "text": "by the way"}

    await client.send_text(chat, "hello")

    await client.wait_for(chat, lambda shown: shown.get("text") == "by the way")


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "close"])
async def test_what_an_answer_cannot_call_is_not_called(
    client: SandboxClient, bot: Bot, chat: int, hook: Hook, method: str
) -> None:
    await bot.set_webhook(hook.address)
    hook.call = {"method": method}
    calls = await client.calls(method=method)

    await client.send_text(chat, "first")
    await client.send_text(chat, "second")
    await hook.until(2)

    assert await client.calls(method=method) == calls


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://bot.example.org/hook", "An HTTPS URL must be provided for webhook"),
        ("https://bot.example.org:5000/hook", "only on ports 80, 88, 443 or 8443"),
        ("ftp://bot.example.org/hook", "invalid webhook URL specified"),
    ],
)
async def test_an_address_that_telegram_would_not_call_is_refused(bot: Bot, url: str, words: str) -> None:
    with refused(words):
        await bot.set_webhook(url)


async def test_a_secret_with_other_signs_is_refused(bot: Bot, hook: Hook) -> None:
    with refused("secret token contains unallowed characters"):
        await bot.set_webhook(hook.address, secret_token="not allowed!")
