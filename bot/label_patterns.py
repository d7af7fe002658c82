"""How a seller wants files named: a pattern of fields, checked when it is read; pure."""

import re
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches

from flows.values import Bundle

DEFAULT = "{issue}_{shot}"
FIELDS = ("label", "issue", "shot", "n", "case", "bundle", "order")
TELLING = frozenset({"label", "shot", "n"})
"""Fields that tell the photos of a bundle apart: a pattern has one of them."""
PIECE = re.compile(r"\{(?P<field>[^{}]*)\}|(?P<sign>[^A-Za-z0-9_])")
LONGEST_PATTERN, LONGEST_NAME = 120, 80


def checked_pattern(pattern: str) -> str:
    """Return a pattern that can be used; raises ValueError in words for operators."""
    fields = set()
    for piece in PIECE.finditer(pattern):
        if piece["sign"]:
            raise ValueError(f"{piece['sign']!r} cannot stand in a file's name: letters, digits and _ can")
        if piece["field"] not in FIELDS:
            near = get_close_matches(piece["field"], FIELDS, n=1)
            hint = f", did you mean {near[0]!r}?" if near else f"; there are: {', '.join(FIELDS)}"
            raise ValueError(f"there is no field {piece['field']!r}{hint}")
        fields.add(piece["field"])
    if not fields & TELLING:
        raise ValueError("one of {label}, {shot} and {n} tells the photos apart")
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"at most {LONGEST_PATTERN} characters")
    return pattern


def fields_of(bundle: Bundle, label: str, place: int) -> Mapping[str, str]:
    """Fill the fields for one photo; `place` counts from 1 within the bundle."""
    head, _, rest = label.partition("_")
    return {
        "label": label,
        "issue": head if rest else "",
        "shot": rest or label,
        "n": f"{place:02}",
        "case": bundle.case,
        "bundle": str(bundle.number),
        "order": bundle.order.number,
    }


def stem_of(pattern: str, fields: Mapping[str, str]) -> str:
    """Name a file, without its ending: safe anywhere, "Photo" when nothing is left."""
    return safe_stem(PIECE.sub(lambda piece: fields[piece["field"]], pattern))


def safe_stem(text: str) -> str:
    """Keep ASCII letters and digits, and one underscore between them."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:LONGEST_NAME].strip("_") or "Photo"
