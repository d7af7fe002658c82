"""Files that went over the local Telegram: bytes on disk, ids by content, photos in several sizes; knows no chats.

A `file_unique_id` depends on the bytes alone and a `file_id` on the bytes and the bot, as Telegram's do.
"""

import asyncio
import base64
import contextlib
import hashlib
import mimetypes
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.sandbox import errors, limits
from bot.sandbox.archive import Archive
from bot.sandbox.pictures import NotAPicture, Recompressed, Rendition, recompress, thumbnail
from bot.sandbox.shapes import Json

_FOLDERS = {
    "photo": "photos",
    "thumbnail": "thumbnails",
    "document": "documents",
    "voice": "voice",
    "video": "videos",
}
_FOLDERS |= {"sticker": "stickers"}
_PREFIXES = {
    "photo": "AgAC",
    "thumbnail": "AAMC",
    "document": "BQAC",
    "voice": "AwAC",
    "video": "BAAC",
    "sticker": "CAAC",
}

_LONGEST_SUFFIX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it arrived: its name and media type are what the sender says."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file that one bot may fetch; `path` is its `file_path`, width and height are 0 for what is no picture."""

    file_id: str
    unique_id: str
    kind: str
    bot: int
    path: str
    name: str
    mime: str
    size: int
    width: int = 0
    height: int = 0

    def size_shape(self) -> Json:
        """Return Telegram's PhotoSize."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_size": self.size,
            "width": self.width,
            "height": self.height,
        }


class FileStore:
    """Keep bytes in a folder, once per content, and what is known of each file in memory."""

    def __init__(self, *, folder: Path, archive: Archive) -> None:
        self._folder = folder
        self._archive = archive
        self._files: dict[str, StoredFile] = {}
        self._paths: dict[tuple[int, str], StoredFile] = {}
        # Two threads: more would only take the processor away from the bot under test.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox-files")
        folder.mkdir(parents=True, exist_ok=True)
        for row in archive.rows("file"):
            self._remember(StoredFile(**row))

    def find(self, file_id: str, *, bot: int) -> StoredFile | None:
        """Return the file that this bot knows under this id."""
        found = self._files.get(file_id)
        return found if found is not None and found.bot == bot else None

    def find_any(self, file_id: str) -> StoredFile | None:
        """Return the file of whichever bot (for the chat page)."""
        return self._files.get(file_id)

    def find_path(self, path: str, *, bot: int) -> StoredFile | None:
        """Return the file that getFile named by this path."""
        return self._paths.get((bot, path))

    def place(self, file: StoredFile) -> Path:
        """Return where the bytes are."""
        return self._folder / file.unique_id

    async def keep_photo(self, upload: Upload, *, bot: int, from_app: bool) -> list[StoredFile]:
        """Recompress a picture and keep its sizes, smallest first.

        An app scales what its user picked, so that the limits for bots do not concern it. Raises Telegram's refusals.
        """
        if not from_app:
            check_photo_bytes(upload.data)
        loop = asyncio.get_running_loop()
        try:
            made = await loop.run_in_executor(self._threads, recompress, upload.data)
        except NotAPicture as failure:
            raise errors.PHOTO_UNREADABLE.refusal() from failure
        if not from_app:
            _check_sides(made)
        await loop.run_in_executor(self._threads, self._write, [one.data for one in made.renditions])
        return [self._photo_size(one, bot=bot, kind="photo") for one in made.renditions]

    async def keep(self, upload: Upload, *, kind: str, bot: int) -> StoredFile:
        """Keep a file as it is: same bytes, same name."""
        if not upload.data:
            raise errors.FILE_EMPTY.refusal()
        await asyncio.get_running_loop().run_in_executor(self._threads, self._write, [upload.data])
        return self._stored(upload.data, kind=kind, bot=bot, name=upload.name, mime=upload.mime)

    async def thumbnail_of(self, upload: Upload, *, bot: int) -> StoredFile | None:
        """Make the small picture that goes with an image sent as a document; None for what is no picture."""
        if not upload.mime.startswith("image/") or len(upload.data) > limits.DOWNLOAD_BYTES:
            return None
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotAPicture):
            small = await loop.run_in_executor(self._threads, thumbnail, upload.data)
            await loop.run_in_executor(self._threads, self._write, [small.data])
            return self._photo_size(small, bot=bot, kind="thumbnail")
        return None

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=True)

    def _photo_size(self, rendition: Rendition, *, bot: int, kind: str) -> StoredFile:
        return self._stored(
            rendition.data,
            kind=kind,
            bot=bot,
            name="",
            mime="image/jpeg",
            width=rendition.width,
            height=rendition.height,
        )

    def _stored(
        self, data: bytes, *, kind: str, bot: int, name: str, mime: str, width: int = 0, height: int = 0
    ) -> StoredFile:
        digest = hashlib.sha256(data).digest()
        file_id = _PREFIXES[kind] + _encoded(hashlib.sha256(digest + f"{bot}:{name}".encode()).digest())
        known = self._files.get(file_id)
        if known is not None:
            return known
        file = StoredFile(
            file_id=file_id,
            unique_id=_unique_id(digest),
            kind=kind,
            bot=bot,
            path=f"{_FOLDERS[kind]}/file_{len(self._files)}{_suffix(name, mime)}",
            name=name,
            mime=mime,
            size=len(data),
            width=width,
            height=height,
        )
        self._remember(file)
        self._archive.save("file", file_id, asdict(file))
        return file

    def _remember(self, file: StoredFile) -> None:
        self._files[file.file_id] = file
        self._paths[file.bot, file.path] = file

    def _write(self, contents: list[bytes]) -> None:
        for data in contents:
            place = self._folder / _unique_id(hashlib.sha256(data).digest())
            if not place.exists():
                half = place.with_suffix(f".{threading.get_ident()}")
                half.write_bytes(data)
                half.replace(place)


def check_photo_bytes(data: bytes) -> None:
    """Refuse what is empty or heavier than a photo may be."""
    if not data:
        raise errors.FILE_EMPTY.refusal()
    if len(data) > limits.PHOTO_BYTES:
        raise errors.PHOTO_TOO_BIG.refusal(size=len(data))


def _check_sides(made: Recompressed) -> None:
    wide, high = made.sent_width, made.sent_height
    if wide + high > limits.PHOTO_SIDES or max(wide, high) > limits.PHOTO_RATIO * min(wide, high):
        raise errors.PHOTO_DIMENSIONS.refusal()


def _encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _unique_id(digest: bytes) -> str:
    return "AQAD" + _encoded(digest[:12])


def _suffix(name: str, mime: str) -> str:
    suffix = Path(name).suffix.lower()
    known = suffix[1:].isalnum() and len(suffix) <= _LONGEST_SUFFIX
    return suffix if known else (mimetypes.guess_extension(mime) or "")
