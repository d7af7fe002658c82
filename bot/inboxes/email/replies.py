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

from mailparser_reply import EmailReplyParser

from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.email.tokens import proven
from bot.ports import Heard, HookRefused
from bot.seller_words import spoken
from bot.text_of_html import text_of_html

MOST_BYTES = 25 * 1024 * 1024
MOST_TEXT = 60_000  # characters of a mail that are read: the newest words stand first
MARKER = re.compile(r"^.*#-#-# *[0-9A-Z]{4,12} *#-#-#.*$", re.MULTILINE)
INTRODUCED = re.compile(r"^.*case\+[0-9A-Za-z]{4,12}\.[0-9a-f]{20}@.*$", re.MULTILINE)
"""The line with which any mail program, in any language, introduces what it quotes of ours."""
SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to")
BULK = frozenset({"bulk", "auto_reply", "junk", "list"})
AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-response-suppress-reply", "x-autoresponse")
LANGUAGES = ["en", "de", "es", "fr", "it", "nl", "pl"]


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
    kind, text = spoken(words_of(mail))
    attached = sum(1 for _ in mail.iter_attachments())
    if attached:
        text = f"{text}\n\n📎 × {attached}".strip()
    if kind == "answer" and not text:
        return Came(automatic=True)
    return Came(
        heard=(Heard(kind=kind, case=case, key=_key(mail, raw), text=text, author=_author(mail, settings)),)
    )


def _key(mail: EmailMessage, raw: bytes) -> str:
    """Name the mail by its Message-ID, hashed: it is the sender's, and may be anything."""
    named = str(mail.get("message-id", "")).strip()
    return f"mail:{hashlib.sha256(named.encode('utf-8', 'replace') if named else raw).hexdigest()[:40]}"


def _author(mail: EmailMessage, settings: EmailSettings) -> str:
    """Say who wrote; somebody whom the settings do not name is called unverified, or refused."""
    name, address = parseaddr(str(mail.get("from", "")))
    address = address.lower()
    known = [one.lower() for one in settings.senders or (settings.recipient,)]
    author = " ".join((name or address.partition("@")[0]).split())
    if address in known or address.rpartition("@")[2] in known:
        return author
    if settings.only_known_senders:
        raise HookRefused(401, "a mail of a sender whom the settings do not name")
    return f"{author} (unverified)"


def _is_automatic(mail: EmailMessage) -> bool:
    """Tell answers that no person wrote (RFC 3834, 5), and delivery reports."""
    submitted = str(mail.get("auto-submitted", "no")).partition(";")[0].strip().lower()
    if submitted not in {"", "no"} or str(mail.get("return-path", "x")).strip() == "<>":
        return True
    if str(mail.get("precedence", "")).strip().lower() in BULK or any(name in mail for name in AUTOMATIC):
        return True
    return mail.get_content_type() == "multipart/report"


# -- the words -----------------------------------------------------------------------------------------------


def words_of(mail: EmailMessage) -> str:
    """Find what the seller wrote: above our own marker first, then without quotes and signature."""
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    text = _decoded(body)
    if body.get_content_type() == "text/html":
        text = text_of_html(text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")[:MOST_TEXT]
    ends = [found.start() for pattern in (MARKER, INTRODUCED) if (found := pattern.search(text))]
    text = text[: min(ends, default=len(text))]
    reply = EmailReplyParser(languages=LANGUAGES).read(text=text).latest_reply or ""
    signature = SIGNATURE.search(reply)
    return (reply[: signature.start()] if signature else reply).strip()


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
