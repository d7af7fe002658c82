"""Finds the words and the files among the parts of a mail, wherever a program put them; pure.

Some put a file between two paragraphs, which are parts of their own, or beside one form of the words alone; a signed
mail holds another within. Sources: RFC 2046 (5.1), RFC 1847 and RFC 8551 (signatures).
"""

from dataclasses import dataclass, field
from email.message import EmailMessage, MIMEPart

SIGNATURES = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
WORDS = frozenset({"text/plain", "text/html"})


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a mail that are words, by their type, and those that are files, each in order."""

    words: dict[str, list[MIMEPart]] = field(default_factory=lambda: {kind: [] for kind in WORDS})
    files: list[MIMEPart] = field(default_factory=list)


def parts_of(mail: EmailMessage) -> Parts:
    """Sort the parts; a mail within a mail is a file, other forms of the same words and signatures are nothing.

    The first part of words may have a name; a later one that has is a file.
    """
    found = Parts()
    waiting: list[tuple[MIMEPart, str]] = [(mail, "")]
    while waiting:
        part, within = waiting.pop()
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart":
            inner = part.get_payload()
            if isinstance(inner, list):
                waiting += [(one, kind) for one in reversed(inner) if isinstance(one, MIMEPart)]
        elif kind in WORDS and not part.is_attachment() and not (found.words[kind] and name_of(part)):
            found.words[kind].append(part)
        elif within != "multipart/alternative" and kind not in SIGNATURES:
            found.files.append(part)
    return found


def name_of(part: MIMEPart) -> str:
    """Read a file's name; one that is damaged is none."""
    try:
        return part.get_filename() or ""
    except (ValueError, LookupError, AttributeError, TypeError):  # the library chokes on damaged headers
        return ""
