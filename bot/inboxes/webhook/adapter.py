"""The webhook inbox: one signed POST an event; follows no redirect and reaches no private host unless it may."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import aiohttp

from bot.inboxes.webhook.heard import heard_in
from bot.inboxes.webhook.settings import WebhookSettings, key_of
from bot.inboxes.webhook.wire import bundle_event, failure, headers, note_event, trial_event
from bot.ports import Call, Heard, Parcel, PermanentFailure, Receipt, TransientFailure
from bot.public_hosts import NoPublicHost, PublicResolver
from flows.effects import ForwardText

GONE = 410
"""The receiver wants nothing more (Standard Webhooks): nothing is sent to it until the bot starts anew."""


class WebhookInbox:
    """See bot.ports.SellerInbox. The key is the event's `webhook-id`: a receiver drops what it has seen."""

    def __init__(
        self, settings: WebhookSettings, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._settings = settings
        self._secrets = [key_of(secret) for secret in settings.secrets]
        self._now = now
        self._session: aiohttp.ClientSession | None = None
        self._gone = False

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        """Tell of a bundle."""
        if parcel.files and not all(file.link for file in parcel.files):
            raise PermanentFailure("a webhook needs CLEARSHOT_PUBLIC_URL: photos go as links")
        await self._post(idempotency_key, bundle_event(parcel, now=self._now()))
        return Receipt(place="webhook", reference=idempotency_key)

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        """Tell of the customer's words."""
        await self._post(idempotency_key, note_event(note, now=self._now()))
        return Receipt(place="webhook", reference=idempotency_key)

    async def check(self) -> str:
        """Send a signed event that says that it is a trial: there is no other way to see that it is taken."""
        return await self._try(None)

    async def attempt(self, trial: Parcel) -> str:
        """Send a signed event that says that it is a trial, with the test bundle."""
        return await self._try(trial)

    async def _try(self, trial: Parcel | None) -> str:
        self._gone = False
        stamp = self._now()
        key = f"trial.{int(stamp.timestamp())}"
        await self._post(key, trial_event(now=stamp, trial=trial))
        return f"webhook takes a signed {'trial' if trial is None else 'test bundle'}"

    def trial_call(self, *, now: datetime) -> Call:
        """Make a signed call of type `trial`."""
        body = trial_event(now=now)
        signed = headers(f"trial.{int(now.timestamp())}", body, secrets=self._secrets[:1], now=now)
        return Call(headers=signed, query={}, body=body)

    def hear(self, call: Call, *, now: datetime) -> Sequence[Heard]:
        """Read a signed call of the seller's system."""
        return heard_in(call, secrets=self._secrets, now=now)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, key: str, body: bytes) -> None:
        if self._gone:
            raise PermanentFailure("webhook answered 410: it wants nothing more")
        now = self._now()
        try:
            async with self._open().post(
                self._settings.url,
                data=body,
                headers=headers(key, body, secrets=self._secrets, now=now),
                allow_redirects=False,
            ) as answer:
                status, retry_after = answer.status, answer.headers.get("Retry-After", "")
        except NoPublicHost as refusal:
            raise PermanentFailure(f"webhook: {refusal}") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            if isinstance(fault.__cause__, NoPublicHost) or isinstance(
                getattr(fault, "os_error", None), NoPublicHost
            ):
                raise PermanentFailure("webhook: its name leads to no public host") from None
            raise TransientFailure(f"webhook: {type(fault).__name__}") from None
        if status == GONE:
            self._gone = True
            raise PermanentFailure("webhook answers 410: it wants nothing more")
        if not 200 <= status < 300:  # noqa: PLR2004 - 2xx alone is taken (Standard Webhooks)
            raise failure(status, retry_after, now=now)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = None if self._settings.allow_private else PublicResolver()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, limit=8),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session
