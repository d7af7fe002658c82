"""answerCallbackQuery, sendChatAction and setMessageReaction: what passes by and leaves no message."""

from typing import Any

from bot.sandbox import errors, limits
from bot.sandbox.call import Call
from bot.sandbox.shapes import Json

_ACTIONS = frozenset(
    {
        "cancel",
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
_REACTIONS = frozenset(
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐🍓🍾💋🖕😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾🤷😡"
)


async def answer_callback_query(call: Call) -> bool:
    """Show the answer to a press; refused once it is too old or answered."""
    parameters = call.parameters
    press = call.bot.presses.pop(parameters.text("callback_query_id"), None)
    if press is None or call.telegram.now() - press.pressed_at > limits.PRESS_SECONDS:
        raise errors.QUERY_EXPIRED.refusal()
    text = parameters.text("text")
    if len(text) > limits.CALLBACK_ANSWER_LENGTH:
        call.bot.presses[press.id] = press
        raise errors.ANSWER_TOO_LONG.refusal()
    answer: Json = {"text": text, "show_alert": parameters.flag("show_alert"), "url": parameters.text("url")}
    if not press.answer.done():
        press.answer.set_result(answer)
    call.telegram.feed.publish("answer", chat=press.chat, query=press.id, answer=answer)
    return True


async def send_chat_action(call: Call) -> bool:
    """Show what the bot is doing, for five seconds or until its next message."""
    action = call.parameters.text("action").lower()
    if action not in _ACTIONS:
        raise errors.ACTION_UNKNOWN.refusal()
    chat = call.chat()
    call.telegram.feed.publish("action", chat=chat.id, action=action, seconds=limits.ACTION_SECONDS)
    return True


async def set_message_reaction(call: Call) -> bool:
    """Put the bot's reaction on a message; an empty list takes it off."""
    chat = call.chat()
    message = chat.messages.get(call.parameters.whole("message_id"))
    if message is None:
        raise errors.REACT_NOT_FOUND.refusal()
    wanted: Any = call.parameters.structure("reaction") or []
    emoji = [str(one.get("emoji", "")).rstrip("\ufe0f") for one in wanted if isinstance(one, dict)]
    if any(one not in _REACTIONS for one in emoji) or len(emoji) > 1:
        raise errors.REACTION_INVALID.refusal()
    call.telegram.show_reaction(chat, message["message_id"], emoji)
    return True
