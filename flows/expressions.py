"""The closed condition language of flows: parsed once, type-checked at load, evaluated without `eval`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

Value = str | int | float | bool | date
Lookup = Callable[[str], Value | None]
Kind = Literal["text", "number", "truth", "date"]

LONGEST = 2000
DEEPEST = 50
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>\"[^\"]*\"|'[^']*')|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)"
    r"|(?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,))"
)
WORDS = {"and", "or", "not", "in", "is", "missing", "true", "false"}
COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


class ExpressionFault(ValueError):
    """A condition that cannot be read; `column` counts characters from 0."""

    def __init__(self, message: str, column: int = 0) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True)
class Name:
    """A name to look up."""

    name: str


@dataclass(frozen=True, slots=True)
class Literally:
    """A value as written."""

    value: Value


Operand = Name | Literally


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands and a sign; false when one is missing."""

    left: Operand
    sign: str
    right: Operand


@dataclass(frozen=True, slots=True)
class Within:
    """A name among written values."""

    left: Operand
    values: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """Whether a name is missing."""

    name: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """A name (or literal) that is itself true or false."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: "Node"


@dataclass(frozen=True, slots=True)
class Both:
    """`and` or `or` of two."""

    word: str
    left: "Node"
    right: "Node"


Node = Compare | Within | Missing | Truth | Not | Both


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed condition and the names it uses."""

    node: Node
    names: frozenset[str]


class _Parser:
    """Recursive descent over the tokens; depth is bounded."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0
        self.end = len(text)

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def column(self) -> int:
        return self.tokens[self.at][2] if self.at < len(self.tokens) else self.end

    def take(self, wanted: str = "") -> tuple[str, str, int]:
        if self.at >= len(self.tokens):
            raise ExpressionFault(
                f"something is missing at the end{f': {wanted}' if wanted else ''}", self.end
            )
        token = self.tokens[self.at]
        if wanted and token[1] != wanted:
            raise ExpressionFault(f"expected {wanted!r}, found {token[1]!r}", token[2])
        self.at += 1
        return token

    def either(self, depth: int) -> Node:
        node = self.every(depth)
        while self.peek() == "or":
            self.take()
            node = Both("or", node, self.every(depth))
        return node

    def every(self, depth: int) -> Node:
        node = self.one(depth)
        while self.peek() == "and":
            self.take()
            node = Both("and", node, self.one(depth))
        return node

    def one(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise ExpressionFault("nested too deeply", self.column())
        if self.peek() == "not":
            self.take()
            return Not(self.one(depth + 1))
        if self.peek() == "(":
            self.take()
            node = self.either(depth + 1)
            self.take(")")
            return node
        return self.comparison()

    def comparison(self) -> Node:
        left = self.operand()
        word = self.peek()
        if word in COMPARISONS:
            self.take()
            return Compare(left, word, self.operand())
        if word == "is":
            return self.missing(left)
        if word in {"in", "not"}:
            negated = word == "not"
            self.take()
            if negated:
                self.take("in")
            return Within(left, self.values(), negated)
        if word == "=":
            raise ExpressionFault("a comparison is written ==", self.column())
        return Truth(left)

    def missing(self, left: Operand) -> Node:
        column = self.take("is")[2]
        negated = self.peek() == "not"
        if negated:
            self.take()
        self.take("missing")
        if not isinstance(left, Name):
            raise ExpressionFault("only a name can be missing", column)
        return Missing(left.name, negated)

    def values(self) -> tuple[Value, ...]:
        self.take("[")
        values: list[Value] = []
        while self.peek() != "]":
            operand = self.operand()
            if isinstance(operand, Name):
                raise ExpressionFault(f"a list holds written values: quote {operand.name!r}", self.column())
            values.append(operand.value)
            if self.peek() == ",":
                self.take()
            elif self.peek() != "]":
                self.take("]")
        self.take("]")
        return tuple(values)

    def operand(self) -> Operand:
        kind, text, column = self.take()
        if kind == "number":
            return Literally(float(text) if "." in text else int(text))
        if kind == "text":
            return Literally(text[1:-1])
        if text in {"true", "false"}:
            return Literally(text == "true")
        if kind == "name" and text not in WORDS:
            return Name(text)
        raise ExpressionFault(f"expected a name or a value, found {text!r}", column)


def _tokens(text: str) -> list[tuple[str, str, int]]:
    if len(text) > LONGEST:
        raise ExpressionFault(f"a condition has at most {LONGEST} characters")
    tokens: list[tuple[str, str, int]] = []
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            place = at + len(text[at:]) - len(text[at:].lstrip())
            hint = ": a comparison is written ==" if text[place] == "=" else ""
            raise ExpressionFault(f"{text[place]!r} has no meaning here{hint}", place)
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind], match.start(kind)))
        at = match.end()
    return tokens


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Parse a condition; raises ExpressionFault."""
    parser = _Parser(text)
    node = parser.either(0)
    if parser.at < len(parser.tokens):
        raise ExpressionFault(f"{parser.peek()!r} is one too many", parser.column())
    return Expression(node, frozenset(_names(node)))


