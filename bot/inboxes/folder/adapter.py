"""The folder inbox: a directory for each case, written aside and renamed, so that none is ever half there."""

import asyncio
import errno
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from bot.inboxes.folder.settings import FolderSettings
from bot.inboxes.folder.wire import contents, folder_of, note_path
from bot.ports import Parcel, PermanentFailure, Receipt, TransientFailure
from flows.effects import ForwardText


class FolderInbox:
    """See bot.ports.SellerInbox. The directory itself is the key: one that is there was delivered."""

    def __init__(self, settings: FolderSettings) -> None:
        self._root = settings.path

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:  # noqa: ARG002 - see the class
        """Put a bundle into its directory."""
        try:
            name = folder_of(parcel)
            await asyncio.to_thread(_place_folder, self._root, name, contents(parcel))
        except ValueError as fault:
            raise PermanentFailure(str(fault)) from None
        except OSError as failure:
            raise TransientFailure(f"folder: {failure.strerror}") from None
        return Receipt(place="folder", reference=name)

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:  # noqa: ARG002 - as above
        """Put a note beside the case's bundles."""
        try:
            name = note_path(note)
            await asyncio.to_thread(_place_file, self._root / name, note.text.encode())
        except ValueError as fault:
            raise PermanentFailure(str(fault)) from None
        except OSError as failure:
            raise TransientFailure(f"folder: {failure.strerror}") from None
        return Receipt(place="folder", reference=name)

    async def check(self) -> str:
        """Try that files can be written."""
        try:
            await asyncio.to_thread(_try_out, self._root)
        except OSError as failure:
            raise PermanentFailure(f"folder {self._root}: {failure.strerror}") from None
        return f"folder {self._root} is writable"

    async def attempt(self, trial: Parcel) -> str:
        """Put the test bundle into its directory, read it again, and take it away."""
        try:
            name, files = folder_of(trial), contents(trial)
            await asyncio.to_thread(_there_and_back, self._root, name, files)
        except OSError as failure:
            raise PermanentFailure(f"folder {self._root}: {failure.strerror}") from None
        return f"folder {self._root} took a test bundle of {len(files)} files, which is removed again"

    async def aclose(self) -> None:
        """Nothing is held open."""


def _place_folder(root: Path, name: str, files: Mapping[str, bytes]) -> None:
    target = root / name
    if (target / "manifest.json").exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # of this bundle and attempt alone: neither another case's second bundle nor a process that was stopped and
    # goes on may write among these files
    stem = f".{name.replace('/', '.')}"
    scratch = root / f"{stem}.{secrets.token_hex(4)}.part"
    scratch.mkdir()
    try:
        for file_name, content in files.items():
            _write(scratch / file_name, content)
        _sync(scratch)
        _move_in(scratch, target)
        _sync(target.parent)
        for left in root.glob(f"{stem}.*.part"):  # by attempts that a crash ended
            shutil.rmtree(left, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _move_in(scratch: Path, target: Path) -> None:
    """Rename the whole directory; where a note made it already, its files move in, the manifest last."""
    if not target.exists():
        scratch.rename(target)
        return
    for path in sorted(scratch.iterdir(), key=lambda path: path.name == "manifest.json"):
        path.replace(target / path.name)


def _place_file(target: Path, content: bytes) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.parent / f".{target.name}.part"
    scratch.unlink(missing_ok=True)
    try:
        _write(scratch, content)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    _sync(target.parent)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _try_out(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    trial = root / f".{secrets.token_hex(8)}"
    trial.write_bytes(b"")
    trial.unlink()


def _there_and_back(root: Path, name: str, files: Mapping[str, bytes]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(root / name, ignore_errors=True)  # of a trial that was cut off
    try:
        _place_folder(root, name, files)
        for file_name, content in files.items():
            if (root / name / file_name).read_bytes() != content:
                raise OSError(errno.EIO, f"{file_name} does not read as it was written")
    finally:
        shutil.rmtree(root / name, ignore_errors=True)
