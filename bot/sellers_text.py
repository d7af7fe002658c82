"""One seller's block in the sellers file as text: cut out, its secrets hidden, and put back; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.yaml_source import Map, SourceFault, parse

KEPT = "(kept {})"
"""Stands in for a secret; put back as it was when the block is saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines `first` to `last` of the file (from 1, both in), without secrets."""

    text: str
    first: int
    last: int
    secrets: tuple[str, ...] = ()


def block_of(name: str, text: str, seller: str, *, secrets: Sequence[str]) -> Block | None:
    """Cut a seller's block out; None where it cannot be told apart, or a secret could be read in it."""
    try:
        root = parse(name, text)
    except SourceFault:
        return None
    lines = text.splitlines()
    bounds = _bounds(root, seller, len(lines))
    if bounds is None:
        return None
    first, last = bounds
    cut = "\n".join(lines[first - 1 : last])
    hidden = tuple(sorted({one for one in secrets if one}, key=lambda one: -len(one)))
    for place, secret in enumerate(hidden, 1):
        if secret not in cut:
            return None  # written in a way that is not its own, with escapes or over several lines
        cut = cut.replace(secret, KEPT.format(place))
    return Block(text=cut, first=first, last=last, secrets=hidden)


def _bounds(root: Map, seller: str, lines: int) -> tuple[int, int] | None:
    """Find the lines from a seller's key to the one before the next key, whoever's that is."""
    sellers = root.get("sellers")
    if not isinstance(sellers, Map):
        return None
    marks = {**sellers.marks, **({"": root.marks["support"]} if "support" in root else {})}
    own = root.marks.get("support") if seller == "support" else sellers.marks.get(seller)
    if own is None:
        return None
    starts = sorted([*marks.values(), root.marks["sellers"]])
    later = [mark.line for mark in starts if mark > own]
    shares = [mark for mark in starts if mark != own and mark.line == own.line]
    return None if shares else (own.line, (later[0] - 1) if later else lines)


def put_back(text: str, block: Block, edited: str) -> str:
    """Put an edited block in the place of the old one, its secrets as they were."""
    for place, secret in enumerate(block.secrets, 1):
        edited = edited.replace(KEPT.format(place), secret)
    lines = text.splitlines()
    fresh = edited.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    return "\n".join([*lines[: block.first - 1], *fresh, *lines[block.last :], ""])
