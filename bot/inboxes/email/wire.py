"""A parcel -> mails; pure. Header injection is guarded against here (CVE-2024-6923), not left to the library.

Sources: RFC 5322 (threading), RFC 3834 (Auto-Submitted). Photos are attachments and never only inline, since several
clients show inline-only pictures empty; file names are ASCII.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime

from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.email.tokens import address_of
from bot.ports import LabelledFile, Parcel, PermanentFailure
from flows.effects import ForwardText
from flows.values import Bundle

LONGEST_SUBJECT = 150
MARKER_WORDS = {
    "en": "Your answer above this line reaches the customer. /photo and a few words ask for a photo, /settled ends it.",
    "de": "Ihre Antwort über dieser Zeile erreicht die Kundschaft. /foto und ein paar Worte fordern ein Foto an, /erledigt schließt ab.",
    "es": "Su respuesta encima de esta línea llega al cliente. /foto y unas palabras piden una foto, /resuelto lo cierra.",
}
BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
EXPECTED = {
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "auto-submitted",
    "x-auto-response-suppress", "x-clearshot-case", "mime-version", "content-type", "content-transfer-encoding",
}  # fmt: skip
POLICY = policy.SMTP.clone(max_line_length=76)


def clean_header(text: str) -> str:
    """Make words fit for a header: one line, no control or direction signs, not too long.

    Encoded words (`=?utf-8?Q?...?=`) are broken up: the library would decode them, line breaks included.
    """
    text = text.replace("=?", "= ?")
    return " ".join(BREAKING.sub(" ", text).encode("utf-8", "replace").decode().split())[:LONGEST_SUBJECT]


def message_id(key: str, part: int, settings: EmailSettings) -> str:
    """Make the Message-ID of a delivery: the same key gives the same one, so a repeat can be told."""
    digest = hashlib.sha256(f"clearshot:{key}:{part}".encode()).hexdigest()[:16]
    domain = settings.sender.rpartition("@")[2]
    return f"<{re.sub(r'[^A-Za-z0-9.]', '', key)}.{part}.{digest}@{domain}>"


def marked(text: str, case: str, *, locale: str, settings: EmailSettings) -> str:
    """Put the line at the top above which an answer is read (`replies.MARKER`), where answers can come back."""
    if not settings.reply_domain:
        return text
    words = MARKER_WORDS.get(locale, MARKER_WORDS["en"])
    return f"#-#-# {case} #-#-#\n{words}\n\n{text}"


def mails(parcel: Parcel, *, key: str, settings: EmailSettings, now: datetime) -> list[EmailMessage]:
    """Make the mails of a bundle: one, or several within the size budget, all in the case's thread."""
    parts = portions(parcel.files, settings.budget)
    first = message_id(f"{parcel.bundle.case}.1", 1, settings)
    found = []
    for place, files in enumerate(parts, 1):
        numbering = f" ({place}/{len(parts)})" if len(parts) > 1 else ""
        mail = _envelope(
            parcel.bundle.case,
            parcel.bundle.summary + numbering,
            own_id=message_id(key, place, settings),
            first_id=first,
            settings=settings,
            now=now,
        )
        told = body(parcel.bundle, parcel.files if place == 1 else files, again=place > 1)
        mail.set_content(
            marked(told, parcel.bundle.case, locale=parcel.bundle.seller.locale, settings=settings)
        )
        checked(mail)
        for file in files:
            kind, _, subtype = file.mime.partition("/")
            mail.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
        if place == 1:
            mail.add_attachment(
                parcel.manifest, maintype="application", subtype="json", filename="manifest.json"
            )
        found.append(mail)
    return found


def note_mail(note: ForwardText, *, key: str, settings: EmailSettings, now: datetime) -> EmailMessage:
    """Make the mail of a customer's words, in the case's thread."""
    first = message_id(f"{note.case}.1", 1, settings)
    mail = _envelope(
        note.case,
        note.subject,
        own_id=message_id(key, 1, settings),
        first_id=first,
        settings=settings,
        now=now,
    )
    told = f"{_sendable(note.customer_name)}:\n\n{_sendable(note.text)}\n"
    mail.set_content(marked(told, note.case, locale=note.seller.locale, settings=settings))
    return checked(mail)


GONE = (
    "Your answer reached nobody: this case is not there any more. Its time is over, or the customer had it deleted.",
    "Ihre Antwort hat niemanden erreicht: Diesen Fall gibt es nicht mehr. Seine Zeit ist um, oder er wurde auf Wunsch gelöscht.",
    "Su respuesta no llegó a nadie: este caso ya no existe. Terminó su plazo, o el cliente pidió que se borrara.",
)
"""In every language: whose case it was is not known any more either."""


