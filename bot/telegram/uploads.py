"""Says which file of a message can be a photo, and what the others are; reads announcements, never bytes."""

from bot.telegram.reading import JsonObject, amount, one_line, string, thing, things
from flows.values import PhotoKind, Upload

PICTURES = frozenset(
    {
        "image/avif",
        "image/bmp",
        "image/gif",
        "image/heic",
        "image/heic-sequence",
        "image/heif",
        "image/heif-sequence",
        "image/jpeg",
        "image/jpg",
        "image/pjpeg",
        "image/png",
        "image/tiff",
        "image/webp",
        "image/x-ms-bmp",
        "image/x-png",
    }
)
"""What a picture file may call itself; whether it is one is found out when it is decoded."""

SUFFIXES = {
    "avif": "image/avif",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "jfif": "image/jpeg",
    "jpe": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "png": "image/png",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "webp": "image/webp",
}
NAMELESS = ("", "application/octet-stream", "binary/octet-stream", "application/x-download")
"""Apps that do not know a type send these; then the name decides."""

PDFS = ("application/pdf", "application/x-pdf")
NAME_LENGTH = 120

OTHERS = {
    "voice": "voice",
    "audio": "voice",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "sticker": "sticker",
    "location": "location",
    "venue": "location",
    "contact": "contact",
    "document": "document",
}
"""A message's field -> what UnsupportedReceived calls it; whatever is not here is "other"."""


def upload_of(message: JsonObject) -> Upload | None:
    """Return the picture or PDF that a message announces, None when it announces none.

    A live photo carries a film and, beside it, the same sizes as any photo: the still picture is what counts.
    """
    sizes = things(message, "photo") or things(thing(message, "live_photo"), "photo")
    largest = _largest(sizes)
    if largest is not None:
        return _upload(largest, kind="photo", mime="image/jpeg")
    document = thing(message, "document")
    mime = _mime_of(document)
    if mime in PICTURES:
        return _upload(document, kind="file", mime=mime)
    if mime in PDFS:
        return _upload(document, kind="pdf", mime="application/pdf")
    return None


def what_else(message: JsonObject) -> str:
    """Name what a message carries that can be no photo; a GIF has `animation` beside `document`, so order counts."""
    return next((what for field, what in OTHERS.items() if field in message), "other")


def _largest(sizes: list[JsonObject]) -> JsonObject | None:
    usable = [size for size in sizes if string(size, "file_id")]
    return max(reversed(usable), key=_pixels, default=None)


def _pixels(size: JsonObject) -> int:
    return amount(size, "width") * amount(size, "height")


def _mime_of(document: JsonObject) -> str:
    mime = string(document, "mime_type").partition(";")[0].strip().lower()
    if mime not in NAMELESS:
        return mime
    _, dot, suffix = string(document, "file_name").strip().lower().rpartition(".")
    return SUFFIXES.get(suffix, mime) if dot else mime


def _upload(source: JsonObject, *, kind: PhotoKind, mime: str) -> Upload | None:
    file_id = one_line(string(source, "file_id"), longest=512)
    if not file_id:
        return None
    return Upload(
        file_id=file_id,
        unique_id=one_line(string(source, "file_unique_id")),
        kind=kind,
        mime=mime,
        name=one_line(string(source, "file_name"), longest=1000)[-NAME_LENGTH:],
        size=amount(source, "file_size"),
        width=amount(source, "width"),
        height=amount(source, "height"),
    )
