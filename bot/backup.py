"""A copy of everything in one file, and back; a part of the composition.

Laws:
 1. Rows first, then photos: a row is committed only after its photo is kept, and photos never change; so every
    photo that a copied row speaks of is there to be copied afterwards. What is forgotten in between is left out.
 2. Back again it is photos first, then all rows in one transaction: a restore that breaks off has changed no row.
 3. A file without its last entry is no backup: it is written under another name, and renamed when it is synced.
"""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson

from bot.app.clock import SystemClock
from bot.bootstrap import Faulty, make_store, open_store
from bot.settings import Settings
from storage.blobs import open_blobs
from storage.ports import BlobStore
from storage.sql.store import SqlStorage

FORMAT = 1
ABOUT, END = "about.json", "end.json"
IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a table that wait in memory before they go to a file beside the backup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied."""

    file: Path
    rows: int
    photos: int
    left_out: int = 0  # photos that were forgotten meanwhile


# -- out ------------------------------------------------------------------------------------------------------


async def back_up(settings: Settings, place: Path, *, photos: bool = True) -> Copied:
    """Write a backup to a file, or into a folder under the time's name; a running bot goes on meanwhile."""
    now = SystemClock().now()
    file = place / f"clearshot-{now:%Y%m%dT%H%M%SZ}.tar" if place.is_dir() else place  # noqa: ASYNC240 - once, at the command line
    scratch = file.with_name(f".{file.name}.part")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as target:
            with tarfile.open(fileobj=target, mode="w") as tar:
                copied = await _write(settings, tar, file, made=now.isoformat(), photos=photos)
            target.flush()
            os.fsync(target.fileno())
        scratch.replace(file)
    finally:
        scratch.unlink(missing_ok=True)
    return copied


async def _write(settings: Settings, tar: tarfile.TarFile, file: Path, *, made: str, photos: bool) -> Copied:
    with ExitStack() as stack:
        tables = _Spools(stack, file.parent)
        async with open_store(settings) as store:
            version = await store.copy_out(tables.take)
        about = {"format": FORMAT, "schema": version, "made": made, "rows": tables.counts, "photos": photos}
        _add(tar, ABOUT, orjson.dumps(about))
        for name, spool in tables.files.items():
            _add_file(tar, f"rows/{name}.jsonl", spool)
    kept, gone = await _write_photos(open_blobs(settings.blobs), tar) if photos else (0, 0)
    _add(tar, END, orjson.dumps({"photos": kept}))
    return Copied(file=file, rows=sum(tables.counts.values()), photos=kept, left_out=gone)


async def _write_photos(blobs: BlobStore, tar: tarfile.TarFile) -> tuple[int, int]:
    kept = gone = 0
    async for slice_ in blobs.slices():
        for blob in slice_:
            try:
                content = await blobs.get(blob.key)
            except KeyError:
                gone += 1
                continue
            _add(tar, f"photos/{blob.key}", content)
            kept += 1
    return kept, gone


@dataclass
class _Spools:
    """Rows by table, as JSON lines, until their length is known."""

    stack: ExitStack
    folder: Path
    files: dict[str, IO[bytes]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, table: str, rows: Sequence[Any]) -> None:
        if table not in self.files:
            spool = tempfile.SpooledTemporaryFile(mode="w+b", max_size=IN_MEMORY, dir=str(self.folder))  # noqa: SIM115 - the stack closes it
            self.files[table] = self.stack.enter_context(spool)
        self.files[table].writelines(orjson.dumps(row) + b"\n" for row in rows)
        self.counts[table] = self.counts.get(table, 0) + len(rows)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    _add_file(tar, name, io.BytesIO(content))


def _add_file(tar: tarfile.TarFile, name: str, content: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = content.seek(0, os.SEEK_END), 0o600
    content.seek(0)
    tar.addfile(entry, content)


# -- back -----------------------------------------------------------------------------------------------------


async def restore(settings: Settings, file: Path) -> Copied:
    """Bring a backup into an empty database and its photos' place; raises Faulty for what is no whole backup."""
    try:
        with tarfile.open(file, mode="r:") as tar:
            entries = {entry.name: entry for entry in tar}
            about = _about(file, tar, entries)
            async with _whole_store(settings) as store:
                photos = await _read_photos(file, tar, entries, open_blobs(settings.blobs))
                rows = {name: _rows(tar, entries[f"rows/{name}.jsonl"]) for name in about["rows"]}
                count = await store.copy_in(rows, version=about["schema"])
    except (tarfile.TarError, EOFError, orjson.JSONDecodeError, KeyError):
        raise Faulty(f"{file}: is no whole backup") from None
    return Copied(file=file, rows=count, photos=photos)


def _about(file: Path, tar: tarfile.TarFile, entries: dict[str, tarfile.TarInfo]) -> Any:
    about, end = orjson.loads(_read(tar, entries[ABOUT])), orjson.loads(_read(tar, entries[END]))
    if about["format"] != FORMAT:
        raise Faulty(f"{file}: is a backup of format {about['format']}, this release reads {FORMAT}")
    if sum(name.startswith("photos/") for name in entries) != end["photos"]:
        raise KeyError(END)
    return about


@asynccontextmanager
async def _whole_store(settings: Settings) -> AsyncIterator[SqlStorage]:
    """Hold the database alone: a bot that works on it is a reason to refuse."""
    store = make_store(settings, guest=False)
    try:
        yield store
    finally:
        await store.close()


async def _read_photos(
    file: Path, tar: tarfile.TarFile, entries: dict[str, tarfile.TarInfo], blobs: BlobStore
) -> int:
    count = 0
    for name, entry in entries.items():
        if not name.startswith("photos/"):
            continue
        _, case, digest = name.split("/")
        content = _read(tar, entry)
        if hashlib.sha256(content).hexdigest() != digest:
            raise Faulty(f"{file}: the photo {digest[:12]}... is damaged; no row was restored")
        await blobs.put(case, content)
        count += 1
    return count


def _rows(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> Iterator[Any]:
    lines = tar.extractfile(entry)
    if lines is None:
        raise KeyError(entry.name)
    for line in lines:
        yield orjson.loads(line)


def _read(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    opened = tar.extractfile(entry)
    if opened is None:
        raise KeyError(entry.name)
    return opened.read()
