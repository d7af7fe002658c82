"""Where updates come in, and how Telegram is told so; a part of the composition."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot.app.clock import SystemClock
from bot.app.hearing import Ears
from bot.metered import MeteredIntake
from bot.meters import Meters
from bot.ports import TransientFailure
from bot.room import Room, folders_of
from bot.settings import Settings
from bot.telegram.chat import TelegramChat
from bot.telegram.client import TelegramBot
from bot.telegram.courtesies import Courtesies
from bot.telegram.intake import Intake
from bot.telegram.polling import Poller
from bot.telegram.seller_chat import Counter, SellerChats, TakesUpdates
from bot.telegram.setup import set_commands, use_polling, use_webhook
from flows.catalogue import Catalogue, Texts
from storage.sql.store import SqlStorage

logger = logging.getLogger(__name__)

Step = Callable[[], Awaitable[None]]
"""One thing that Telegram is told at start."""

COMMANDS = ("start", "help", "back", "cancel", "status", "language", "privacy")
AGAIN_AT_MOST = 60.0
"""Seconds between attempts to reach Telegram at start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Where updates come in."""

    bot: TelegramBot
    intake: TakesUpdates
    poller: Poller
    texts: Texts


def room_of(settings: Settings) -> Room:
    """Watch the disks that photos and database lie on."""
    folders = folders_of(database=settings.database, blobs=settings.blobs)
    return Room(folders, reserve=settings.disk_reserve)


async def open_entrance(
    stack: AsyncExitStack,
    storage: SqlStorage,
    bot: TelegramBot,
    catalogue: Catalogue,
    *,
    counters: Mapping[int, Counter],
    ears: Ears,
    meters: Meters,
    room: Room,
) -> Entrance:
    """Put together what takes updates in; it stops with the stack."""
    texts = catalogue.texts

    def slow_down(language: str) -> str:
        return texts.plain(language, "flood.slow_down", {})

    def no_room(language: str) -> str:
        return texts.plain(language, "flood.no_room", {})

    courtesies = Courtesies(bot)
    stack.push_async_callback(courtesies.close)
    clock = SystemClock()
    customers = Intake(
        streams=storage.streams,
        courtesies=courtesies,
        clock=clock,
        slow_down=slow_down,
        room=room,
        no_room=no_room,
    )
    intake: TakesUpdates = customers
    if counters:
        files = TelegramChat(bot)
        intake = SellerChats(customers, chats=counters, ears=ears, bot=bot, downloads=files)
    counted = MeteredIntake(intake, meters)
    poller = Poller(counted, bot, courtesies=courtesies)
    stack.push_async_callback(poller.stop)
    return Entrance(bot=bot, intake=counted, poller=poller, texts=texts)


async def introduce(stack: AsyncExitStack, entrance: Entrance, *, hook: str, settings: Settings) -> str:
    """Tell Telegram how updates are to come; a Telegram out of reach is asked again, a refused token ends it.

    Its answer is the bot's name, or nothing when Telegram could not be asked yet.
    """
    username = ""

    async def learn_name() -> None:
        nonlocal username
        username = await entrance.bot.identify()

    async def take_updates() -> None:
        if hook:
            await use_webhook(entrance.bot, address=hook, secret=settings.webhook_secret)
        else:
            await use_polling(entrance.bot)
            entrance.poller.start()

    async def show_commands() -> None:
        await set_commands(entrance.bot, _menus(entrance.texts))

    # menus last: customers are heard without them
    steps: deque[Step] = deque([learn_name, take_updates, show_commands])
    try:
        await _go_through(steps)
    except TransientFailure as failure:
        logger.warning("Telegram cannot be reached, trying again: %s", failure)
        task = asyncio.create_task(_until_introduced(steps))
        stack.callback(task.cancel)
    return username


async def _go_through(steps: deque[Step]) -> None:
    """Take the steps in order; those that are done are not taken again after a failure."""
    while steps:
        await steps[0]()
        steps.popleft()


async def _until_introduced(steps: deque[Step]) -> None:
    pause = 1.0
    while steps:
        await asyncio.sleep(pause)
        before = len(steps)
        try:
            await _go_through(steps)
        except TransientFailure as failure:
            longer = min(AGAIN_AT_MOST, pause * 2) if len(steps) == before else 1.0
            pause = max(longer, failure.retry_after or 0.0)
    logger.info("Telegram is reached")


def _menus(texts: Texts) -> dict[str, dict[str, str]]:
    """The command menu in each language."""
    return {
        locale: {command: texts.plain(locale, f"commands.{command}", {}) for command in COMMANDS}
        for locale in texts.locales
    }
