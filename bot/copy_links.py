"""Short-lived signed addresses of the copies that sellers get: no session, no row; whoever holds one may look."""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

LASTS = timedelta(days=7)
"""Longer than the three days of a webhook's attempts, so that a link is good when the event arrives."""
PATH = re.compile(r"^[0-9A-Z]{4,12}/[0-9a-f]{64}/[A-Za-z0-9_]{1,90}\.(jpg|png|webp|pdf|json|bin)\Z")


class CopyLinks:
    """Makes and checks the addresses; without a public address there are none."""

    def __init__(self, *, base: str, secret: str) -> None:
        self._base = base
        self._secret = hashlib.sha256(b"links to copies of " + secret.encode()).digest()

    def link(self, key: str, name: str, *, now: datetime) -> str:
        """Make the address of a copy, good for a week; `key` is its blob's, CASE/SHA256. "" without a base."""
        if not self._base:
            return ""
        until = str(int((now + LASTS).timestamp()))
        query = urlencode({"until": until, "signature": self._signed(f"{key}/{name}", until)})
        return f"{self._base}/copies/{key}/{name}?{query}"

    def allows(self, path: str, *, until: str, signature: str, now: datetime) -> bool:
        """Tell whether `path` (CASE/SHA256/NAME) may be looked at with this signature now."""
        good = hmac.compare_digest(self._signed(path, until).encode(), signature.encode("utf-8", "replace"))
        lasts = until.isascii() and until.isdigit() and len(until) <= 12 and int(until) >= now.timestamp()  # noqa: PLR2004 - digits of a second
        return bool(PATH.fullmatch(path)) and good and lasts

    def _signed(self, path: str, until: str) -> str:
        return hmac.new(
            self._secret, f"{path}?{until}".encode("utf-8", "replace"), hashlib.sha256
        ).hexdigest()
