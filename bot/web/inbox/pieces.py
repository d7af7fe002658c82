"""What a paper is made of, piece by piece."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Words that begin a part; `level` 1 is the file's title."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A passage, its name before it."""

    text: str
    name: str = ""
    is_small: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture with the words below it, on one page."""

    content: bytes
    words: tuple[Words, ...]


Piece = Heading | Words | Shown
