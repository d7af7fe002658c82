"""`clearshot photos judge`: verdicts on picture files, line by line; runs in the caller's own process."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.photos.judge import verdict
from bot.photos.metrics import measure
from bot.photos.sharpness import CANNOT_TELL
from bot.ports import NotAPicture
from flows.values import Problem, Quality

ASKS_AGAIN: frozenset[Problem] = frozenset({"blur", "dark", "bright", "small", "duplicate", "unreadable"})
"""What a flow that says nothing else asks again for; the other problems are told, and the photo is still ok."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVerdict:
    """One file's line."""

    path: str
    problems: tuple[Problem, ...]
    sharpness: float
    ms: float

    @property
    def ok(self) -> bool:
        """Whether a flow with default rules would take it."""
        return not ASKS_AGAIN.intersection(self.problems)


def judge_files(paths: Sequence[str], *, as_json: bool) -> Iterator[str]:
    """Judge files in the order given, one line each as soon as it is known; never raises for a file."""
    for path in paths:
        found = judge_file(path)
        yield _as_json(found) if as_json else _as_text(found)


def judge_file(path: str) -> FileVerdict:
    """Judge one file with the default rules: shorter side 320 pixels, no other pictures to compare with."""
    begun = time.perf_counter()
    problems: tuple[Problem, ...]
    try:
        measured = measure(Path(path).read_bytes())
        problems = verdict(measured, quality=Quality(), others=(), earlier=()).problems
        sharpness = measured.sharpness
    except (NotAPicture, OSError):
        problems, sharpness = ("unreadable",), CANNOT_TELL
    return FileVerdict(
        path=path, problems=problems, sharpness=sharpness, ms=(time.perf_counter() - begun) * 1000
    )


def _as_json(found: FileVerdict) -> str:
    line = {
        "path": found.path,
        "ok": found.ok,
        "problems": list(found.problems),
        "sharpness": round(found.sharpness, 4),
        "ms": round(found.ms, 2),
    }
    return json.dumps(line, ensure_ascii=False)


def _as_text(found: FileVerdict) -> str:
    mark = "ok   " if found.ok else "again"
    said = ", ".join(found.problems) or "nothing to mend"
    return f"{mark}  sharp {found.sharpness:4.2f}  {found.ms:6.1f} ms  {found.path}  ({said})"