def _names(node: Node) -> set[str]:
    match node:
        case Both(_, left, right):
            return _names(left) | _names(right)
        case Not(inner):
            return _names(inner)
        case Missing(name, _):
            return {name}
        case Compare(left, _, right):
            return {operand.name for operand in (left, right) if isinstance(operand, Name)}
        case Within(operand, _, _) | Truth(operand):
            return {operand.name} if isinstance(operand, Name) else set()


def evaluate(expression: Expression, lookup: Lookup) -> bool:
    """Evaluate with `lookup` (None = missing); comparing what is missing is false."""
    return _holds(expression.node, lookup)


def _holds(node: Node, lookup: Lookup) -> bool:
    match node:
        case Both("and", left, right):
            return _holds(left, lookup) and _holds(right, lookup)
        case Both(_, left, right):
            return _holds(left, lookup) or _holds(right, lookup)
        case Not(inner):
            return not _holds(inner, lookup)
        case Missing(name, negated):
            return (lookup(name) is None) != negated
        case Truth(operand):
            return _value(operand, lookup) is True
        case Within(operand, values, negated):
            value = _value(operand, lookup)
            return value is not None and (value in values) != negated
        case Compare(left, sign, right):
            return _compared(_value(left, lookup), sign, _value(right, lookup))


def _value(operand: Operand, lookup: Lookup) -> Value | None:
    return lookup(operand.name) if isinstance(operand, Name) else operand.value


def _compared(left: Value | None, sign: str, right: Value | None) -> bool:
    if left is None or right is None:
        return False
    left, right = _aligned(left, right)
    if sign == "==":
        return left == right
    if sign == "!=":
        return left != right
    if isinstance(left, str) != isinstance(right, str) or type(left) is not type(right):
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]  # type: ignore[operator]


def _aligned(left: Value, right: Value) -> tuple[Value, Value]:
    """Numbers compare as numbers, also when one was typed; dates as ISO text."""
    pair = [side.isoformat() if isinstance(side, date) else side for side in (left, right)]
    numeric = [side for side in pair if isinstance(side, int | float) and not isinstance(side, bool)]
    if numeric:
        try:
            return float(pair[0]), float(pair[1])
        except ValueError:
            return left, right
    return pair[0], pair[1]


def type_faults(
    expression: Expression, kinds: Mapping[str, Kind], options: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """Say what cannot be meant: unknown names, values that are no option, comparisons of unlike kinds."""
    faults = [unknown(name, kinds) for name in sorted(expression.names) if name not in kinds]
    if not faults:
        _check(expression.node, kinds, options, faults)
    return faults


def unknown(name: str, known: Mapping[str, object]) -> str:
    """Word the fault of an unknown name, with what was probably meant."""
    near = get_close_matches(name, list(known), n=1)
    return f"unknown name {name!r}" + (f", did you mean {near[0]!r}?" if near else "")


def _check(
    node: Node, kinds: Mapping[str, Kind], options: Mapping[str, tuple[str, ...]], faults: list[str]
) -> None:
    match node:
        case Both(_, left, right):
            _check(left, kinds, options, faults)
            _check(right, kinds, options, faults)
        case Not(inner):
            _check(inner, kinds, options, faults)
        case Truth(Name(name)) if kinds[name] != "truth":
            faults.append(f"{name!r} is not true or false: compare it with something")
        case Compare(Name(name), sign, Literally(value)) | Compare(Literally(value), sign, Name(name)):
            _check_pair(name, [value], kinds, options, faults)
            if sign not in {"==", "!="} and kinds[name] in {"text", "truth"}:
                faults.append(f"{name!r} has no order: only == and != fit")
        case Within(Name(name), values, _):
            _check_pair(name, list(values), kinds, options, faults)
        case _:
            pass


def _check_pair(
    name: str,
    values: list[Value],
    kinds: Mapping[str, Kind],
    options: Mapping[str, tuple[str, ...]],
    faults: list[str],
) -> None:
    for value in values:
        kind = _kind(value)
        wanted = kinds[name]
        if wanted != kind and not (wanted == "date" and kind == "text"):
            faults.append(f"{name!r} is a {wanted}, {value!r} is a {kind}")
        elif name in options and value not in options[name]:
            near = get_close_matches(str(value), options[name], n=1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            faults.append(f"{value!r} is no option of {name!r}{hint}")


def _kind(value: Value) -> Kind:
    if isinstance(value, bool):
        return "truth"
    return "text" if isinstance(value, str) else "number"
