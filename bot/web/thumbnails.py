"""Small versions of delivered photos for lists; made off the event loop, the newest few hundred kept."""

import asyncio
import io
from collections import OrderedDict
from pathlib import Path

from PIL import Image

SIDE = 320
KEPT = 300


class Thumbnails:
    """Makes and keeps thumbnails of our own prepared JPEGs."""

    def __init__(self) -> None:
        self._made: OrderedDict[Path, bytes] = OrderedDict()

    async def of(self, path: Path) -> bytes:
        """Return a JPEG of at most 320 pixels a side; raises OSError."""
        if path not in self._made:  # what was delivered never changes
            self._made[path] = await asyncio.to_thread(_make, path)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        self._made.move_to_end(path)
        return self._made[path]


def _make(path: Path) -> bytes:
    with Image.open(path) as picture:
        picture.draft("RGB", (SIDE * 2, SIDE * 2))
        picture.thumbnail((SIDE, SIDE))
        made = io.BytesIO()
        picture.convert("RGB").save(made, "JPEG", quality=80)
        return made.getvalue()
