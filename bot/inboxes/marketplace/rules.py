"""What a marketplace lets through in a message to a seller: plain words, no links, addresses or phone numbers; pure.

Order, tracking and serial numbers are what a case is about, so a number counts as a phone's only where it looks like one:
a plus before it, a trunk zero, groups as people write them, or a word such as "call" in front.
"""

import re
from collections.abc import Iterable

TAKEN_OUT = "[…]"
LEAST_DIGITS, MOST_DIGITS = 7, 15
"""Of a phone number (E.164 ends at 15)."""
NAME = re.compile(r"[A-Za-z0-9#_./ -]{4,80}")
"""What may be kept as it is; a customer can type anything for an order's number."""
EMAIL = re.compile(  # no more before the @ (RFC 5321, 4.5.3.1.1): else a long word takes the square of its length
    r"[\w.+-]{1,64}\s?(?:@|[\[({]\s?(?:at|@)\s?[\])}])\s?[\w-]+(?:\s?(?:\.|[\[({]\s?(?:dot|punkt|punto)\s?[\])}])\s?[\w-]+)+",
    re.IGNORECASE,
)
ENDINGS = "com|net|org|info|biz|shop|store|app|dev|me|io|ly|gl|co|eu|de|at|ch|es|mx|ar|uk|us|ca|fr|it|nl|pl|pt|cn|in|jp"
LINK = re.compile(
    rf"(?:\b[a-z][a-z0-9+.-]{{1,15}}://|\bwww\.|\bmailto:|\bjavascript:)\S*|(?<![\w@/.-])(?:[\w-]+\.)+(?:{ENDINGS})\b(?:[/:?#]\S*)?",
    re.IGNORECASE,
)
CALLED = r"(?:tel(?:efon|[eé]fono)?|phone|call(?: me)?|mobile?|handy|m[oó]vil|whats ?app|sms|fax|ll[aá]m[ae]\w*|ruf(?:en|e)?)"
NUMBER = re.compile(
    rf"(?P<called>\b{CALLED}\b[^\w+(]{{0,3}}(?:[^\W\d]+[^\w+(]{{1,2}}){{0,2}})?(?P<number>(?<![\w-])\+?\(?\d[\d\s()/.\-\u2010-\u2015]{{5,24}}\d(?![\w-]))",
    re.IGNORECASE,
)
GROUPS = re.compile(r"[\s()/.\-\u2010-\u2015]+")
DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
GTINS = frozenset({8, 12, 13, 14})
MARKUP = str.maketrans({"<": "‹", ">": "›"})


def allowed(text: str, *, kept: Iterable[str] = ()) -> str:
    """Take out what a marketplace refuses; what is `kept` (an order's number, a barcode) stands as it is."""
    names = {one for one in kept if NAME.fullmatch(one) and not (LINK.search(one) or EMAIL.search(one))}
    shields = sorted(names, key=len, reverse=True)
    if not shields:
        return _without(text)
    parts = re.split("(" + "|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in shields) + ")", text)
    return "".join(part if place % 2 else _without(part) for place, part in enumerate(parts))


def _without(text: str) -> str:
    text = text.translate(MARKUP)
    text = EMAIL.sub(TAKEN_OUT, text)
    text = LINK.sub(TAKEN_OUT, text)
    return NUMBER.sub(_unless_harmless, text)


def _unless_harmless(found: re.Match[str]) -> str:
    number = found["number"]
    called = found["called"] or ""
    return f"{called}{TAKEN_OUT}" if is_phone(number, called=bool(called)) else found[0]


def is_phone(number: str, *, called: bool = False) -> bool:
    """Tell whether digits with their separators look like a phone number; `called`: a word before them says so."""
    digits = re.sub(r"\D", "", number)
    if not LEAST_DIGITS <= len(digits) <= MOST_DIGITS or DATE.fullmatch(number.strip()):
        return False
    if called or number.startswith("+"):
        return True
    groups = [group for group in GROUPS.split(number) if group]
    if digits.startswith("0"):
        return len(groups) > 1 or not is_gtin(digits)
    american = [len(group) for group in groups] in ([3, 3, 4], [1, 3, 3, 4])
    spanish = digits[0] in "6789" and len(digits) == 9 and len(groups) in {3, 4}  # noqa: PLR2004 - as dialled in Spain
    return american or spanish or "(" in number


def is_gtin(digits: str) -> bool:
    """Tell whether digits are a trade item's number, by length and check digit (GS1 General Specifications, 7.9)."""
    if len(digits) not in GTINS:
        return False
    weighted = sum(
        int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits[:-1]), 1)
    )
    return (10 - weighted % 10) % 10 == int(digits[-1])


def fitted(parts: Iterable[str], *, most: int) -> str:
    """Join parts, the most important first, as far as they fit; the first is cut at a word when it alone is too long."""
    text = ""
    for part in filter(None, parts):
        longer = f"{text}\n\n{part}" if text else part
        if len(longer) <= most:
            text = longer
        elif not text:
            text = f"{part[: most - 1].rsplit(maxsplit=1)[0]}…"
    return text
