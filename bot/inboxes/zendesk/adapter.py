"""The Zendesk inbox: a ticket a case, a comment a bundle; creation has a key, comments are looked for first."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.desk_text import has_mark, note_of, words_of
from bot.http_calls import Calls
from bot.inboxes.zendesk.settings import ZendeskSettings
from bot.inboxes.zendesk.wire import MOST_FILE, comment, heard_in, ticket, trial_call
from bot.ports import Call, Heard, LabelledFile, Parcel, PermanentFailure, Receipt, TransientFailure
from flows.effects import ForwardText

PAGE = "100"
USED_KEY = "IdempotentRequestError"
"""What Zendesk calls a key that comes again with another body: photos have another upload token each time."""


class ZendeskInbox:
    """See bot.ports.SellerInbox. The case's code is the ticket's `external_id`; comments end with their key."""

    def __init__(self, settings: ZendeskSettings) -> None:
        self._settings = settings
        pair = f"{settings.email}/token:{settings.token.get_secret_value()}"
        self._calls = Calls(
            settings.url.rstrip("/"),
            name="zendesk",
            headers={"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
            timeout=settings.timeout,
            allow_private=settings.allow_private,
        )

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        """Create the case's ticket, or comment on it."""
        if any(len(file.content) > MOST_FILE for file in parcel.files):
            raise PermanentFailure("zendesk: a file of more than 50 MB; set photos.max_bytes for this seller")
        bundle = parcel.bundle
        words = words_of(bundle, parcel.files, key=idempotency_key)
        known = await self._ticket(bundle.case, bundle.thread)
        if known is not None and await self._takes(known, words, parcel.files, key=idempotency_key):
            return Receipt(place="zendesk", reference=str(known["id"]))
        content = comment(words, await self._uploaded(parcel.files))
        made = ticket(bundle.case, bundle.summary, bundle.customer_name, content, tags=self._settings.tags)
        return await self._create(made, key=idempotency_key, follows=known)

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        """Comment with the customer's words."""
        known = await self._ticket(note.case, note.thread)
        if known is None:
            raise PermanentFailure("zendesk: there is no ticket of this case")
        words = note_of(note, key=idempotency_key)
        if await self._takes(known, words, (), key=idempotency_key):
            return Receipt(place="zendesk", reference=str(known["id"]))
        made = ticket(
            note.case, note.subject, note.customer_name, comment(words, ()), tags=self._settings.tags
        )
        return await self._create(made, key=idempotency_key, follows=known)

    async def check(self) -> str:
        """Ask who we are."""
        me = self._calls.record(await self._calls("GET", "/api/v2/users/me.json"), "user")
        if me.get("role") not in {"agent", "admin"}:
            raise PermanentFailure("zendesk: the token is no agent's")
        return f"zendesk knows {me.get('name')} ({me.get('role')})"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._calls.aclose()

    def hear(self, call: Call, *, now: datetime) -> Sequence[Heard]:
        """Read a call of the trigger's webhook."""
        return heard_in(call, secret=self._settings.hook_secret.get_secret_value(), now=now)

    def trial_call(self, *, now: datetime) -> Call | None:
        """Make a call as the trigger's webhook would."""
        secret = self._settings.hook_secret.get_secret_value()
        return trial_call(secret=secret, now=now) if secret else None

    # -- looking and making ----------------------------------------------------------------------------------

    async def _ticket(self, case: str, thread: str) -> dict[str, Any] | None:
        """Find the case's newest ticket."""
        if thread.isdigit():
            found = await self._calls("GET", f"/api/v2/tickets/{thread}.json", may_miss=True)
            if found is not None:
                known = self._calls.record(found, "ticket")
                if known.get("status") != "closed":
                    return known
        told = await self._calls("GET", "/api/v2/tickets.json", params={"external_id": case})
        rows = [row for row in self._calls.rows(told, "tickets") if row.get("external_id") == case]
        return max(rows, key=lambda row: int(self._calls.part(row, "id")), default=None)

    async def _create(self, made: dict[str, Any], *, key: str, follows: Mapping[str, Any] | None) -> Receipt:
        """Make a ticket; what an earlier attempt under the key made, and is not shown yet, the next attempt finds."""
        if follows is not None:
            made["ticket"]["via_followup_source_id"] = follows["id"]
        told = await self._calls(
            "POST", "/api/v2/tickets.json", json=made, headers={"Idempotency-Key": key}, may_refuse=True
        )
        refused = told.get("error") if isinstance(told, dict) else None
        if refused == USED_KEY:
            raise TransientFailure("zendesk: an earlier attempt made the ticket, which is not shown yet")
        if refused is not None:
            raise PermanentFailure("zendesk: POST /api/v2/tickets.json answers 400")
        return Receipt(place="zendesk", reference=str(self._calls.part(told, "ticket", "id")))

    async def _takes(
        self, known: Mapping[str, Any], words: str, files: Sequence[LabelledFile], *, key: str
    ) -> bool:
        """Comment unless it is there; False where the ticket is closed for good, and must be followed up by another."""
        number = str(self._calls.part(known, "id"))
        there = await self._calls(
            "GET", f"/api/v2/tickets/{number}/comments.json", params={"per_page": PAGE, "sort_order": "desc"}
        )
        comments = self._calls.rows(there, "comments")
        if any(has_mark(str(one.get("body") or ""), key) for one in comments):
            return True
        if known.get("status") == "closed":
            return False
        change: dict[str, Any] = {"comment": comment(words, await self._uploaded(files))}
        if known.get("status") in {"solved", "pending"}:
            change["status"] = "open"
        await self._calls("PUT", f"/api/v2/tickets/{number}.json", json={"ticket": change})
        return True

    async def _uploaded(self, files: Sequence[LabelledFile]) -> list[str]:
        """Upload every file under one token; what no ticket takes is gone within the hour."""
        token = ""
        for file in files:
            params = {"filename": file.name, **({"token": token} if token else {})}
            answer = await self._calls(
                "POST",
                "/api/v2/uploads.json",
                params=params,
                data=file.content,
                headers={"Content-Type": file.mime},
            )
            token = str(self._calls.part(answer, "upload", "token"))
        return [token] if token else []