def gone_mail(case: str, *, key: str, settings: EmailSettings, now: datetime) -> EmailMessage:
    """Make the mail that tells the seller that an answer reached nobody; it goes to their own address alone."""
    first, own = message_id(f"{case}.1", 1, settings), message_id(f"{case}.gone.{key}", 1, settings)
    mail = _envelope(case, "–", own_id=own, first_id=first, settings=settings, now=now)
    mail.set_content("\n\n".join(GONE) + "\n")
    return checked(mail)


def trial_mails(
    trial: Parcel, *, settings: EmailSettings, now: datetime
) -> tuple[EmailMessage, EmailMessage | None]:
    """Make the test mail to the seller, and the one that finds out whether answers come back to us."""
    key = f"{trial.bundle.case}.{int(now.timestamp())}"
    to_seller = mails(trial, key=key, settings=settings, now=now)[0]
    answers_to = address_of("case", trial.bundle.case, settings)
    if not answers_to:
        return to_seller, None
    to_us = EmailMessage(policy=POLICY)
    for name in ("From", "Date", "Auto-Submitted", "X-Auto-Response-Suppress", "X-Clearshot-Case", "Subject"):
        to_us[name] = to_seller[name]
    to_us["To"] = answers_to
    to_us["Message-ID"] = message_id(key, 2, settings)
    to_us.set_content(f"{_sendable(trial.bundle.summary)}\n")
    return to_seller, checked(to_us)


def _envelope(
    case: str, subject: str, *, own_id: str, first_id: str, settings: EmailSettings, now: datetime
) -> EmailMessage:
    mail = EmailMessage(policy=POLICY)
    mail["From"] = settings.sender
    mail["To"] = settings.recipient
    again = own_id != first_id
    mail["Subject"] = clean_header(f"{'Re: ' if again else ''}[{case}] {subject}")
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = own_id
    if again:
        mail["In-Reply-To"] = first_id
        mail["References"] = first_id
    answer = address_of("case", case, settings)
    if answer:
        mail["Reply-To"] = answer
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Clearshot-Case"] = case
    return mail


def checked(mail: EmailMessage) -> EmailMessage:
    """Parse the mail as it will leave; a header that nobody put in is a fault, and it is not sent.

    Before the photos are attached: their names are our own, and their megabytes would be read for nothing.
    """
    parsed = BytesParser(policy=policy.default).parsebytes(mail.as_bytes())
    names = {name.lower() for name in parsed.keys()}  # noqa: SIM118 - a message is no dict
    if names - EXPECTED or len(parsed.get_all("to", [])) != 1:
        raise PermanentFailure("a mail with headers that nobody put in is not sent")
    return mail


def portions(files: Sequence[LabelledFile], budget: int) -> list[list[LabelledFile]]:
    """Share files out to as many mails as the budget asks for, in order."""
    parts: list[list[LabelledFile]] = [[]]
    size = 0
    for file in files:
        if parts[-1] and size + len(file.content) > budget:
            parts.append([])
            size = 0
        parts[-1].append(file)
        size += len(file.content)
    return parts


def body(bundle: Bundle, files: Sequence[LabelledFile], *, again: bool = False) -> str:
    """Write the text: facts first, then the customer's message, then what each photo shows."""
    facts = [] if again else [*_facts(bundle), "", bundle.message, ""]
    lines = [*facts, *_photo_lines(files), *_missing_lines(bundle)]
    return _sendable("\n".join(lines)) + "\n"


def _facts(bundle: Bundle) -> list[str]:
    order = bundle.order
    verified = "" if order.verified else " (not verified)"
    item = f", {bundle.item.title}" if bundle.item else ""
    facts = [f"{bundle.issue_title} · {bundle.case}", f"# {order.number or '-'}{verified}{item}"]
    return [*facts, *(f"{question} {answer}" for question, answer in bundle.answers)]


def _photo_lines(files: Sequence[LabelledFile]) -> list[str]:
    return [f"{place}. {file.name}: {file.title}{_flagged(file)}" for place, file in enumerate(files, 1)]


def _flagged(file: LabelledFile) -> str:
    return f" [{', '.join(file.flags)}]" if file.flags else ""


def _missing_lines(bundle: Bundle) -> list[str]:
    return [f"- {one.title}: {one.reason}" for one in bundle.missing]


def _sendable(text: str) -> str:
    """Keep line breaks, drop what mail cannot carry."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(
        BREAKING.sub(" ", line.replace("\t", "    ")).encode("utf-8", "replace").decode() for line in lines
    )
