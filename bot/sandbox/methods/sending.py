"""sendMessage, sendPhoto, sendDocument and sendMediaGroup: a bot's new messages."""

import secrets
from typing import Any

from bot.sandbox import errors, limits
from bot.sandbox.call import Call
from bot.sandbox.content import (
    Media,
    caption_content,
    caption_parameters,
    markup_content,
    media_content,
    media_item,
    media_parameter,
    reply_content,
    text_content,
)
from bot.sandbox.errors import Wording
from bot.sandbox.shapes import Json


async def send_message(call: Call) -> Json:
    """Send a text."""
    content = text_content(call)
    keyboard = markup_content(call)
    chat = call.chat()
    content = {**reply_content(call, chat), **content, **keyboard}
    return call.telegram.add_message(call.bot, chat, content, sender=call.bot.user())


async def send_photo(call: Call) -> Json:
    """Send a photo, recompressed as Telegram does."""
    return await _send_one(call, "photo", missing=errors.PHOTO_MISSING)


async def send_document(call: Call) -> Json:
    """Send a file as it is."""
    return await _send_one(call, "document", missing=errors.DOCUMENT_MISSING)


async def _send_one(call: Call, kind: str, *, missing: Wording) -> Json:
    media = media_parameter(call, kind, missing=missing)
    caption = caption_content(caption_parameters(call))
    keyboard = markup_content(call)
    chat = call.chat()
    reply = reply_content(call, chat)
    content = {**reply, **await media_content(call, media), **caption, **keyboard}
    return call.telegram.add_message(call.bot, chat, content, sender=call.bot.user())


async def send_media_group(call: Call) -> list[Json]:
    """Send two to ten photos or documents as one album; it carries no buttons (spec)."""
    items = _items(call.parameters.structure("media"))
    media = [media_item(call, item) for item in items]
    _check_kinds(media)
    captions = [caption_content(item) for item in items]
    chat = call.chat()
    reply = reply_content(call, chat)
    contents = [await media_content(call, one) for one in media]
    group = {"media_group_id": str(secrets.randbits(53))}
    return [
        call.telegram.add_message(
            call.bot, chat, {**reply, **group, **content, **caption}, sender=call.bot.user()
        )
        for content, caption in zip(contents, captions, strict=True)
    ]


def _items(given: Any) -> list[Any]:
    if given is None:
        raise errors.PARAMETER_MISSING.refusal(name="media")
    if isinstance(given, str):
        raise errors.MEDIA_UNREADABLE.refusal()
    if not isinstance(given, list):
        raise errors.MEDIA_NOT_ARRAY.refusal()
    least, most = limits.ALBUM_ITEMS
    if len(given) > most:
        raise errors.ALBUM_TOO_LONG.refusal()
    if len(given) < least:
        raise errors.ALBUM_TOO_SHORT.refusal()
    return given


def _check_kinds(media: list[Media]) -> None:
    if len({one.kind for one in media}) > 1:
        raise errors.ALBUM_MIXED.refusal()
