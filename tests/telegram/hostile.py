"""Hostile strings for tests: a few of our own, and the sample data's where it is there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OWN = (
    "",
    " \n\t ",
    "\0",
    "a\0b",
    "\ud800",
    "half \udfff pair",
    "\u202eabc\u2066def",
    "\u200b\u2060\ufeff",
    "\u2800\u3164",
    "👨‍👩‍👧‍👦" * 700,
    "e\u0301" * 3000,
    "\r\n" * 2500,
    "*bold* _it_ <b>x</b> [a](tg://user?id=1)",
    "/" * 100,
    "/start " + "A" * 65,
    "𝔘𝔫𝔦" * 1500,
    "x" * 20_000,
)


def hostile_strings(folder: Path) -> Iterator[str]:
    """Yield every string of the sample data's `hostile-text`, and our own."""
    yield from OWN
    for file in sorted((folder / "hostile-text").iterdir()):
        if file.suffix == ".json":
            yield from (str(entry) for entry in json.loads(file.read_text(encoding="utf-8")))
        elif file.suffix == ".jsonl":
            yield from _values(file)
        elif file.suffix == ".txt":
            yield from file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()


def _values(file: Path) -> Iterator[str]:
    for line in file.read_text(encoding="utf-8").splitlines():
        entry: Any = json.loads(line)
        yield str(entry["value"] if isinstance(entry, dict) and "value" in entry else entry)
