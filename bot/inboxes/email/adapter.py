"""The e-mail inbox: sends over SMTP and tells failures that pass from failures that stay."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial

import aiosmtplib

from bot.inboxes.email.mailbox import taken_out, watch
from bot.inboxes.email.posted import authentic, mail_in
from bot.inboxes.email.replies import MOST_BYTES, came
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.email.tokens import address_of
from bot.inboxes.email.wire import gone_mail, mails, note_mail, trial_mails
from bot.ports import TRIAL_CASE, Call, Heard, Parcel, PermanentFailure, Receipt, Tell, TransientFailure
from flows.effects import ForwardText

logger = logging.getLogger(__name__)

TRIES = 30
"""Looks for a test mail on its way, about a second each."""
PASSING = 500
"""SMTP codes below it pass (4xx), from it on they stay (5xx); RFC 5321, 4.2.1."""


class EmailInbox:
    """See bot.ports.SellerInbox. Mail has no key but its Message-ID: a repeat carries the same one."""

    def __init__(
        self,
        settings: EmailSettings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        tries: int = TRIES,
    ) -> None:
        self._settings = settings
        self._now = now
        self._tries = tries

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        """Send a bundle, in as many mails as the size budget asks for."""
        write = partial(mails, parcel, key=idempotency_key, settings=self._settings, now=self._now())
        parts = await asyncio.to_thread(write)  # many megabytes in base64 are no work for the loop
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

    async def attempt(self, trial: Parcel) -> str:
        """Send the test bundle; where answers come to a mailbox, send a mail to its address too and wait for it."""
        settings, now = self._settings, self._now()
        to_seller, to_us = trial_mails(trial, settings=settings, now=now)
        await self._send([to_seller])
        said = f"mail server {settings.host}:{settings.port} took a test mail for {settings.recipient}"
        if settings.imap is None or to_us is None:
            return said
        await self._send([to_us])
        raw = await taken_out(settings.imap, to_us["Message-ID"], tries=self._tries, most=MOST_BYTES)
        if raw is None:
            raise PermanentFailure(
                f"{said}, but one to {to_us['To']} does not come to the mailbox: answers would be lost"
            )
        came(raw, settings=settings)
        return f"{said}; one to the address for answers came to the mailbox"

    def trial_call(self, *, now: datetime) -> Call | None:
        """Post an automatic mail as the provider does; it is heard as nothing."""
        token, answers_to = (
            self._settings.hook_token.get_secret_value(),
            address_of("case", TRIAL_CASE, self._settings),
        )
        if not token:
            return None
        mail = f"To: {answers_to}\nAuto-Submitted: auto-generated\nDate: {format_datetime(now)}\n\nTest\n"
        return Call(headers={"content-type": "message/rfc822"}, query={"token": token}, body=mail.encode())

    async def aclose(self) -> None:
        """Connections live no longer than a delivery."""

    # -- the way back ----------------------------------------------------------------------------------------

    most_hook_bytes = MOST_BYTES + MOST_BYTES // 2  # a form may carry the mail in base64

    def admit(self, call: Call) -> None:
        """Look for the token before a mail of many megabytes is read."""
        authentic(call, token=self._settings.hook_token.get_secret_value())

    def hear(self, call: Call, *, now: datetime) -> Sequence[Heard]:  # noqa: ARG002 - mails may be on their way for days
        """Read a mail that a provider posted."""
        self.admit(call)
        return self._heard(mail_in(call))

    async def listen(self, tell: Tell) -> None:
        """Bring the answers that lie in the mailbox."""
        if self._settings.imap is None:
            await asyncio.Event().wait()  # nothing to listen to
            return

        async def take(raw: bytes) -> None:
            for heard in await asyncio.to_thread(self._heard, raw):
                if await tell(heard) is False:
                    await self._say_gone(heard)

        await watch(self._settings.imap, take, most=MOST_BYTES)

    async def _say_gone(self, heard: Heard) -> None:
        """Tell the seller that nobody reads their answer; best effort, the answer itself is settled."""
        try:
            await self._send([gone_mail(heard.case, key=heard.key, settings=self._settings, now=self._now())])
        except (TransientFailure, PermanentFailure) as failure:
            logger.warning("that case %s is gone could not be told: %s", heard.case, failure)

    def _heard(self, raw: bytes) -> Sequence[Heard]:
        found = came(raw, settings=self._settings)
        if found.bounced:
            logger.error("the mail about case %s came back: is the recipient's address right?", found.bounced)
        return found.heard

    def _return_path(self, message: EmailMessage) -> str:
        """Bounces come to an address that tells the case (VERP), where there is one."""
        return address_of("bounce", str(message["X-Clearshot-Case"]), self._settings) or self._settings.sender

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
                        message, sender=self._return_path(message), recipients=[str(message["To"])]
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
