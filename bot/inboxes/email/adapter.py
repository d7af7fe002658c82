"""The e-mail inbox: sends over SMTP and tells failures that pass from failures that stay."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage

import aiosmtplib

from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.email.wire import mails, note_mail
from bot.ports import Parcel, PermanentFailure, Receipt, TransientFailure
from flows.effects import ForwardText

PASSING = 500
"""SMTP codes below it pass (4xx), from it on they stay (5xx); RFC 5321, 4.2.1."""


class EmailInbox:
    """See bot.ports.SellerInbox. Mail has no key but its Message-ID: a repeat carries the same one."""

    def __init__(
        self, settings: EmailSettings, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._settings = settings
        self._now = now

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        """Send a bundle, in as many mails as the size budget asks for."""
        parts = mails(parcel, key=idempotency_key, settings=self._settings, now=self._now())
        await self._send(parts)
        return Receipt(place="email", reference=parts[0]["Message-ID"])

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        """Send the customer's words in the case's thread."""
        mail = note_mail(note, key=idempotency_key, settings=self._settings, now=self._now())
        await self._send([mail])
        return Receipt(place="email", reference=mail["Message-ID"])

    async def check(self) -> str:
        """Greet the server and sign in."""
        await self._send([])
        return f"mail server {self._settings.host}:{self._settings.port} answers"

    async def aclose(self) -> None:
        """Connections live no longer than a delivery."""

    async def _send(self, messages: list[EmailMessage]) -> None:
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            username=settings.username or None,
            password=settings.password.get_secret_value() or None,
            timeout=settings.timeout,
        )
        try:
            async with client:
                for message in messages:
                    await client.send_message(
                        message, sender=settings.sender, recipients=[settings.recipient]
                    )
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            raise _refused(max(one.code for one in refusal.recipients)) from None
        except aiosmtplib.SMTPResponseException as refusal:
            raise _refused(refusal.code) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as failure:
            raise TransientFailure(f"mail server: {type(failure).__name__}") from None


def _refused(code: int) -> TransientFailure | PermanentFailure:
    words = f"mail server says {code}"
    return PermanentFailure(words) if code >= PASSING else TransientFailure(words)
