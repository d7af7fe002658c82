"""The Zammad inbox: one ticket a case, one article a bundle or note; looks before it creates, since there is no key."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.desk_text import case_in, note_of, portions, words_of
from bot.http_calls import Calls
from bot.inboxes.zammad.settings import ZammadSettings
from bot.inboxes.zammad.wire import CLOSED, article, heard_in, ticket, trial_call
from bot.ports import Call, Heard, LabelledFile, Parcel, PermanentFailure, Receipt
from flows.effects import ForwardText

MOST_FILES = 50


class ZammadInbox:
    """See bot.ports.SellerInbox. The case's code begins a ticket's title; an article's subject names its key."""

    def __init__(self, settings: ZammadSettings) -> None:
        self._settings = settings
        self._calls = Calls(
            settings.url.rstrip("/"),
            name="zammad",
            headers={"Authorization": f"Token token={settings.token.get_secret_value()}"},
            timeout=settings.timeout,
            allow_private=settings.allow_private,
        )

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        """Create the case's ticket, or add to it."""
        parts = portions(parcel.files, most=MOST_FILES, most_bytes=self._settings.request_bytes)
        known, done = await self._ticket(parcel.bundle.case, parcel.bundle.thread), 0
        if known is None:
            known, done = await self._create(parcel, parts[0], key=idempotency_key), 1
        for place in range(done, len(parts)):
            key = idempotency_key if place == 0 else f"{idempotency_key}.{place + 1}"
            words = (
                words_of(parcel.bundle, parcel.files, key=key) if place == 0 else f"{place + 1}/{len(parts)}"
            )
            await self._add(known, words, parts[place], key=key)
        return Receipt(place="zammad", reference=known)

    async def _create(self, parcel: Parcel, files: Sequence[LabelledFile], *, key: str) -> str:
        settings = self._settings
        made = ticket(parcel, files, key=key, group=settings.group, customer=settings.customer)
        return str(self._calls.part(await self._calls("POST", "/api/v1/tickets", json=made), "id"))

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        """Add the customer's words."""
        known = await self._ticket(note.case, note.thread)
        if known is None:
            raise PermanentFailure("zammad: there is no ticket of this case")
        await self._add(known, note_of(note, key=idempotency_key), (), key=idempotency_key)
        return Receipt(place="zammad", reference=known)

    async def check(self) -> str:
        """Ask who we are, and whether the group is there."""
        me = self._calls.record(await self._calls("GET", "/api/v1/users/me"))
        groups = self._calls.rows(await self._calls("GET", "/api/v1/groups"))
        if self._settings.group not in {group.get("name") for group in groups if group.get("active", True)}:
            raise PermanentFailure(
                f"zammad: there is no group {self._settings.group!r}, or {me.get('login')} cannot see it"
            )
        return f"zammad knows {me.get('login')}, and the group {self._settings.group}"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._calls.aclose()

    def hear(self, call: Call, *, now: datetime) -> Sequence[Heard]:
        """Read a call of a trigger's webhook."""
        return heard_in(call, secret=self._settings.hook_secret.get_secret_value(), now=now)

    def trial_call(self, *, now: datetime) -> Call | None:  # noqa: ARG002 - the signature holds no time
        """Make a call as a trigger's webhook would."""
        secret = self._settings.hook_secret.get_secret_value()
        return trial_call(secret=secret) if secret else None

    # -- looking ---------------------------------------------------------------------------------------------

    async def _ticket(self, case: str, thread: str) -> str | None:
        """Find the case's ticket: by its id, else by its title.

        A search with a condition is answered by the database. One with a query asks the index, which lags behind,
        and the plain list begins with the oldest: a ticket made a moment ago would be in neither.
        """
        if thread.isdigit() and await self._calls("GET", f"/api/v1/tickets/{thread}", may_miss=True):
            return thread
        wanted = {
            "condition[ticket.title][operator]": "contains",
            "condition[ticket.title][value]": f"[{case}]",
            "limit": "50",
            "expand": "true",
        }
        rows = self._calls.rows(await self._calls("GET", "/api/v1/tickets/search", params=wanted))
        return _named(rows, case) or None

    async def _add(self, known: str, text: str, files: Sequence[LabelledFile], *, key: str) -> None:
        """Add an article unless it is there; a closed ticket is opened again, by whichever attempt comes so far."""
        made = article(text, files, key=key)
        there = self._calls.rows(await self._calls("GET", f"/api/v1/ticket_articles/by_ticket/{known}"))
        if not any(one.get("subject") == made["subject"] for one in there):
            await self._calls("POST", "/api/v1/ticket_articles", json={"ticket_id": int(known), **made})
        told = await self._calls("GET", f"/api/v1/tickets/{known}", params={"expand": "true"})
        if str(self._calls.record(told).get("state", "")).lower() in CLOSED:
            await self._calls("PUT", f"/api/v1/tickets/{known}", json={"state": "open"})


def _named(rows: Sequence[Mapping[str, Any]], case: str) -> str:
    """Find the ticket with this case's code at the beginning of its title."""
    return next((str(row["id"]) for row in rows if case_in(str(row.get("title", ""))) == case), "")
