"""Brings words to the form in which they are looked for; pure."""

import unicodedata

LONGEST = 100
"""Characters of a search that count."""
MOST_WORDS = 8
AROUND = "#[](){}<>,;:!?\"'«»“”„"
"""Signs around a word that are no part of it: #A-17, [K7F3] of a subject."""


def folded(text: str) -> str:
    """Fold case, width and accents away; NUL, which PostgreSQL keeps in no text, is a space."""
    apart = unicodedata.normalize("NFKD", text.replace("\0", " ")).casefold()
    plain = "".join(
        sign for sign in apart if not unicodedata.combining(sign) and not "\ud800" <= sign <= "\udfff"
    )
    return unicodedata.normalize("NFKC", plain)


def words_of(text: str) -> tuple[str, ...]:
    """Split what somebody looks for into words, each of which must occur."""
    words = (word.strip(AROUND) or word for word in folded(text[:LONGEST]).split())
    return tuple(dict.fromkeys(words))[:MOST_WORDS]
