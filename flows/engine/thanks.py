"""Tells courtesies from things to say: "Thank you!" is no matter for the seller's inbox."""

import re

MOST_WORDS = 8
COURTEOUS = """
    thanks thank you thx ty cheers great super perfect ok okay fine good nice lovely very much so many a
    lot all got it awesome cool wonderful appreciated bye have day danke dankeschön dankeschoen vielen
    dank schön sehr lieben besten herzlichen gut alles klar prima perfekt toll passt tschüss schönen tag
    noch gracias muchas muchísimas mil vale perfecto genial muy bien bueno estupendo de acuerdo adiós
    buen día for your the quick fast prompt reply answer response help again and für die das ihre
    schnelle rasche antwort hilfe nochmals und auch ihnen euch mühe por su la rápida respuesta ayuda y
    todo pronta
"""
THANKING = """
    thanks thank thx ty cheers great perfect ok okay appreciated awesome danke dankeschön dankeschoen
    dank prima perfekt klar gracias vale perfecto genial bien acuerdo
"""
COURTESIES, CORE = frozenset(COURTEOUS.split()), frozenset(THANKING.split())
"""A courtesy has one of the core: "very good day" alone is none."""
WORD = re.compile(r"[^\W\d_]+")


def is_thanks(text: str) -> bool:
    """Tell whether a text only thanks or agrees; a number, a question or any other word makes it more than that."""
    if "?" in text or any(sign.isdigit() for sign in text):
        return False
    words = [word.casefold() for word in WORD.findall(text)]
    if not words:
        return bool(text.strip()) and len(text.strip()) <= MOST_WORDS  # a few emoji
    return len(words) <= MOST_WORDS and CORE.intersection(words) != set() and COURTESIES.issuperset(words)
