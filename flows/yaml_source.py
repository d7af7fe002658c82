"""YAML text -> plain values that know where they stand; YAML 1.2, and only the plain part of it."""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

LONGEST = 512_000
DEEPEST = 40
MOST_NODES = 200_000


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place: file, line and column, both from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake of an operator, where it is, and what to do about it."""

    mark: Mark
    message: str

    def __str__(self) -> str:
        return f"{self.mark.file}:{self.mark.line}:{self.mark.column}: {self.message}"


class SourceFault(ValueError):
    """The text is no acceptable YAML."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Map(dict[str, Any]):
    """A mapping that knows where its keys stand."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str, Mark] = {}

    def put(self, key: str, value: Any, mark: Mark) -> None:
        """Set a key that stands at `mark`."""
        self[key] = value
        self.marks[key] = mark


class Items(list[Any]):
    """A sequence that knows where its items stand."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []

    def put(self, value: Any, mark: Mark, *, at: int | None = None) -> None:
        """Insert an item that stands at `mark`, at the end or before place `at`."""
        place = len(self) if at is None else at
        self.insert(place, value)
        self.marks.insert(place, mark)


def copied(value: Any) -> Any:
    """Copy deeply, marks included."""
    if isinstance(value, Map):
        fresh = Map(value.mark)
        for key, inner in value.items():
            fresh.put(key, copied(inner), value.marks.get(key, value.mark))
        return fresh
    if isinstance(value, Items):
        items = Items(value.mark)
        for inner, mark in zip(value, value.marks, strict=True):
            items.put(copied(inner), mark)
        return items
    return value


def mark_of(value: Any, path: tuple[Hashable, ...]) -> Mark:
    """The place of the deepest part of `path` that stands in the text; parts that do not are passed over."""
    mark: Mark = value.mark
    for part in path:
        if isinstance(value, Map) and part in value:
            mark, value = value.marks.get(str(part), mark), value[str(part)]
        elif isinstance(value, Items) and isinstance(part, int) and part < len(value):
            mark, value = value.marks[part], value[part]
    return mark


NULL = re.compile(r"^(~|null|Null|NULL|)$")
TRUTH = re.compile(r"^(true|True|TRUE|false|False|FALSE)$")
INTEGER = re.compile(r"^([-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,16})$")
DECIMAL = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?$")


def resolved(text: str) -> Any:
    """Read a plain scalar by YAML 1.2's core schema; a bare `no` is a word."""
    if NULL.match(text):
        return None
    if TRUTH.match(text):
        return text[0] in "tT"
    if INTEGER.match(text):
        return int(text, 0 if text[1:2] in {"o", "x"} else 10)
    return float(text) if DECIMAL.match(text) else text


TAB = "a tab: indent with spaces"
OPEN_QUOTE = "found unexpected end of stream"
HINTS = (
    ("mapping values are not allowed", "a colon inside a text: quote it"),
    ("tab character", TAB),
    ("cannot start any token", "this sign begins no text: quote it"),
    ("did not find expected ',' or '}'", "'{' begins a map here: quote the text, or close the map"),
    ("did not find expected ',' or ']'", "'[' begins a list here: quote the text, or close the list"),
    ("did not find expected key", "the indentation does not fit, or a text with special signs: quote it"),
    ("did not find expected <document start>", "the text goes on after its end: check the indentation"),
    ("did not find expected alphabetic or numeric character", "this sign begins no text: quote it"),
    (OPEN_QUOTE, "a quote is never closed"),
)


def parse(file: str, text: str) -> Map:
    """Parse one document whose root is a map; raises SourceFault."""
    if len(text) > LONGEST:
        raise SourceFault(Fault(Mark(file, 1, 1), f"the file is longer than {LONGEST} characters"))
    try:
        return _Builder(file).build(text)
    except yaml.MarkedYAMLError as error:
        message = str(error.problem or error.context or "no YAML")
        begun = error.context_mark if OPEN_QUOTE in message else None
        mark = begun or error.problem_mark or error.context_mark
        wording = next((hint for sign, hint in HINTS if sign in message), message)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if any(row[column - 1 : column] == "\t" for row in text.split("\n")[line - 1 : line]):
            wording = TAB
        raise SourceFault(Fault(Mark(file, line, column), wording)) from None
    except yaml.YAMLError:
        raise SourceFault(Fault(Mark(file, 1, 1), "a character that YAML does not allow")) from None


class _Builder:
    """Builds values from YAML events, so that anchors, tags and depth are seen before anything is made of them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.nodes = 0

    def mark(self, event: yaml.Event) -> Mark:
        start = event.start_mark
        return Mark(self.file, start.line + 1, start.column + 1) if start else Mark(self.file, 1, 1)

    def refuse(self, event: yaml.Event, message: str) -> SourceFault:
        return SourceFault(Fault(self.mark(event), message))

    def build(self, text: str) -> Map:
        events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
        root: Any = None
        seen = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    raise self.refuse(event, "one document a file: '---' begins a second one")
                root = self.value(next(events), events, 0)
        if not isinstance(root, Map):
            raise SourceFault(Fault(Mark(self.file, 1, 1), "expected keys and values"))
        return root

    def value(self, event: Any, events: Iterator[Any], depth: int) -> Any:
        self.nodes += 1
        if depth > DEEPEST or self.nodes > MOST_NODES:
            raise self.refuse(event, "nested too deeply" if depth > DEEPEST else "too many values")
        if isinstance(event, yaml.AliasEvent):
            raise self.refuse(
                event, "aliases are not allowed: write the value out, or quote a text that begins with *"
            )
        if event.anchor is not None:
            raise self.refuse(event, "anchors are not allowed: quote a text that begins with &")
        if event.tag is not None:
            raise self.refuse(event, "tags are not allowed: quote a text that begins with !")
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style else resolved(event.value)
        return (
            self.map(event, events, depth)
            if isinstance(event, yaml.MappingStartEvent)
            else self.items(event, events, depth)
        )

    def map(self, start: Any, events: Iterator[Any], depth: int) -> Map:
        found = Map(self.mark(start))
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise self.refuse(event, "a key is a word; quote a text that begins with { or [")
            key = event.value
            if key in found:
                raise self.refuse(event, f"{key!r} stands here twice (first in line {found.marks[key].line})")
            if key == "<<":
                raise self.refuse(event, "merge keys are not allowed")
            if event.anchor is not None or event.tag is not None:
                raise self.refuse(event, "anchors and tags are not allowed")
            found.put(key, self.value(next(events), events, depth + 1), self.mark(event))
        return found

    def items(self, start: Any, events: Iterator[Any], depth: int) -> Items:
        found = Items(self.mark(start))
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            mark = self.mark(event)
            found.put(self.value(event, events, depth + 1), mark)
        return found
