"""Shortening: a message without losing its point (greeting, facts, the ask and the closing stay), a line by its end."""

import re

SENTENCE = re.compile(r"(?<=[.!?…])\s+")
GREETING = re.compile(r"^(hello|hi|dear|hallo|guten|liebe|sehr|hola|buen|estimad)", re.IGNORECASE)
CLOSING = re.compile(
    r"^(kind|best|thank|regards|sincerely|mit freundlich|viele|freundliche|danke|vielen|un saludo|saludos|gracias|atentamente)",
    re.IGNORECASE,
)
ASK = re.compile(r"\?|could you|please|können sie|bitte|podría|por favor", re.IGNORECASE)
FACT = re.compile(r"\d|order|bestell|pedido", re.IGNORECASE)


def shorten(text: str, *, limit: int) -> str:
    """Drop the least telling sentences until the text has at most `limit` characters, or nothing more can go."""
    lines = [[part for part in SENTENCE.split(line) if part] for line in text.splitlines()]
    while len(_joined(lines)) > limit:
        weakest = _weakest(lines)
        if weakest is None:
            break
        line, place = weakest
        del lines[line][place]
    return _joined([line for n, line in enumerate(lines) if line or _blank_wanted(lines, n)])


def cut(line: str, *, limit: int) -> str:
    """Cut a line to `limit` characters, with an ellipsis where something is missing."""
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip(' ,:·')}…"


def _joined(lines: list[list[str]]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(" ".join(line) for line in lines)).strip()


def _blank_wanted(lines: list[list[str]], n: int) -> bool:
    return 0 < n < len(lines) - 1 and bool(lines[n - 1]) and any(lines[n + 1 :])


def _weakest(lines: list[list[str]]) -> tuple[int, int] | None:
    """The last sentence that is neither greeting, fact, ask nor closing; later ones tell less."""
    for line in range(len(lines) - 1, -1, -1):
        for place in range(len(lines[line]) - 1, -1, -1):
            sentence = lines[line][place]
            closing = CLOSING.match(lines[line][0]) or (line == len(lines) - 1 and line > 0)
            if not (GREETING.match(sentence) or ASK.search(sentence) or FACT.search(sentence) or closing):
                return line, place
    return None
