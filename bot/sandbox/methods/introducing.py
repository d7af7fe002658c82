"""The methods by which a bot says who it is: getMe, commands, name and descriptions; no messages."""

import re
from typing import Any

from bot.sandbox import errors, limits
from bot.sandbox.call import Call
from bot.sandbox.shapes import Json

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")
_CHAT_SCOPES = ("chat", "chat_administrators", "chat_member")


async def get_me(call: Call) -> Json:
    """Return the bot's User with the fields that only getMe has."""
    return {
        **call.bot.user(),
        "can_join_groups": False,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def set_my_commands(call: Call) -> bool:
    """Set the command list of one scope and language."""
    call.bot.commands[_place(call)] = _commands(call.parameters.structure("commands"))
    _announce(call)
    return True


async def get_my_commands(call: Call) -> list[Json]:
    """Return the command list of exactly this scope and language."""
    return call.bot.commands.get(_place(call), [])


async def delete_my_commands(call: Call) -> bool:
    """Forget the command list of one scope and language."""
    call.bot.commands.pop(_place(call), None)
    _announce(call)
    return True


async def set_my_name(call: Call) -> bool:
    """Set the bot's name for one language."""
    return _set_text(call, "name", limits.NAME_LENGTH)


async def get_my_name(call: Call) -> Json:
    """Return the bot's name."""
    return {"name": _text(call, "name") or call.bot.account.name}


async def set_my_description(call: Call) -> bool:
    """Set the text of an empty chat for one language."""
    return _set_text(call, "description", limits.DESCRIPTION_LENGTH)


async def get_my_description(call: Call) -> Json:
    """Return the text of an empty chat."""
    return {"description": _text(call, "description")}


async def set_my_short_description(call: Call) -> bool:
    """Set the text of the profile for one language."""
    return _set_text(call, "short_description", limits.SHORT_DESCRIPTION_LENGTH)


async def get_my_short_description(call: Call) -> Json:
    """Return the text of the profile."""
    return {"short_description": _text(call, "short_description")}


async def log_out(call: Call) -> bool:
    """Do nothing, successfully: there is no cloud to leave."""
    return True


def _set_text(call: Call, name: str, most: int) -> bool:
    text = call.parameters.text(name)
    if len(text) > most:
        raise errors.DESCRIPTION_TOO_LONG.refusal()
    call.bot.texts[f"{name}:{call.parameters.text('language_code')}"] = text
    _announce(call)
    return True


def _text(call: Call, name: str) -> str:
    texts = call.bot.texts
    return texts.get(f"{name}:{call.parameters.text('language_code')}") or texts.get(f"{name}:", "")


def _announce(call: Call) -> None:
    call.bot.save()
    call.telegram.feed.publish("bot", bot=call.bot.id)


def _place(call: Call) -> str:
    scope: Any = call.parameters.structure("scope") or {"type": "default"}
    if not isinstance(scope, dict):
        raise errors.SCOPE_UNREADABLE.refusal()
    kind = scope.get("type")
    if kind not in _SCOPES + _CHAT_SCOPES:
        raise errors.SCOPE_UNKNOWN.refusal()
    name = f"{kind}:{scope.get('chat_id')}" if kind in _CHAT_SCOPES else kind
    return f"{name}|{call.parameters.text('language_code')}"


def _commands(given: Any) -> list[Json]:
    if isinstance(given, str):
        raise errors.COMMANDS_UNREADABLE.refusal()
    if given is None:
        return []
    if not isinstance(given, list):
        raise errors.COMMANDS_NOT_ARRAY.refusal()
    if len(given) > limits.COMMANDS:
        raise errors.COMMANDS_TOO_MANY.refusal()
    return [_command(one) for one in given]


def _command(one: Any) -> Json:
    if not isinstance(one, dict):
        raise errors.COMMAND_INVALID.refusal(reason="expected an Object")
    for name in ("command", "description"):
        if not isinstance(one.get(name), str):
            raise errors.COMMAND_INVALID.refusal(reason=f'Can\'t find field "{name}"')
    command = one["command"].removeprefix("/")
    if (
        not _COMMAND.fullmatch(command)
        or not 1 <= len(one["description"]) <= limits.COMMAND_DESCRIPTION_LENGTH
    ):
        raise errors.COMMAND_REFUSED.refusal()
    return {"command": command, "description": one["description"]}
