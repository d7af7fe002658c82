"""Addresses that carry a case and prove it: replies and bounces come to them; pure."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Literal

from bot.inboxes.email.settings import EmailSettings

Use = Literal["case", "bounce"]
TOKEN = 20  # hexadecimal digits: 80 bits, and nobody can try them faster than mails arrive
FOUND = re.compile(
    r"(?P<use>case|bounce)\+(?P<case>[0-9a-z]{4,12})\.(?P<token>[0-9a-f]{20})@(?P<domain>[a-z0-9.-]+)"
)


def address_of(use: Use, case: str, settings: EmailSettings) -> str:
    """Make the address of a case, "" when none is configured."""
    if not settings.reply_domain:
        return ""
    return f"{use}+{case}.{_token(use, case, settings)}@{settings.reply_domain}"


def _token(use: Use, case: str, settings: EmailSettings) -> str:
    """Sign a use of a case; replies' tokens are those of releases before bounces had any."""
    told = case if use == "case" else f"{use}:{case}"
    secret = settings.reply_secret.get_secret_value().encode()
    return hmac.new(secret, told.encode(), hashlib.sha256).hexdigest()[:TOKEN]


def proven(use: Use, texts: Iterable[str], settings: EmailSettings) -> str:
    """Find the case that an address in these headers proves, "" when none does; mail systems may change letters."""
    if not settings.reply_domain:
        return ""
    for text in texts:
        for found in FOUND.finditer(text.lower()):
            case = found["case"].upper()
            ours = found["use"] == use and found["domain"] == settings.reply_domain.lower()
            if ours and hmac.compare_digest(found["token"], _token(use, case, settings)):
                return case
    return ""
