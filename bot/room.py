"""Whether there is room for photos: the free space of the folders that everything is kept in, looked at once a second."""

import logging
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

logger = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between looks."""
MEGABYTE = 1_000_000


class Room:
    """Asked before a photo is taken in; what is not on a disk of ours is not looked at."""

    def __init__(self, folders: Sequence[Path], *, reserve: int) -> None:
        """Keep `reserve` megabytes free: words, marks and what is under way need them."""
        self._folders = folders
        self._reserve = reserve * MEGABYTE
        self._looked = float("-inf")
        self._has = True

    def __call__(self) -> bool:
        """Tell whether a photo may come."""
        now = time.monotonic()
        if now - self._looked >= EVERY:
            had, self._has, self._looked = self._has, self._least() >= self._reserve, now
            if had and not self._has:
                logger.error("the disk is nearly full: no photos are taken in until there is room")
            elif self._has and not had:
                logger.warning("there is room again: photos are taken in")
        return self._has

    def _least(self) -> int:
        return min((shutil.disk_usage(_that_is_there(one)).free for one in self._folders), default=1 << 62)


def _that_is_there(folder: Path) -> Path:
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.is_dir())


def folders_of(*, database: str, blobs: str) -> tuple[Path, ...]:
    """Name the folders in which a database and photos are kept on this machine."""
    file = database.partition("sqlite:///")[2]
    places = [Path(file).parent] if file else []
    return (*places, *([] if "://" in blobs else [Path(blobs).expanduser()]))
