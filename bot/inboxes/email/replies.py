"""A mail that came back -> what the seller said; pure.

The token in the recipient's address authorises (`tokens`), the From address never alone. Sources: RFC 3834 (automatic
answers), RFC 3464 (delivery status).
"""

import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr

from bot.inboxes.email.parts import Parts, name_of, parts_of
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.email.tokens import proven
from bot.inboxes.email.words import words_in
from bot.ports import GivenFile, Heard, HookRefused
from bot.seller_words import spoken
from bot.text_of_html import text_of_html

MOST_BYTES = 25 * 1024 * 1024
MOST_TEXT = 60_000  # characters of a mail that are read: the newest words stand first
MOST_PARTS = 20  # of words
RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to")
BULK = frozenset({"bulk", "auto_reply", "junk", "list"})
AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-response-suppress-reply", "x-autoresponse")
AWAY = re.compile(
    r"\s*(automatic reply|auto-?reply|automatische antwort|abwesen|out of (the )?office|respuesta autom|fuera de (la )?oficina"
    r"|réponse automatique|automatisch antwoord|risposta automatica)",
    re.IGNORECASE,
)
"""Subjects of automatic answers: those of people begin with that of our mail."""
DECORATION = 30_000
"""Bytes below which a picture that stands within the text is taken for part of a signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What a mail is: words of the seller's, an automatic answer, or a bounce of our mail about `bounced`."""

    heard: tuple[Heard, ...] = ()
    automatic: bool = False
    bounced: str = ""


def came(raw: bytes, *, settings: EmailSettings) -> Came:
    """Read a mail; raises HookRefused: 400 garbled, 401 without a right token, 413 too large."""
    if len(raw) > MOST_BYTES:
        raise HookRefused(413, f"a mail of more than {MOST_BYTES} bytes")
    try:
        mail = message_from_bytes(raw, policy=policy.default)
        return _read(mail, raw, settings=settings)
    except HookRefused:
        raise
    except Exception as fault:  # noqa: BLE001 - the library raises all kinds for damaged headers
        raise HookRefused(400, f"a mail that cannot be read: {type(fault).__name__}") from None


def _read(mail: EmailMessage, raw: bytes, *, settings: EmailSettings) -> Came:
    recipients = [str(value) for name in RECIPIENTS for value in mail.get_all(name, [])]
    bounced = proven("bounce", recipients, settings)
    if bounced:
        return Came(bounced=bounced)
    case = proven("case", recipients, settings)
    if not case:
        raise HookRefused(401, "a mail without an address that proves a case")
    if _is_automatic(mail):
        return Came(automatic=True)
    parts = parts_of(mail)
    kind, text = spoken(words_of(parts))
    attached = [part for part in parts.files if not _is_decoration(part)]
    if kind == "answer" and not (text or attached):
        return Came(automatic=True)
    author, is_known = _author(mail, settings)
    files = tuple(map(_file, attached)) if is_known else ()  # strangers may speak, and hand over nothing
    heard = Heard(
        kind=kind, case=case, key=_key(mail, raw), text=text, author=author,
        files=files, left_out=len(attached) - len(files),
    )  # fmt: skip
    return Came(heard=(heard,))


def _file(part: MIMEPart) -> GivenFile:
    """Read a part; what cannot be decoded is empty, and is left out later."""
    content = part.get_payload(decode=True)
    return GivenFile(name=name_of(part), content=content if isinstance(content, bytes) else b"")


def _is_decoration(part: MIMEPart) -> bool:
    """Tell the logo of a signature from what somebody attached."""
    if part.get_content_maintype() != "image" or "content-id" not in part:
        return False
    content = part.get_payload(decode=True)
    return not isinstance(content, bytes) or len(content) < DECORATION


def _key(mail: EmailMessage, raw: bytes) -> str:
    """Name the mail by its Message-ID, hashed: it is the sender's, and may be anything."""
    named = str(mail.get("message-id", "")).strip()
    return f"mail:{hashlib.sha256(named.encode('utf-8', 'replace') if named else raw).hexdigest()[:40]}"


def _author(mail: EmailMessage, settings: EmailSettings) -> tuple[str, bool]:
    """Say who wrote, and whether the settings name them; whom they do not is called unverified, or refused."""
    name, address = parseaddr(str(mail.get("from", "")))
    address = address.lower()
    known = [one.lower() for one in settings.senders or (settings.recipient,)]
    author = " ".join((name or address.partition("@")[0]).split())
    if address in known or address.rpartition("@")[2] in known:
        return author, True
    if settings.only_known_senders:
        raise HookRefused(401, "a mail of a sender whom the settings do not name")
    return f"{author} (unverified)", False


def _is_automatic(mail: EmailMessage) -> bool:
    """Tell answers that no person wrote (RFC 3834, 5), and delivery reports."""
    submitted = str(mail.get("auto-submitted", "no")).partition(";")[0].strip().lower()
    if submitted not in {"", "no"} or str(mail.get("return-path", "x")).strip() == "<>":
        return True
    if AWAY.match(str(mail.get("subject", ""))):
        return True
    if str(mail.get("precedence", "")).strip().lower() in BULK or any(name in mail for name in AUTOMATIC):
        return True
    return mail.get_content_type() == "multipart/report"


# -- the words -----------------------------------------------------------------------------------------------


def words_of(parts: Parts) -> str:
    """Find what the seller wrote; some programs leave the plain part empty."""
    for kind in ("text/plain", "text/html"):
        said = words_in("\n\n".join(map(_text_of, parts.words[kind][:MOST_PARTS]))[:MOST_TEXT])
        if said:
            return said
    return ""


def _text_of(body: MIMEPart) -> str:
    text = _decoded(body)
    if body.get_content_type() == "text/html":
        text = text_of_html(text)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")[:MOST_TEXT]


def _decoded(body: MIMEPart) -> str:
    """Decode a part; a charset that is unknown or wrong costs letters, not the mail."""
    content = body.get_payload(decode=True)
    if not isinstance(content, bytes):
        return str(content or "")
    for charset in (body.get_content_charset() or "utf-8", "utf-8"):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("cp1252", "replace")
