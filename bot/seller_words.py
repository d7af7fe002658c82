"""What a seller's plain reply asks for: an answer, unless its first line is a command; pure.

A help desk or a mail has one box for words. `/photo the serial number` asks for one more photo, `/settled` ends the
matter; both are understood in every language that sellers' pages speak.
"""

import re
from typing import Literal

LONGEST = 3500
"""Characters of a seller's words that reach the chat: a message of Telegram holds 4096, with ours around them."""

PHOTO = frozenset({"photo", "foto", "picture"})
SETTLED = frozenset({"settled", "done", "erledigt", "resuelto", "resuelta"})
COMMAND = re.compile(r"\s*[/#!](?P<word>[^\W\d_]{4,12})(?=[\s:.,]|\Z)[\s:.,]*(?P<rest>.*)", re.DOTALL)

Kind = Literal["answer", "photo", "settled"]


def spoken(text: str) -> tuple[Kind, str]:
    """Tell what words ask for, and the words without the command; ("answer", "") when nothing is said."""
    said = text.strip()
    found = COMMAND.match(said)
    word = found["word"].casefold() if found else ""
    if found and word in PHOTO:
        return "photo", shortened(found["rest"].strip())
    if found and word in SETTLED:
        return "settled", shortened(found["rest"].strip())
    return "answer", shortened(said)


def shortened(text: str) -> str:
    """Cut what a message cannot hold."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
