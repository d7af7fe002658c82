"""Photos and texts in one ZIP file, the same bytes for the same contents."""

import io
import zipfile
from collections.abc import Sequence


def zipped(entries: Sequence[tuple[str, bytes]]) -> bytes:
    """Pack (name, content) pairs; nothing is compressed, as photos do not get smaller."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), content)
    return made.getvalue()
