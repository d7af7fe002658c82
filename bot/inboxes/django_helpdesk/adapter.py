"""The django-helpdesk inbox: a ticket a case, a follow-up a bundle or note; looks first, since there is no key.

Its webhook is unsigned and comes once, or never: it only wakes the listening, which asks the help desk itself.
"""

import asyncio
from collections.abc import AsyncIterator, Container, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from bot.desk_text import case_in, has_mark, mark, note_of, portions, words_of
from bot.http_calls import Calls
from bot.inboxes.django_helpdesk.settings import DjangoHelpdeskSettings
from bot.inboxes.django_helpdesk.wire import (
    authentic,
    follow_up,
    has_follow_up,
    heard_in,
    is_fresh,
    is_spoken,
    nudged_by,
    ticket,
    trial_call,
)
from bot.ports import Call, Heard, LabelledFile, Parcel, PermanentFailure, Receipt, Tell, TransientFailure
from flows.effects import ForwardText

TICKETS, FOLLOW_UPS = "/api/tickets/", "/api/followups/"
PAGE = 100
MOST_PAGES = 3
"""Pages of the newest tickets in which a case is looked for, and of follow-ups at one time."""
MOST_FILES = 50


class DjangoHelpdeskInbox:
    """See bot.ports.SellerInbox and Listens. The case's code begins a ticket's title; what we write ends with its key."""

    def __init__(self, settings: DjangoHelpdeskSettings) -> None:
        self._settings = settings
        self._calls = Calls(
            settings.url.rstrip("/"),
            name="django-helpdesk",
            headers={"Authorization": f"Token {settings.token.get_secret_value()}"},
            timeout=settings.timeout,
            allow_private=settings.allow_private,
        )
        self._last: dict[str, int] = {}  # the last page of a list, when it was looked at
        self._woken = asyncio.Event()
        self._done: set[int] = set()  # follow-ups of the newest pages that need no telling again

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        """Create the case's ticket, or add to it."""
        known = await self._ticket(parcel.bundle.case, parcel.bundle.thread)
        if known is None:
            known = await self._create(parcel, words_of(parcel.bundle, parcel.files, key=idempotency_key))
        await self._add_all(known, parcel, key=idempotency_key)
        return Receipt(place="django-helpdesk", reference=str(known["id"]))

    async def _create(self, parcel: Parcel, words: str) -> dict[str, Any]:
        made = ticket(parcel, words, queue=self._settings.queue, submitter=self._settings.submitter)
        return self._kept(await self._calls("POST", TICKETS, json=made))

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        """Add the customer's words."""
        known = await self._ticket(note.case, note.thread)
        if known is None:
            raise PermanentFailure("django-helpdesk: there is no ticket of this case")
        await self._add(known, note_of(note, key=idempotency_key), (), key=idempotency_key)
        return Receipt(place="django-helpdesk", reference=str(known["id"]))

    async def check(self) -> str:
        """Ask with our token, and let a ticket of nothing but its queue be refused: only then is the queue known."""
        tickets = await self._calls("GET", TICKETS, params={"page_size": "1"})
        count = self._calls.part(tickets, "count")
        refused = await self._calls("POST", TICKETS, json={"queue": self._settings.queue}, may_refuse=True)
        if "queue" in self._calls.record(refused):
            raise PermanentFailure(
                f"django-helpdesk: there is no queue {self._settings.queue} for this account"
            )
        return f"django-helpdesk shows {count} tickets, and takes more in queue {self._settings.queue}"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._calls.aclose()

    # -- hearing ---------------------------------------------------------------------------------------------

    def admit(self, call: Call) -> None:
        """Look for the token first."""
        authentic(call, token=self._settings.hook_token.get_secret_value())

    def hear(self, call: Call, *, now: datetime) -> Sequence[Heard]:  # noqa: ARG002 - the call holds no time
        """Read a webhook call: whatever it says, the help desk itself is asked."""
        if nudged_by(call, token=self._settings.hook_token.get_secret_value()):
            self._woken.set()
        return ()

    def trial_call(self, *, now: datetime) -> Call | None:  # noqa: ARG002 - as above
        """Make a call as the webhook would."""
        token = self._settings.hook_token.get_secret_value()
        return trial_call(token=token) if token else None

    async def listen(self, tell: Tell) -> None:
        """Ask for follow-ups when the webhook says so, and now and then without it."""
        while True:
            self._woken.clear()
            for written in await self._fresh():
                for heard in await self._heard(written):
                    await tell(heard)
                self._done.add(int(written["id"]))
            # not wait_for: in Python 3.11 it swallows a stop that comes together with a call
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll):
                    await self._woken.wait()

    async def _fresh(self) -> Sequence[Mapping[str, Any]]:
        """Fetch the follow-ups that are not told yet, oldest first."""
        now, seen, found = datetime.now(UTC), set(), []
        async for page in self._newest(FOLLOW_UPS):
            fresh = [one for one in page if _fresh(one, done=self._done, now=now)]
            found += fresh
            seen |= {int(one["id"]) for one in page}
            if len(fresh) < len(page):
                break
        self._done &= seen
        return sorted(found, key=lambda one: int(one["id"]))

    async def _heard(self, written: Mapping[str, Any]) -> Sequence[Heard]:
        if not is_spoken(written):
            return ()
        of_ticket = await self._calls("GET", f"{TICKETS}{int(written['ticket'])}/", may_miss=True)
        if of_ticket is not None:
            self._calls.part(of_ticket, "title")
            return heard_in(written, of_ticket=of_ticket)
        return ()

    # -- looking and making ----------------------------------------------------------------------------------

    async def _newest(self, path: str) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Go through the newest pages of a list, the last page first: the API sorts oldest first."""
        tried = self._last.get(path, 1)
        answer = await self._page(path, tried) or await self._page(path, 1) or {}
        last = self._last[path] = max(1, -(-int(self._calls.part(answer, "count")) // PAGE))
        for page in range(last, max(0, last - MOST_PAGES), -1):
            if page != tried:
                answer = await self._page(path, page) or {"results": []}
            yield self._calls.rows(answer, "results")

    async def _page(self, path: str, page: int) -> dict[str, Any] | None:
        params = {"page_size": str(PAGE), "page": str(page)}
        found = await self._calls("GET", path, params=params, may_miss=True)
        return None if found is None else self._calls.record(found)

    async def _ticket(self, case: str, thread: str) -> dict[str, Any] | None:
        """Find the case's ticket: by its id, else among the newest."""
        if thread.isdigit():
            known = await self._calls("GET", f"{TICKETS}{thread}/", may_miss=True)
            if known is not None:
                return self._kept(known)
        async for page in self._newest(TICKETS):
            found = next((one for one in page if case_in(str(one.get("title", ""))) == case), None)
            if found is not None:
                return dict(found)
        return None

    def _kept(self, told: Any) -> dict[str, Any]:
        """Take a ticket of an answer; raises TransientFailure where it is none."""
        known = self._calls.record(told)
        self._calls.part(known, "id")
        return known

    async def _add_all(self, known: Mapping[str, Any], parcel: Parcel, *, key: str) -> None:
        """Add the words, unless the ticket was opened with them, and the photos, so many at a time."""
        parts = portions(parcel.files, most=MOST_FILES, most_bytes=self._settings.request_bytes)
        if not has_mark(str(known.get("description") or ""), key):
            await self._add(known, words_of(parcel.bundle, parcel.files, key=key), parts.pop(0), key=key)
        for place, part in enumerate(filter(None, parts), 1):
            own = f"{key}.{place}"
            await self._add(known, f"📎 × {len(part)}\n\n{mark(own)}", part, key=own)

    async def _add(
        self, known: Mapping[str, Any], text: str, files: Sequence[LabelledFile], *, key: str
    ) -> None:
        """Add a follow-up unless it is there."""
        if not has_follow_up(known, key):
            await self._calls("POST", FOLLOW_UPS, data=follow_up(known, text, files))


def _fresh(written: Mapping[str, Any], *, done: Container[int], now: datetime) -> bool:
    try:
        return is_fresh(written, done=done, now=now)
    except (KeyError, ValueError, TypeError):
        raise TransientFailure("django-helpdesk: a follow-up without id or date") from None
