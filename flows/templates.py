"""Texts with names in them: parsed once, rendered to styled spans; values are never parsed again.

`{name}` a value · `{name|one photo|# photos}` a plural · `[ ... ]` vanishes when a name in it is missing,
or a number that it counts is 0 · `**bold**` · `{{ }} [[ ]]` the signs themselves.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from flows import plurals
from flows.values import Span, Spans, Style

Lookup = Callable[[str], Any]
NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$")
DEEPEST = 10
GAP = "…"
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
DATES = {"en": "{day} {month} {year}", "de": "{day}. {month} {year}", "es": "{day} de {month} de {year}"}


class TemplateFault(ValueError):
    """A text that cannot be read; line and column count from 0 within the text."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class Words:
    """Words as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """A value, or a plural of it."""

    name: str
    plural: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Toggle:
    """Bold begins or ends."""


@dataclass(frozen=True, slots=True)
class Optional:
    """A part that vanishes when a name in it is missing."""

    parts: "tuple[Part, ...]"


Part = Words | Field | Toggle | Optional


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text; `required` are the names outside every optional part."""

    parts: tuple[Part, ...]
    names: frozenset[str]
    required: frozenset[str]
    plurals: tuple[int, ...]  # number of forms of each plural in it


class _Parser:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def fault(self, message: str, at: int) -> TemplateFault:
        before = self.text[:at]
        return TemplateFault(message, before.count("\n"), at - (before.rfind("\n") + 1))

    def parts(self, depth: int) -> tuple[Part, ...]:
        found: list[Part] = []
        opened = self.at - 1
        words = ""
        while self.at < len(self.text):
            two, one = self.text[self.at : self.at + 2], self.text[self.at]
            if two in {"{{", "}}", "[[", "]]"} and not (depth and two == "]]"):
                words, self.at = words + two[0], self.at + 2
                continue
            if one not in "{}[]" and two != "**":
                words, self.at = words + one, self.at + 1
                continue
            if words:
                found.append(Words(words))
                words = ""
            if one == "]":
                if depth == 0:
                    raise self.fault("']' without '[': double it to show it", self.at)
                self.at += 1
                return tuple(found)
            found.append(self.special(two, one, depth))
        if words:
            found.append(Words(words))
        if depth:
            raise self.fault("'[' is never closed: double it to show it", opened)
        return tuple(found)

    def special(self, two: str, one: str, depth: int) -> Part:
        start = self.at
        if two == "**":
            self.at += 2
            return Toggle()
        self.at += 1
        if one == "[":
            if depth >= DEEPEST:
                raise self.fault("nested too deeply", start)
            return Optional(self.parts(depth + 1))
        if one == "}":
            raise self.fault("'}' without '{': double it to show it", start)
        end = self.text.find("}", start)
        if end < 0:
            raise self.fault("'{' is never closed: double it to show it", start)
        self.at = end + 1
        name, *forms = self.text[start + 1 : end].split("|")
        if not NAME.match(name.strip()):
            raise self.fault(f"{name.strip()!r} is no name", start)
        return Field(name.strip(), tuple(forms))


@lru_cache(maxsize=16384)
def parse(text: str) -> Template:
    """Parse a text; raises TemplateFault."""
    parts = _Parser(text).parts(0)
    fields = list(_fields(parts))
    if sum(isinstance(part, Toggle) for part in _flat(parts)) % 2:
        raise TemplateFault("'**' is never closed")
    return Template(
        parts=parts,
        names=frozenset(field.name for field in fields),
        required=frozenset(part.name for part in parts if isinstance(part, Field)),
        plurals=tuple(len(field.plural) for field in fields if field.plural),
    )


def _flat(parts: tuple[Part, ...]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Optional):
            yield from _flat(part.parts)
        else:
            yield part


def _fields(parts: tuple[Part, ...]) -> Iterator[Field]:
    return (part for part in _flat(parts) if isinstance(part, Field))


def render(template: Template, lookup: Lookup, *, locale: str) -> Spans:
    """Render to spans; a missing name outside `[ ]` shows as an ellipsis. Never raises on values."""
    pieces: list[tuple[str, bool]] = []
    _render(template.parts, lookup, locale, pieces, bold=False)
    spans: list[Span] = []
    for text, bold in _without_empty_lines(pieces):
        style: Style = "bold" if bold else "plain"
        if spans and spans[-1].style == style:
            spans[-1] = Span(text=spans[-1].text + text, style=style)
        elif text:
            spans.append(Span(text=text, style=style))
    return tuple(spans)


VANISHED = "\ue000"
"""Marks where an optional part vanished, so that a line left empty by it goes too (a private-use character)."""


def _without_empty_lines(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    whole = "".join(text for text, _ in pieces)
    if VANISHED not in whole:
        return pieces
    weights = [bold for text, bold in pieces for _ in text]
    kept: list[tuple[str, bool]] = []
    at = 0
    for line in whole.splitlines(keepends=True):
        gone = VANISHED in line and not line.replace(VANISHED, "").strip()
        if not gone:
            kept += [
                (letter, weights[at + n])
                for n, letter in enumerate(line)
                if letter != VANISHED and not _doubled_space(line, n)
            ]
        at += len(line)
    return kept


def _doubled_space(line: str, n: int) -> bool:
    """A space beside a vanished part, where one stands already or the line begins."""
    return line[n] == " " and n > 0 and line[n - 1] == VANISHED and (n == 1 or line[n - 2].isspace())


def _render(
    parts: tuple[Part, ...], lookup: Lookup, locale: str, pieces: list[tuple[str, bool]], *, bold: bool
) -> bool:
    for part in parts:
        match part:
            case Words(text):
                pieces.append((text, bold))
            case Toggle():
                bold = not bold
            case Field(name, forms):
                pieces.append((_shown(lookup(name), forms, locale), bold))
            case Optional(inner):
                fields = [field for field in inner if isinstance(field, Field)]
                if all(_is_there(lookup(field.name), field) for field in fields):
                    bold = _render(inner, lookup, locale, pieces, bold=bold)
                else:
                    pieces.append((VANISHED, bold))
    return bold


def _is_there(value: Any, field: Field) -> bool:
    return value is not None and not (field.plural and value == 0)


def _shown(value: Any, forms: tuple[str, ...], locale: str) -> str:
    if value is None:
        return GAP
    if forms:
        number = value if isinstance(value, int | float) else 0
        return forms[min(plurals.form(locale, number), len(forms) - 1)].replace("#", _number(number))
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, date):
        return shown_date(value, locale)
    text = _number(value) if isinstance(value, int | float) else str(value)
    return text.replace(VANISHED, "")


def _number(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def shown_date(day: date, locale: str) -> str:
    """Write a date as people of the language do; ISO for languages without a pattern."""
    language = locale.partition("-")[0]
    if language not in DATES:
        return day.isoformat()
    month = MONTHS[language].split()[day.month - 1]
    return DATES[language].format(day=day.day, month=month, year=day.year)


def plain(template: Template, lookup: Lookup, *, locale: str) -> str:
    """Render without styles."""
    return "".join(span.text for span in render(template, lookup, locale=locale))
