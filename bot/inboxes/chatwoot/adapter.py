"""The Chatwoot inbox: a contact and a conversation a case, a message a bundle; looks before it creates."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.desk_text import has_mark, mark, note_of, portions, title_of, words_of
from bot.http_calls import Calls
from bot.inboxes.chatwoot.settings import ChatwootSettings
from bot.inboxes.chatwoot.wire import MOST_FILES, contact, heard_in, message, trial_call
from bot.ports import Call, Heard, LabelledFile, Parcel, PermanentFailure, Receipt
from flows.effects import ForwardText


class ChatwootInbox:
    """See bot.ports.SellerInbox. Every message ends with the key that it was sent under: `echo_id` is no key there."""

    def __init__(self, settings: ChatwootSettings) -> None:
        self._settings = settings
        self._path = f"/public/api/v1/inboxes/{settings.inbox}"
        self._calls = Calls(
            settings.url.rstrip("/"), name="chatwoot", headers={}, timeout=settings.timeout,
            allow_private=settings.allow_private,
        )  # fmt: skip

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        """Send a bundle, in as many messages as the limits ask for; the words come once."""
        bundle = parcel.bundle
        place = await self._conversation(bundle.case, bundle.customer_name, bundle.thread)
        parts = portions(parcel.files, most=MOST_FILES, most_bytes=self._settings.request_bytes)
        for number, files in enumerate(parts, 1):
            key = idempotency_key if number == 1 else f"{idempotency_key}.{number}"
            words = f"{title_of(bundle)}\n\n{words_of(bundle, parcel.files, key=key)}"
            await self._say(
                place, words if number == 1 else f"{number}/{len(parts)}\n\n{mark(key)}", files, key=key
            )
        return Receipt(place="chatwoot", reference=place)

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        """Send the customer's words."""
        place = await self._conversation(note.case, note.customer_name, note.thread)
        await self._say(place, note_of(note, key=idempotency_key), (), key=idempotency_key)
        return Receipt(place="chatwoot", reference=place)

    async def check(self) -> str:
        """Ask for the inbox by its identifier."""
        found = self._calls.record(await self._calls("GET", self._path))
        self._calls.part(found, "identifier")
        if found.get("identity_validation_enabled") and not self._settings.hmac_token.get_secret_value():
            raise PermanentFailure("chatwoot: this inbox demands proof of identity: set hmac_token")
        return f"chatwoot has the inbox {found.get('name') or self._settings.inbox}"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._calls.aclose()

    def trial_call(self, *, now: datetime) -> Call | None:
        """Make a call as the inbox's webhook would."""
        secret = self._settings.hook_secret.get_secret_value()
        token = self._settings.hook_token.get_secret_value()
        return trial_call(secret=secret, token=token, now=now) if secret or token else None

    def hear(self, call: Call, *, now: datetime) -> Sequence[Heard]:
        """Read a call of the inbox's webhook."""
        settings = self._settings
        return heard_in(
            call,
            secret=settings.hook_secret.get_secret_value(),
            token=settings.hook_token.get_secret_value(),
            now=now,
        )

    # -- looking ---------------------------------------------------------------------------------------------

    async def _conversation(self, case: str, name: str, thread: str) -> str:
        """Find the case's conversation or begin it: "CONTACT/NUMBER"; one that was deleted is begun anew."""
        source, _, number = thread.partition("/")
        if source and number.isdigit() and await self._messages(thread, may_miss=True) is not None:
            return thread
        made = contact(case, name, hmac_token=self._settings.hmac_token.get_secret_value())
        # asking for a contact whose identifier is there gives that contact
        told = await self._calls("POST", f"{self._path}/contacts", json=made)
        talks = f"{self._path}/contacts/{self._calls.part(told, 'source_id')}/conversations"
        there = self._calls.rows(await self._calls("GET", talks))
        begun = there[0] if there else await self._calls("POST", talks, json={})
        return f"{told['source_id']}/{self._calls.part(begun, 'id')}"

    async def _messages(self, place: str, *, may_miss: bool = False) -> list[dict[str, Any]] | None:
        told = await self._calls("GET", self._path_of(place), may_miss=may_miss)
        return None if told is None and may_miss else self._calls.rows(told)

    def _path_of(self, place: str) -> str:
        source, _, number = place.partition("/")
        return f"{self._path}/contacts/{source}/conversations/{number}/messages"

    async def _say(self, place: str, text: str, files: Sequence[LabelledFile], *, key: str) -> None:
        """Send a message unless it is there."""
        there = await self._messages(place) or []
        if not any(has_mark(str(one.get("content") or ""), key) for one in there):
            await self._calls("POST", self._path_of(place), data=message(text, files, key=key))
