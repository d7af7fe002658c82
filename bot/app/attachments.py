"""Files that sellers give with their words: pictures come clean and in a common format, PDFs as they are; nothing else."""

import re
import unicodedata
from collections.abc import Sequence

from bot.app.case_actions import Given
from bot.app.photographs import PDF_HEADER_WITHIN, PDF_START
from bot.ports import GivenFile, NotAPicture, PhotoJudge, Preparation
from flows.values import Attachment
from storage.ports import BlobStore

MOST_FILES = 5
MOST_BYTES = 10 * 1024 * 1024
"""Of one file: what Telegram shows as a photo (Bot API, sendPhoto), and far more than a return label needs."""
LONGEST_NAME = 60
SHOWN = Preparation(longest_side=2560, max_bytes=MOST_BYTES)
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg"}
UNFIT = re.compile(r'[\\/:*?"<>|\s]+')


class Attachments:
    """Keeps files with their case, so that they go when it goes."""

    def __init__(self, *, blobs: BlobStore, judge: PhotoJudge) -> None:
        self._blobs = blobs
        self._judge = judge

    async def keep(self, case: str, files: Sequence[GivenFile]) -> Given:
        """Store what a customer can be shown; raises StorageFailure, and TransientFailure when nobody can look now.

        The same files give the same attachments, however often they come.
        """
        kept: list[Attachment] = []
        for file in files[:MOST_FILES]:
            found = await self._cleaned(file.content) if 0 < len(file.content) <= MOST_BYTES else None
            if found is None:
                continue
            content, mime = found
            key = await self._blobs.put(case, content)
            kept.append(Attachment(key=key, name=name_of(file.name, mime), mime=mime, size=len(content)))
        return Given(files=tuple(kept), left_out=len(files) - len(kept))

    async def _cleaned(self, content: bytes) -> tuple[bytes, str] | None:
        if PDF_START in content[:PDF_HEADER_WITHIN]:
            return content, "application/pdf"
        try:
            await self._judge.inspect(content)
            shown, mime, _, _ = await self._judge.prepare(content, how=SHOWN)
        except NotAPicture:
            return None
        return shown, mime


def name_of(given: str, mime: str) -> str:
    """Make a name that any device takes, with the ending that tells the truth."""
    stem = given.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or given
    readable = "".join(
        letter for letter in stem if unicodedata.category(letter)[0] not in "CZ" or letter == " "
    )
    fit = UNFIT.sub("_", readable).strip("._-")[:LONGEST_NAME]
    return f"{fit or 'file'}.{ENDINGS[mime]}"
