"""Small versions of delivered photos for lists; made off the event loop, the newest few hundred kept."""

import asyncio
import io
from collections import OrderedDict

from PIL import Image

from storage.ports import BlobStore

SIDE = 320  # pixels
KEPT = 300
AT_ONCE = 2
"""Made side by side: a list page asks for fifty."""


class Thumbnails:
    """Makes and keeps thumbnails of our own prepared pictures, by blob key."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def of(self, key: str, blobs: BlobStore) -> bytes:
        """Return a JPEG of at most 320 pixels a side; raises KeyError when it is no longer kept, OSError for no picture."""
        if key not in self._made:  # what was delivered never changes
            async with self._turn:
                content = await blobs.get(key)
                self._made[key] = await asyncio.to_thread(_make, content)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return self._made[key]


def _make(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
        picture.draft("RGB", (SIDE * 2, SIDE * 2))
        picture.thumbnail((SIDE, SIDE))
        made = io.BytesIO()
        picture.convert("RGB").save(made, "JPEG", quality=80)
        return made.getvalue()
