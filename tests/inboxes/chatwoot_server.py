"""A local server that behaves like Chatwoot's client API, errors and oddities included.

Sources: the client API's reference; contacts_controller (an identifier that is there gives its contact), HMAC checks,
message.rb (15 attachments), issue 8137 (JSON cannot carry attachments), issue 6446 (500 after the message was kept),
the webhook's signature of 4.13.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.inboxes.chatwoot.adapter import ChatwootInbox
from bot.inboxes.chatwoot.settings import ChatwootSettings
from bot.ports import SellerInbox
from tests.inboxes.arrivals import Arrived

INBOX, HMAC_TOKEN, SECRET = "apiInbox1234", "hmac token for tests", "hook secret for tests"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class ChatwootServer:
    """Contacts, conversations and messages in memory."""

    inbox: SellerInbox = field(init=False)
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)  # by source_id
    conversations: dict[int, str] = field(default_factory=dict)  # to source_id
    messages: list[dict[str, Any]] = field(default_factory=list)
    demands_proof: bool = True
    broken: bool = False
    fails_after: int = 0  # messages that are kept, and answered with 500 all the same

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[self._guard])
        base = "/public/api/v1/inboxes/{inbox}"
        talk = base + "/contacts/{source}/conversations"
        app.add_routes([
            web.get(base, self._inbox), web.post(base + "/contacts", self._contact), web.get(talk, self._talks),
            web.post(talk, self._begin), web.get(talk + "/{number}/messages", self._list),
            web.post(talk + "/{number}/messages", self._say),
        ])  # fmt: skip
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.broken:
            return web.Response(status=502, text="<html>Bad gateway</html>")
        if request.match_info.get("inbox") != INBOX:
            return _missing()
        if (source := request.match_info.get("source")) and source not in self.contacts:
            return _missing()
        return await handler(request)

    async def _inbox(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {"identifier": INBOX, "name": "Clearshot", "identity_validation_enabled": self.demands_proof}
        )

    async def _contact(self, request: web.Request) -> web.Response:
        given = await request.json()
        name = given.get("identifier", "")
        proof = hmac.new(HMAC_TOKEN.encode(), name.encode(), hashlib.sha256).hexdigest()
        if (self.demands_proof or given.get("identifier_hash")) and given.get("identifier_hash") != proof:
            return web.json_response({"error": "HMAC failed: Invalid Identifier Hash Provided"}, status=401)
        known = next((one for one in self.contacts.values() if one["identifier"] == name), None)
        if known is None:
            source = f"source-{len(self.contacts) + 1}"
            known = {
                "source_id": source,
                "pubsub_token": "p",
                "id": len(self.contacts) + 1,
                "identifier": name,
            }
            self.contacts[source] = known
        known["name"] = given.get("name")
        return web.json_response({key: value for key, value in known.items() if key != "identifier"})

    async def _talks(self, request: web.Request) -> web.Response:
        source = request.match_info["source"]
        return web.json_response(
            [{"id": n, "messages": []} for n, of in self.conversations.items() if of == source]
        )

    async def _begin(self, request: web.Request) -> web.Response:
        number = len(self.conversations) + 1
        self.conversations[number] = request.match_info["source"]
        return web.json_response({"id": number, "inbox_id": 1, "contact_last_seen_at": 0})

    def _number(self, request: web.Request) -> int:
        number = int(request.match_info["number"])
        if self.conversations.get(number) != request.match_info["source"]:
            raise web.HTTPNotFound(
                text='{"error": "Couldn\'t find Conversation"}', content_type="application/json"
            )
        return number

    async def _list(self, request: web.Request) -> web.Response:
        number = self._number(request)
        shown = [
            {"id": one["id"], "content": one["content"]} for one in self.messages if one["talk"] == number
        ]
        return web.json_response(shown)

    async def _say(self, request: web.Request) -> web.Response:
        number = self._number(request)
        if not request.content_type.startswith("multipart/"):
            given = await request.json()
            if given.get("attachments"):
                return web.json_response({"error": "undefined method original_filename"}, status=500)
            form: dict[str, Any] = given
            files: list[Any] = []
        else:
            posted = await request.post()
            form = {"content": posted.get("content", "")}
            files = list(posted.getall("attachments[]", []))
        if len(files) > 15:
            return web.json_response({"error": "Attachments exceeded maximum allowed"}, status=422)
        kept = [(file.filename, file.file.read()) for file in files]
        self.messages.append(
            {"id": len(self.messages) + 1, "talk": number, "content": form["content"], "files": kept}
        )
        if self.fails_after:
            self.fails_after -= 1
            return web.json_response({"error": "Internal server error"}, status=500)
        return web.json_response({"id": len(self.messages), "content": form["content"]})

    # -- as an office ----------------------------------------------------------------------------------------

    def arrived(self) -> list[Arrived]:
        found = []
        for one in self.messages:
            contact = self.contacts[self.conversations[one["talk"]]]
            photos = {name: hashlib.sha256(content).hexdigest() for name, content in one["files"]}
            key = f"{one['talk']}.{one['content'].rpartition('Clearshot ')[2]}"
            case = contact["identifier"].removeprefix("clearshot-")
            found.append(Arrived(key=key, case=case, photos=photos, words=one["content"]))
        return found

    def break_down(self) -> None:
        self.broken = True

    def mend(self) -> None:
        self.broken = False


def _missing() -> web.Response:
    return web.json_response({"error": "Resource could not be found"}, status=404)


def event(case: str = "K7F3QX", name: str = "message_created", **more: Any) -> dict[str, Any]:
    """Make the body of a webhook call, as Chatwoot's presenters write it."""
    conversation = {
        "id": 7,
        "status": "open",
        "meta": {"sender": {"id": 1, "identifier": f"clearshot-{case}"}},
    }
    if name != "message_created":
        return {"event": name, **conversation, "status": "resolved", "updated_at": 1763985600.5, **more}
    return {
        "event": name, "id": 41, "content": "Sorry", "message_type": "outgoing", "private": False,
        "sender": {"id": 3, "name": "Ann", "type": "user"}, "conversation": conversation, "attachments": [], **more,
    }  # fmt: skip


def signed(body: bytes, *, at: datetime, secret: str = SECRET) -> dict[str, str]:
    """Sign as Chatwoot does."""
    stamp = str(int(at.astimezone(UTC).timestamp()))
    sign = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "x-chatwoot-signature": f"sha256={sign}",
        "x-chatwoot-timestamp": stamp,
        "x-chatwoot-delivery": "d1",
    }


def settings_for(url: str, **more: Any) -> ChatwootSettings:
    """Make the block of configuration."""
    given = {
        "url": url, "inbox": INBOX, "hmac_token": HMAC_TOKEN, "hook_secret": SECRET, "allow_private": True, "timeout": 5,
        **more,
    }  # fmt: skip
    return ChatwootSettings.model_validate(given)


@asynccontextmanager
async def chatwoot_office() -> AsyncIterator[ChatwootServer]:
    """Serve while the block lasts."""
    office = ChatwootServer()
    async with TestServer(office.app()) as server:
        inbox = ChatwootInbox(settings_for(str(server.make_url(""))))
        office.inbox = inbox
        yield office
        await inbox.aclose()


def encoded(told: dict[str, Any]) -> bytes:
    """Encode a body."""
    return orjson.dumps(told)
