"""The edit and delete methods: what happens to messages that are already there."""

from typing import Any

from bot.sandbox import errors, limits
from bot.sandbox.call import Call
from bot.sandbox.content import (
    caption_content,
    caption_parameters,
    markup_content,
    media_content,
    media_item,
    text_content,
)
from bot.sandbox.shapes import Json
from bot.sandbox.state import Chat, content_of

_CONTENT = (
    "text",
    "entities",
    "link_preview_options",
    "caption",
    "caption_entities",
    "photo",
    "document",
    "reply_markup",
)


async def edit_message_text(call: Call) -> Json:
    """Change the text; without `reply_markup` the buttons go."""
    content = {**text_content(call), **markup_content(call)}
    chat = call.chat()
    message = call.own_message(chat)
    if "text" not in message:
        raise errors.NO_TEXT_TO_EDIT.refusal()
    return _changed(call, chat, message, content)


async def edit_message_caption(call: Call) -> Json:
    """Change the caption; without `reply_markup` the buttons go."""
    content = {**caption_content(caption_parameters(call)), **markup_content(call)}
    chat = call.chat()
    message = call.own_message(chat)
    if "text" in message:
        raise errors.NO_CAPTION_TO_EDIT.refusal()
    return _changed(call, chat, message, {**_parts(message, "photo", "document"), **content})


async def edit_message_media(call: Call) -> Json:
    """Put another photo or document, with its caption, in the place of what the message shows."""
    item: Any = call.parameters.structure("media")
    if item is None:
        raise errors.PARAMETER_MISSING.refusal(name="media")
    media = media_item(call, item)
    content = {**caption_content(item), **markup_content(call)}
    chat = call.chat()
    call.own_message(chat)
    shown = await media_content(call, media)
    # The message may have changed while the picture was prepared.
    return _changed(call, chat, call.own_message(chat), {**shown, **content})


async def edit_message_reply_markup(call: Call) -> Json:
    """Change or take away the buttons."""
    keyboard = markup_content(call)
    chat = call.chat()
    message = call.own_message(chat)
    kept = _parts(message, *(part for part in _CONTENT if part != "reply_markup"))
    return _changed(call, chat, message, {**kept, **keyboard}, dated=False)


async def delete_message(call: Call) -> bool:
    """Delete one message of either side, not older than 48 hours."""
    if not call.parameters.text("message_id"):
        raise errors.MESSAGE_ID_MISSING.refusal()
    chat = call.chat(to_write=False)
    message = chat.messages.get(call.parameters.whole("message_id"))
    if message is None:
        raise errors.DELETE_NOT_FOUND.refusal()
    if call.telegram.now() - message["date"] > limits.DELETE_SECONDS:
        raise errors.DELETE_FORBIDDEN.refusal()
    call.telegram.delete_message(chat, message["message_id"])
    return True


async def delete_messages(call: Call) -> bool:
    """Delete up to 100 messages; those that are gone are passed over (spec)."""
    ids: Any = call.parameters.structure("message_ids")
    if not isinstance(ids, list) or not ids:
        raise errors.DELETE_NOTHING.refusal()
    if len(ids) > limits.DELETED_AT_ONCE:
        raise errors.DELETE_TOO_MANY.refusal()
    chat = call.chat(to_write=False)
    for message_id in ids:
        if message_id in chat.messages:
            call.telegram.delete_message(chat, message_id)
    return True


def _parts(message: Json, *names: str) -> Json:
    return {name: message[name] for name in names if name in message}


def _changed(call: Call, chat: Chat, message: Json, content: Json, *, dated: bool = True) -> Json:
    head = {name: value for name, value in message.items() if name not in _CONTENT}
    changed = {**head, **content}
    if content_of(changed) == content_of(message):
        raise errors.NOT_MODIFIED.refusal()
    if dated:
        changed["edit_date"] = int(call.telegram.now())
    return call.telegram.change_message(chat, message, changed)
