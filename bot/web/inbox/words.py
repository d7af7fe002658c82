"""The words of the inbox's pages, by language; and times and counts as people say them."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flows.catalogue import Texts
from flows.yaml_source import parse

FOLDER = Path(__file__).with_name("texts")
LOCALES = ("en", "de", "es")
Said = Callable[..., str]

MINUTE, HOUR, DAY = 60, 3600, 86_400


@cache
def texts() -> Texts:
    """Read every language once."""
    return Texts({locale: _read(FOLDER / f"{locale}.yaml") for locale in LOCALES})


def _read(file: Path) -> dict[str, str]:
    return dict(_flat(parse(file.name, file.read_text(encoding="utf-8")), ""))


def _flat(value: Any, prefix: str) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [(prefix.removesuffix("."), str(value))]
    return [pair for key, inner in value.items() for pair in _flat(inner, f"{prefix}{key}.")]


def said_in(locale: str) -> Said:
    """Make the function with which templates speak: `t("list.photos", count=3)`."""

    def said(text_id: str, **names: Any) -> str:
        return texts().plain(locale, text_id, names)

    return said


def age(when: datetime, *, now: datetime, said: Said) -> str:
    """Say how long ago, as people do."""
    unit, count = _length(int((now - when).total_seconds()))
    return said(f"time.{unit}_ago", count=count)


def left(until: datetime, *, now: datetime, said: Said) -> str:
    """Say how long there is until then, or how long it is over."""
    seconds = int((until - now).total_seconds())
    text_id = "time.left" if seconds >= 0 else "time.over"
    return said(text_id, span=span(abs(seconds), said=said))


def span(seconds: int, *, said: Said) -> str:
    """Say a length of time in its largest unit."""
    unit, count = _length(seconds)
    return said(f"time.{unit}", count=count)


def day(when: date, *, said: Said) -> str:
    """Say a day and its month, as short as an axis wants it."""
    return said("time.day", day=when.day, month=said("time.months").split()[when.month - 1])


def _length(seconds: int) -> tuple[str, int]:
    for unit, length in (("days", DAY), ("hours", HOUR), ("minutes", MINUTE)):
        if seconds >= length:
            return unit, seconds // length
    return "moment", 0
