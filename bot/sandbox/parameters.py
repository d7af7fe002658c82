"""Reads the parameters of a Bot API call from the query, a form, JSON or multipart; checks no method's meaning."""

import json
import mimetypes
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import BodyPartReader, web

from bot.sandbox import errors, limits
from bot.sandbox.files import Upload
from bot.sandbox.shapes import Json

_ATTACHED = "attach://"


class Parameters:
    """The parameters of one call: text or JSON values by name, and the files that came along."""

    def __init__(self, values: Mapping[str, Any], uploads: Mapping[str, Upload]) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}
        self._uploads = uploads

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str:
        """Return a value as text; empty when absent."""
        value = self._values.get(name, "")
        if isinstance(value, str):
            return value
        return str(value).lower() if isinstance(value, bool) else str(value)

    def whole(self, name: str, default: int = 0) -> int:
        """Return a value as a whole number; the default when absent or no number."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            return default

    def clamped(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number, moved into its bounds as the server does."""
        return max(least, min(most, self.whole(name, default)))

    def flag(self, name: str) -> bool:
        """Read true, yes and 1 as the server does."""
        return self.text(name).strip().lower() in ("true", "yes", "1")

    def structure(self, name: str) -> Any:
        """Return a value that is JSON: decoded when it came as text, the text itself when it cannot be."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            return value

    def upload(self, name: str) -> Upload | None:
        """Return the file of a field, whether sent in it or attached under another name."""
        value = self._values.get(name)
        if isinstance(value, str) and value.startswith(_ATTACHED):
            return self._uploads.get(value.removeprefix(_ATTACHED))
        return self._uploads.get(name)

    def attached(self, reference: str) -> Upload | None:
        """Return the file that `attach://NAME` speaks of."""
        return (
            self._uploads.get(reference.removeprefix(_ATTACHED)) if reference.startswith(_ATTACHED) else None
        )

    def described(self) -> Json:
        """Return the parameters for the journal: files by name, type and size."""
        shown: Json = {name: self.structure(name) for name in self._values}
        for name, upload in self._uploads.items():
            shown[name] = {"file": upload.name, "type": upload.mime, "bytes": len(upload.data)}
        return shown


async def read_parameters(request: web.Request) -> Parameters:
    """Read one call; raises the refusal for a body that is too large."""
    values: Json = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        values |= await _from_json(request)
    elif request.content_type == "application/x-www-form-urlencoded":
        values |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    elif request.content_type == "multipart/form-data":
        await _read_parts(request, values, uploads)
    return Parameters(values, uploads)


async def _from_json(request: web.Request) -> Json:
    try:
        body = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


async def _read_parts(request: web.Request, values: Json, uploads: dict[str, Upload]) -> None:
    if (request.content_length or 0) > limits.REQUEST_BYTES:
        raise errors.TOO_LARGE.refusal()
    room = limits.REQUEST_BYTES
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = await read_part(part, most=room)
        room -= len(data)
        if part.filename is None:
            values[part.name] = data.decode(errors="replace")
        else:
            uploads[part.name] = as_upload(part, data)


async def read_part(part: BodyPartReader, *, most: int) -> bytes:
    """Read one part whole; raises the refusal when it is larger than `most` bytes."""
    gathered = bytearray()
    while chunk := await part.read_chunk(1 << 18):
        gathered += chunk
        if len(gathered) > most:
            raise errors.TOO_LARGE.refusal()
    return bytes(gathered)


def as_upload(part: BodyPartReader, data: bytes) -> Upload:
    """Make the file of one part, with a media type guessed from its name when none is given."""
    name = part.filename or "file"
    stated = part.headers.get("Content-Type", "")
    mime = stated.split(";")[0].strip()
    if mime in ("", "application/octet-stream"):
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Upload(name=name, mime=mime, data=data)
