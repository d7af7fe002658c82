"""Reads the forms of the pages: fields as text, and the files that a seller adds to an answer, both within bounds."""

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.app.attachments import MOST_BYTES, MOST_FILES
from bot.ports import GivenFile

MOST_TEXT = 1024 * 1024
"""Bytes of all fields together: what the library allows a form without files."""
FIELDS = 200
GARBLED = (ValueError, LookupError, AssertionError, HttpProcessingError)
"""What the library raises for a body that is not in the encoding or the shape that it names."""


class Form(dict[str, str]):
    """The fields of a form, one that occurs several times as lines; beside them its files."""

    files: tuple[GivenFile, ...] = ()


async def form_of(request: web.Request) -> Form:
    """Read a form; raises HTTPBadRequest when it is garbled, HTTPRequestEntityTooLarge when it is out of bounds."""
    try:
        if request.content_type == "multipart/form-data":
            return await _with_files(request)
        if request.content_type == "application/x-www-form-urlencoded":
            given = await request.post()
            return _gathered([(name, value) for name, value in given.items() if isinstance(value, str)])
    except GARBLED:
        raise web.HTTPBadRequest from None
    return Form()


async def _with_files(request: web.Request) -> Form:
    fields: list[tuple[str, str]] = []
    files: list[GivenFile] = []
    spare = MOST_TEXT
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or len(fields) >= FIELDS:
            raise web.HTTPBadRequest
        if part.filename is None:
            content = await _read(part, spare)
            spare -= len(content)
            fields.append((part.name or "", content.decode()))
        elif part.filename or files:  # a browser sends one nameless, empty part where nothing was chosen
            if len(files) >= MOST_FILES:
                raise web.HTTPRequestEntityTooLarge(max_size=MOST_FILES, actual_size=len(files) + 1)
            files.append(GivenFile(name=part.filename, content=await _read(part, MOST_BYTES)))
        else:
            await _read(part, 0)
    form = _gathered(fields)
    form.files = tuple(files)
    return form


async def _read(part: BodyPartReader, most: int) -> bytes:
    """Read a part as it is sent; what is longer than `most` bytes is refused before it is read to its end."""
    found = bytearray()
    while chunk := await part.read_chunk():
        found += chunk
        if len(found) > most:
            raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=len(found))
    return bytes(found)


def _gathered(fields: list[tuple[str, str]]) -> Form:
    form = Form()
    for name, value in fields:
        form[name] = f"{form[name]}\n{value}" if name in form else value
    return form
