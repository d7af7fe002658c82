"""Makes the content of a bot's message (text, caption, photo, document) from parameters; used to send and to edit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox import errors, limits
from bot.sandbox.call import Call
from bot.sandbox.entities import formatted, units
from bot.sandbox.errors import Wording
from bot.sandbox.files import FileStore, StoredFile, Upload
from bot.sandbox.markup import inline_keyboard
from bot.sandbox.shapes import Json
from bot.sandbox.state import Chat, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A photo or document to send: a reference (file_id, URL, attach://) or the file itself."""

    kind: str
    reference: str
    upload: Upload | None


def text_content(call: Call) -> Json:
    """Return text, entities and link preview; raises for empty and for over-long text."""
    parameters = call.parameters
    if not parameters.text("text"):
        raise errors.TEXT_EMPTY.refusal()
    text, entities = formatted(
        parameters.text("text"),
        parse_mode=parameters.text("parse_mode"),
        entities=parameters.structure("entities"),
    )
    if not text:
        raise errors.TEXT_BLANK.refusal()
    if units(text) > limits.TEXT_LENGTH:
        raise errors.TEXT_TOO_LONG.refusal()
    content: Json = {"text": text}
    if entities:
        content["entities"] = entities
    preview = parameters.structure("link_preview_options")
    if isinstance(preview, dict) and preview:
        content["link_preview_options"] = preview
    return content


def caption_content(given: Mapping[str, Any]) -> Json:
    """Return caption and its entities from an object with caption, parse_mode and caption_entities."""
    caption, entities = formatted(
        given.get("caption") or "",
        parse_mode=given.get("parse_mode") or "",
        entities=given.get("caption_entities"),
    )
    if units(caption) > limits.CAPTION_LENGTH:
        raise errors.CAPTION_TOO_LONG.refusal()
    content: Json = {"caption": caption} if caption else {}
    if caption and entities:
        content["caption_entities"] = entities
    return content


def caption_parameters(call: Call) -> Json:
    """Return the three parameters that make a caption."""
    parameters = call.parameters
    return {
        "caption": parameters.text("caption"),
        "parse_mode": parameters.text("parse_mode"),
        "caption_entities": parameters.structure("caption_entities"),
    }


def markup_content(call: Call) -> Json:
    """Return the inline keyboard as a part of the message, or nothing."""
    keyboard = inline_keyboard(call.parameters.structure("reply_markup"))
    return {"reply_markup": keyboard} if keyboard else {}


def reply_content(call: Call, chat: Chat) -> Json:
    """Return the message that is replied to, or nothing; raises when it is gone and must be there."""
    given = call.parameters.structure("reply_parameters")
    if not isinstance(given, dict):
        given = {
            "message_id": call.parameters.whole("reply_to_message_id"),
            "allow_sending_without_reply": call.parameters.flag("allow_sending_without_reply"),
        }
    if not given.get("message_id"):
        return {}
    replied = chat.messages.get(int(given["message_id"]))
    if replied is not None:
        return {"reply_to_message": quoted(replied)}
    if given.get("allow_sending_without_reply"):
        return {}
    raise errors.REPLY_NOT_FOUND.refusal()


async def media_content(call: Call, media: Media) -> Json:
    """Keep an upload or find a known file, and return the photo or document field of a message."""
    files, bot = call.telegram.files, call.bot.id
    if media.upload is None:
        return known_content(files, media, bot=bot)
    if media.kind == "photo":
        sizes = await files.keep_photo(media.upload, bot=bot, from_app=False)
        return photo_field(sizes)
    return await document_field(files, media.upload, bot=bot)


def known_content(files: FileStore, media: Media, *, bot: int) -> Json:
    """Return the field for a file that the bot sends again by its file_id."""
    if "://" in media.reference:
        raise errors.URL_UNREACHABLE.refusal()
    file = files.find(media.reference, bot=bot)
    if file is None:
        raise errors.FILE_ID_WRONG.refusal()
    if file.kind != media.kind:
        raise errors.FILE_WRONG_KIND.refusal(given=file.kind.capitalize(), wanted=media.kind.capitalize())
    return photo_field([file]) if media.kind == "photo" else {"document": document_shape(file, None)}


def photo_field(sizes: list[StoredFile]) -> Json:
    """Return the photo field of a message, largest size last."""
    return {"photo": [one.size_shape() for one in sizes]}


async def document_field(files: FileStore, upload: Upload, *, bot: int) -> Json:
    """Keep a document as it is and return its field, with a thumbnail where it is an image."""
    file = await files.keep(upload, kind="document", bot=bot)
    return {"document": document_shape(file, await files.thumbnail_of(upload, bot=bot))}


def document_shape(file: StoredFile, thumbnail: StoredFile | None) -> Json:
    """Return Telegram's Document."""
    shape: Json = {"file_name": file.name, "mime_type": file.mime} if file.name else {"mime_type": file.mime}
    if thumbnail is not None:
        shape["thumbnail"] = thumbnail.size_shape()
    return {**shape, "file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": file.size}


def media_parameter(call: Call, kind: str, *, missing: Wording) -> Media:
    """Return what sendPhoto and sendDocument are to send; raises when there is nothing."""
    upload = call.parameters.upload(kind)
    reference = call.parameters.text(kind)
    if upload is None and (not reference or reference.startswith("attach://")):
        raise missing.refusal()
    return Media(kind=kind, reference=reference, upload=upload)


def media_item(call: Call, item: Any) -> Media:
    """Read one InputMedia; raises for what is not a photo or document with its file."""
    if not isinstance(item, dict):
        raise errors.MEDIA_INVALID.refusal(reason="expected an Object")
    reference = str(item.get("media") or "")
    upload = call.parameters.attached(reference)
    if not reference or (reference.startswith("attach://") and upload is None):
        raise errors.MEDIA_INVALID.refusal(reason="media not found")
    if item.get("type") not in ("photo", "document"):
        raise errors.MEDIA_INVALID.refusal(reason=f'type "{item.get("type")}" is unsupported')
    return Media(kind=item["type"], reference=reference, upload=upload)
