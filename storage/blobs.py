"""Objects by case and content: `CASE/SHA256`; synced to the disk when `put` returns."""

import asyncio
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from storage.ports import Blob, BlobStore, StorageFailure

KEY = re.compile(r"^[0-9A-Z]{4,12}/[0-9a-f]{64}\Z")
CASE = re.compile(r"^[0-9A-Z]{4,12}\Z")
SLICE = 1000
"""Objects that are listed at a time, as object stores do."""


def checked(key: str) -> str:
    """Refuse a key that is not CASE/SHA256; so no key can name a place outside."""
    if not KEY.fullmatch(key):
        raise ValueError("no blob key")
    return key


def checked_case(case: str) -> str:
    """Refuse what is no case's code."""
    if not CASE.fullmatch(case):
        raise ValueError("no case code")
    return case


def key_of(case: str, content: bytes) -> str:
    """Name an object by its case and content."""
    return checked(f"{case}/{hashlib.sha256(content).hexdigest()}")


class DiskBlobs:
    """Objects as files below a folder."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    async def put(self, case: str, content: bytes) -> str:
        """Write, sync, rename, sync the folder; raises StorageFailure when the disk refuses."""
        key = key_of(case, content)
        try:
            await asyncio.to_thread(self._put, key, content)
        except OSError as failure:
            raise StorageFailure(f"blob: {failure.strerror}") from None
        return key

    def _put(self, key: str, content: bytes) -> None:
        target = self._folder / key
        if target.is_file() and target.stat().st_size == len(content):
            os.utime(target)  # young again: the sweep leaves it alone until its row commits
            _sync_folder(target.parent)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        _sync_folder(self._folder)
        scratch = target.parent / f".{secrets.token_hex(8)}"
        try:
            with scratch.open("xb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            scratch.replace(target)
        except OSError:
            scratch.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)

    async def get(self, key: str) -> bytes:
        """Read an object; KeyError when there is none."""
        path = self._folder / checked(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            raise KeyError(key) from None

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that are gone are no error."""
        for path in [self._folder / checked(key) for key in keys]:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def delete_case(self, case: str) -> None:
        """Delete everything of a case."""
        await asyncio.to_thread(shutil.rmtree, self._folder / checked_case(case), ignore_errors=True)

    def slices(self) -> AsyncIterator[Sequence[Blob]]:
        """List every object, a slice at a time."""
        return sliced(self._walk())

    def _walk(self) -> Iterator[Blob]:
        """Go from folder to folder; what is deleted meanwhile is passed over."""
        with suppress(FileNotFoundError), os.scandir(self._folder) as cases:
            for case in cases:
                yield from _objects_of(case)


def _objects_of(case: "os.DirEntry[str]") -> Iterator[Blob]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(case) as files:
        for file in files:
            key = f"{case.name}/{file.name}"
            if KEY.fullmatch(key):
                facts = file.stat()
                changed = datetime.fromtimestamp(facts.st_mtime, UTC)
                yield Blob(key=key, size=facts.st_size, changed=changed)


async def sliced(blobs: Iterator[Blob]) -> AsyncIterator[Sequence[Blob]]:
    """Take some at a time from what asks a disk or a network, off the event loop."""
    while found := await asyncio.to_thread(lambda: list(islice(blobs, SLICE))):
        yield found


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_blobs(place: str) -> BlobStore:
    """Choose the store by its place: a folder, or s3://BUCKET/PREFIX; raises StorageFailure for what is neither."""
    if place.startswith("s3://"):
        from storage.s3_blobs import S3Blobs  # noqa: PLC0415 - its client is an extra

        return S3Blobs(place)
    if "://" in place:
        raise StorageFailure("a place for photos is a folder, or s3://BUCKET/PREFIX")
    return DiskBlobs(Path(place).expanduser())


class MemoryBlobs:
    """Objects in a dict, for tests and rehearsals; the same keys, the same refusals."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, datetime]] = {}

    async def put(self, case: str, content: bytes) -> str:
        """Keep an object."""
        key = key_of(case, content)
        self._objects.setdefault(key, (bytes(content), datetime.now(UTC)))
        return key

    async def get(self, key: str) -> bytes:
        """Read an object; KeyError when there is none."""
        return self._objects[checked(key)][0]

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects."""
        for key in keys:
            self._objects.pop(checked(key), None)

    async def delete_case(self, case: str) -> None:
        """Delete everything of a case."""
        checked_case(case)
        for key in [key for key in self._objects if key.startswith(f"{case}/")]:
            del self._objects[key]

    async def slices(self) -> AsyncIterator[Sequence[Blob]]:
        """List every object, a slice at a time."""
        known = sorted(self._objects.items())
        for start in range(0, len(known), SLICE):
            part = known[start : start + SLICE]
            yield [Blob(key=key, size=len(content), changed=at) for key, (content, at) in part]
