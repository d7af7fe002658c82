"""Bytes for the picture of a Say: shipped drawings, stored blobs, contact sheets, listing images. Never fails a Say."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import lru_cache

from bot.ports import NotAPicture, PermanentFailure, PhotoJudge, TransientFailure
from flows.values import Picture
from storage.ports import BlobStore, StorageFailure

logger = logging.getLogger(__name__)

Fetch = Callable[[str], Awaitable[bytes | None]]
"""Fetch a listing's image from its https address; None when it cannot be had."""
Drawing = Callable[[str], bytes | None]
"""Read a shipped drawing by name."""
CACHED = 16
DRAWINGS = 64
"""Drawings that are remembered, each some ten kilobytes: reading one anew took a twentieth of a tap's time."""


async def fetch_nothing(_address: str) -> bytes | None:
    """Stand in where listing images must not be fetched."""
    return None


class StoredPictures:
    """Loads pictures; a picture that cannot be had is left out, the words go without it."""

    def __init__(
        self, *, blobs: BlobStore, judge: PhotoJudge, drawing: Drawing, fetch: Fetch = fetch_nothing
    ) -> None:
        self._blobs = blobs
        self._judge = judge
        self._drawing = lru_cache(DRAWINGS)(drawing)
        self._fetch = fetch
        self._sheets: OrderedDict[Picture, bytes] = OrderedDict()

    async def load(self, picture: Picture) -> bytes | None:
        """Return the bytes, None when they cannot be had."""
        try:
            return await self._load(picture)
        except (
            KeyError,
            ValueError,
            NotAPicture,
            PermanentFailure,
            TransientFailure,
            StorageFailure,
        ) as failure:
            logger.warning("a picture (%s) cannot be shown: %s", picture.source, type(failure).__name__)
            return None

    async def _load(self, picture: Picture) -> bytes | None:
        if not picture.refs:
            return None
        if picture.source == "shipped":
            return self._drawing(picture.refs[0])
        if picture.source == "sheet":
            return await self._sheet(picture)
        if picture.source == "order" and picture.refs[0].startswith(("https://", "http://")):
            return await self._fetch(picture.refs[0])
        return await self._blobs.get(picture.refs[0])

    async def _sheet(self, picture: Picture) -> bytes:
        if picture not in self._sheets:
            contents = [await self._blobs.get(key) for key in picture.refs]
            self._sheets[picture] = await self._judge.sheet(contents, captions=picture.captions)
            if len(self._sheets) > CACHED:
                self._sheets.popitem(last=False)
        return self._sheets[picture]
