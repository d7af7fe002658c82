"""What the bot tells a Telegram that fails at start: each thing until it is taken, and none of them twice."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from pydantic import SecretStr

from bot.entrance import Entrance, introduce
from bot.flow_files import read_flow_files
from bot.sandbox.client import SandboxClient
from bot.settings import Settings
from bot.telegram.client import TelegramBot
from bot.telegram.courtesies import Courtesies
from bot.telegram.intake import Intake
from bot.telegram.polling import Poller

SETTINGS = Settings(telegram_token=SecretStr("1:introduced"))


@pytest.fixture
def entrance(bot: TelegramBot, intake: Intake, courtesies: Courtesies) -> Entrance:
    catalogue = read_flow_files().load(sellers=[]).catalogue
    assert catalogue is not None
    poller = Poller(intake, bot, courtesies=courtesies)
    return Entrance(bot=bot, intake=intake, poller=poller, texts=catalogue.texts)


async def told(customer: SandboxClient, *, until: str) -> list[tuple[str, int]]:
    """The calls that were made so far, once `until` was answered well."""
    async with asyncio.timeout(20):
        while True:
            calls = [(one["method"], one["status"]) for one in await customer.calls()]
            if (until, 200) in calls:
                return calls
            await asyncio.sleep(0.05)


async def test_menus_that_telegram_refuses_at_first_keep_no_customer_waiting(
    entrance: Entrance, customer: SandboxClient
) -> None:
    await customer.faults({"method": "setMyCommands", "kind": "error", "status": 502, "times": 1})

    async with AsyncExitStack() as stack:
        username = await introduce(stack, entrance, hook="http://127.0.0.1:9/telegram", settings=SETTINGS)
        at_once = await customer.calls()
        calls = await told(customer, until="setMyCommands")

    assert username
    assert [(one["method"], one["status"]) for one in at_once] == [
        ("getMe", 200),
        ("setWebhook", 200),
        ("setMyCommands", 502),
    ]
    assert [method for method, _ in calls].count("setWebhook") == 1


async def test_a_webhook_that_cannot_be_set_at_first_is_set_later(
    entrance: Entrance, customer: SandboxClient
) -> None:
    await customer.faults({"method": "setWebhook", "kind": "error", "status": 502, "times": 2})

    async with AsyncExitStack() as stack:
        await introduce(stack, entrance, hook="http://127.0.0.1:9/telegram", settings=SETTINGS)
        calls = await told(customer, until="setMyCommands")

    assert calls[:4] == [("getMe", 200), ("setWebhook", 502), ("setWebhook", 502), ("setWebhook", 200)]
