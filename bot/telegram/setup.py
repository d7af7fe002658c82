"""Tells Telegram, once at start, how updates are to come and which commands there are; calls nothing else."""

from collections.abc import Mapping
from typing import Any

from bot.telegram.client import TelegramBot

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
CONNECTIONS = 40
"""Simultaneous webhook calls that Telegram may make; 40 is its own default, 100 its limit (Bot API, setWebhook)."""
DESCRIPTION_LENGTH = 256
COMMANDS = 100


async def use_webhook(bot: TelegramBot, *, address: str, secret: str, connections: int = CONNECTIONS) -> None:
    """Have updates sent to `address`, each with `secret` in its header; what waits at Telegram is kept."""
    params = {
        "url": address,
        "secret_token": secret,
        "allowed_updates": list(ALLOWED_UPDATES),
        "max_connections": connections,
        "drop_pending_updates": False,
    }
    await bot.call("setWebhook", params)


async def use_polling(bot: TelegramBot) -> None:
    """Take a webhook away, so that updates can be asked for; what waits at Telegram is kept."""
    await bot.call("deleteWebhook", {"drop_pending_updates": False})


async def set_commands(bot: TelegramBot, commands: Mapping[str, Mapping[str, str]]) -> None:
    """Set the menus: locale -> command -> description; the first locale is for all others.

    Telegram knows languages without regions here (ISO 639-1): of two locales of one language the first counts.
    """
    menus: dict[str, list[dict[str, Any]]] = {}
    for locale, descriptions in commands.items():
        menu = [
            {"command": command, "description": words.strip()[:DESCRIPTION_LENGTH]}
            for command, words in list(descriptions.items())[:COMMANDS]
        ]
        menus.setdefault("", menu)
        menus.setdefault(locale.partition("-")[0].lower(), menu)
    for language, menu in menus.items():
        await bot.call(
            "setMyCommands", {"commands": menu} | ({"language_code": language} if language else {})
        )
