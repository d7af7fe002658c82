"""`clearshot photos judge`: verdicts on picture files, one after the other; runs in the caller's own process."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.photos.checks import judged
from bot.photos.metrics import measure
from bot.photos.sharpness import CANNOT_TELL
from bot.ports import NotAPicture
from flows.values import Problem, Quality

ASKS_AGAIN: frozenset[Problem] = frozenset({"blur", "dark", "bright", "small", "duplicate", "unreadable"})
"""What a flow that says nothing else asks again for; the other problems are told, and the photo is still ok."""

Caption = Callable[[str], str]
"""Gives the line below a picture that explains a problem."""


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

    def as_json(self) -> str:
        """For programs."""
        line = {
            "path": self.path,
            "ok": self.ok,
            "problems": list(self.problems),
            "sharpness": round(self.sharpness, 4),
            "ms": round(self.ms, 2),
        }
        return json.dumps(line, ensure_ascii=not _is_text(self.path))


def _is_text(path: str) -> bool:
    """Whether a file's name is UTF-8; the bytes of others stand in it as halves of surrogate pairs (PEP 383)."""
    return not any("\ud800" <= sign <= "\udfff" for sign in path)


def legible(path: str | Path) -> str:
    """Write a file's name on one line, whatever bytes it is made of."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in str(path)
    )


def judge_files(paths: Iterable[str]) -> Iterator[FileVerdict]:
    """Judge files in the order given, each as soon as it is known; never raises for a file."""
    for path in paths:
        yield judge_file(path)


def judge_file(path: str) -> FileVerdict:
    """Judge one file: shorter side 320 pixels, no other pictures to compare with."""
    begun = time.perf_counter()
    problems: tuple[Problem, ...]
    try:
        content = Path(path).read_bytes()
        measured = measure(content)
        problems = judged(content, measured, quality=Quality(), others=(), earlier=()).problems
        sharpness = measured.sharpness
    except (NotAPicture, OSError, ValueError):
        problems, sharpness = ("unreadable",), CANNOT_TELL
    return FileVerdict(
        path=path, problems=problems, sharpness=sharpness, ms=(time.perf_counter() - begun) * 1000
    )


def table(verdicts: Sequence[FileVerdict]) -> Iterator[str]:
    """For people: a line each below a heading, and a sum."""
    yield "verdict  sharpness   time      file"
    for found in verdicts:
        mark, said = "ok" if found.ok else "again", ", ".join(found.problems)
        yield f"{mark:7}  {found.sharpness:9.2f}  {found.ms:6.1f} ms  {legible(found.path)}{f'  ({said})' if said else ''}"
    fine = sum(found.ok for found in verdicts)
    yield f"{len(verdicts)} files: {fine} ok, {len(verdicts) - fine} to take again"


def explain_file(found: FileVerdict, *, into: Path, caption: Caption) -> Path | None:
    """Write the picture that shows a file's worst problem; None where there is nothing to show. Raises OSError."""
    from bot.photos.explain import explain  # noqa: PLC0415 - only who wants pictures needs it

    if not found.problems:
        return None
    worst = found.problems[0]
    try:
        drawn = explain(Path(found.path).read_bytes(), problem=worst, caption=caption(worst))
    except (NotAPicture, OSError, ValueError):
        return None
    into.mkdir(parents=True, exist_ok=True)
    target = _free(into, f"{Path(found.path).stem}.{worst}")
    target.write_bytes(drawn)
    return target


def _free(folder: Path, stem: str) -> Path:
    """Name a file that is not there yet: two pictures of one name come from two folders."""
    numbers = (f"-{number}" if number > 1 else "" for number in range(1, 10_000))
    return next(path for number in numbers if not (path := folder / f"{stem}{number}.jpg").exists())
