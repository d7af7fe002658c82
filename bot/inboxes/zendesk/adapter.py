"""The Zendesk inbox: a ticket a case, a comment a bundle; creation has a key, comments are looked for first."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.desk_text import has_mark, note_of, words_of
from bot.http_calls import Calls
from bot.inboxes.zendesk.settings import ZendeskSettings
from bot.inboxes.zendesk.wire import MOST_FILE, comment, heard_in, ticket, trial_call
from bot.ports import Call, Heard, LabelledFile, Parcel, PermanentFailure, Receipt
from flows.effects import ForwardText

PAGE = "100"


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
        words = words_of(parcel.bundle, parcel.files, key=idempotency_key)
        known = await self._ticket(parcel.bundle.case, parcel.bundle.thread)
        if known is not None:
            return await self._comment(known, words, parcel.files, key=idempotency_key, parcel=parcel)
        return Receipt(place="zendesk", reference=await self._create(parcel, words, key=idempotency_key))

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        """Comment with the customer's words."""
        known = await self._ticket(note.case, note.thread)
        if known is None:
            raise PermanentFailure("zendesk: there is no ticket of this case")
        return await self._comment(known, note_of(note, key=idempotency_key), (), key=idempotency_key)

    async def check(self) -> str:
        """Ask who we are."""
        me = (await self._calls("GET", "/api/v2/users/me.json"))["user"]
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
            if found is not None and found["ticket"].get("status") != "closed":
                known: dict[str, Any] = found["ticket"]
                return known
        rows = (await self._calls("GET", "/api/v2/tickets.json", params={"external_id": case}))["tickets"]
        return max(
            (row for row in rows if row.get("external_id") == case), key=lambda row: row["id"], default=None
        )

    async def _create(self, parcel: Parcel, words: str, *, key: str, follows: int = 0) -> str:
        made = ticket(parcel, comment(words, await self._uploaded(parcel.files)), tags=self._settings.tags)
        if follows:
            made["ticket"]["via_followup_source_id"] = follows
        answer = await self._calls(
            "POST", "/api/v2/tickets.json", json=made, headers={"Idempotency-Key": key}
        )
        return str(answer["ticket"]["id"])

    async def _comment(
        self,
        known: dict[str, Any],
        words: str,
        files: Sequence[LabelledFile],
        *,
        key: str,
        parcel: Parcel | None = None,
    ) -> Receipt:
        """Comment unless it is there; a closed ticket takes none, and is followed up by another."""
        number = str(known["id"])
        there = await self._calls(
            "GET", f"/api/v2/tickets/{number}/comments.json", params={"per_page": PAGE, "sort_order": "desc"}
        )
        if any(has_mark(str(one.get("body") or ""), key) for one in there["comments"]):
            return Receipt(place="zendesk", reference=number)
        if known.get("status") == "closed":
            if parcel is None:
                raise PermanentFailure("zendesk: the ticket is closed for good, and takes no words")
            return Receipt(
                place="zendesk", reference=await self._create(parcel, words, key=key, follows=known["id"])
            )
        change: dict[str, Any] = {"comment": comment(words, await self._uploaded(files))}
        if known.get("status") in {"solved", "pending"}:
            change["status"] = "open"
        await self._calls("PUT", f"/api/v2/tickets/{number}.json", json={"ticket": change})
        return Receipt(place="zendesk", reference=number)

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
            token = str(answer["upload"]["token"])
        return [token] if token else []
