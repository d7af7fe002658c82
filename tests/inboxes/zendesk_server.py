"""A local server that behaves like Zendesk's documented API as far as uploads, tickets and comments go.

Sources: Zendesk developer documentation: attachments (raw body, right Content-Type, a token takes several files),
tickets (idempotency keys: the same one gives the first answer with `x-idempotency-lookup: hit`, with another body an
error), rate limits (429 with Retry-After), closed tickets cannot be updated (422), webhook signatures.
"""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.inboxes.zendesk.adapter import ZendeskInbox
from bot.inboxes.zendesk.settings import ZendeskSettings
from bot.ports import SellerInbox
from tests.inboxes.arrivals import Arrived

EMAIL, TOKEN, SECRET = "bot@shop.example", "zendesk-token-for-tests", "hook secret for tests"
PAIR = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class ZendeskServer:
    """Tickets in memory."""

    inbox: SellerInbox = field(init=False)
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    uploads: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    keys: dict[str, tuple[str, int]] = field(
        default_factory=dict
    )  # to the body's sum without uploads, and the ticket
    broken: bool = False
    too_many: int = 0  # calls that are answered with 429
    breaks_after: int = 0  # tickets and comments that are kept before the connection breaks

    def app(self) -> web.Application:
        app = web.Application(client_max_size=60 * 1024 * 1024, middlewares=[self._guard])
        app.add_routes([
            web.get("/api/v2/users/me.json", self._me), web.post("/api/v2/uploads.json", self._upload),
            web.get("/api/v2/tickets.json", self._find), web.post("/api/v2/tickets.json", self._create),
            web.get("/api/v2/tickets/{id:[0-9]+}.json", self._show), web.put("/api/v2/tickets/{id:[0-9]+}.json", self._change),
            web.get("/api/v2/tickets/{id:[0-9]+}/comments.json", self._list),
        ])  # fmt: skip
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.broken:
            return web.Response(status=503, headers={"Retry-After": "7"})
        if self.too_many:
            self.too_many -= 1
            return web.json_response({"error": "TooManyRequests"}, status=429, headers={"Retry-After": "93"})
        if request.headers.get("Authorization") != f"Basic {PAIR}":
            return web.json_response({"error": "Couldn't authenticate you"}, status=401)
        answer = await handler(request)
        if self.breaks_after and request.method in {"POST", "PUT"} and "uploads" not in request.path:
            self.breaks_after -= 1
            assert request.transport is not None
            request.transport.close()
        return answer

    async def _me(self, _request: web.Request) -> web.Response:
        return web.json_response({"user": {"id": 1, "name": "Bot", "role": "agent"}})

    async def _upload(self, request: web.Request) -> web.Response:
        name = request.query.get("filename", "")
        if not name or request.content_type in {"application/octet-stream", "application/json"}:
            return web.json_response({"error": "AttachmentUnprocessable"}, status=422)
        token = request.query.get("token") or f"upload{len(self.uploads) + 1}"
        self.uploads.setdefault(token, []).append((name, await request.read()))
        return web.json_response({"upload": {"token": token}}, status=201)

    async def _find(self, request: web.Request) -> web.Response:
        wanted = request.query.get("external_id")
        found = [one for one in self.tickets.values() if wanted is None or one["external_id"] == wanted]
        return web.json_response({"tickets": found, "count": len(found)})

    async def _create(self, request: web.Request) -> web.Response:
        given = (await request.json())["ticket"]
        key = request.headers.get("Idempotency-Key", "")
        body = given.get("comment", {}).get("body", "")
        if key in self.keys:
            same, number = self.keys[key]
            if same != body:
                return web.json_response({"error": "IdempotentRequestError"}, status=400)
            return web.json_response(
                {"ticket": self.tickets[number]}, status=201, headers={"x-idempotency-lookup": "hit"}
            )
        if not body or len(key) > 255:
            return _invalid("Description: cannot be blank")
        number = len(self.tickets) + 501
        self.tickets[number] = {
            "id": number, "status": "new", "external_id": given.get("external_id"), "subject": given.get("subject", ""),
        }  # fmt: skip
        self.keys[key] = (body, number)
        self._keep(number, given["comment"])
        return web.json_response(
            {"ticket": self.tickets[number]}, status=201, headers={"x-idempotency-lookup": "miss"}
        )

    def _ticket(self, request: web.Request) -> dict[str, Any]:
        found = self.tickets.get(int(request.match_info["id"]))
        if found is None:
            raise web.HTTPNotFound(text='{"error": "RecordNotFound"}', content_type="application/json")
        return found

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response({"ticket": self._ticket(request)})

    async def _change(self, request: web.Request) -> web.Response:
        found, given = self._ticket(request), (await request.json())["ticket"]
        if found["status"] == "closed":
            return _invalid("Status: closed prevents ticket update")
        if "comment" in given:
            self._keep(found["id"], given["comment"])
        found["status"] = given.get("status", found["status"])
        return web.json_response({"ticket": found})

    def _keep(self, number: int, comment: dict[str, Any]) -> None:
        files = [file for token in comment.get("uploads", []) for file in self.uploads.pop(token)]
        self.comments.append(
            {"id": len(self.comments) + 1, "ticket": number, "body": comment["body"], "files": files}
        )

    async def _list(self, request: web.Request) -> web.Response:
        number = self._ticket(request)["id"]
        found = [{"id": one["id"], "body": one["body"]} for one in self.comments if one["ticket"] == number]
        return web.json_response({"comments": found[::-1], "count": len(found)})

    # -- as an office ----------------------------------------------------------------------------------------

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                key=f"{one['ticket']}.{one['body'].rpartition('Clearshot ')[2]}",
                case=str(self.tickets[one["ticket"]]["external_id"]),
                photos={name: hashlib.sha256(content).hexdigest() for name, content in one["files"]},
                words=one["body"],
            )
            for one in self.comments
        ]

    def break_down(self) -> None:
        self.broken = True

    def mend(self) -> None:
        self.broken = False


def _invalid(said: str) -> web.Response:
    return web.json_response({"error": "RecordInvalid", "description": said}, status=422)


def signed(body: bytes, *, stamp: str, secret: str = SECRET) -> dict[str, str]:
    """Sign as Zendesk does."""
    sign = base64.b64encode(
        hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
    ).decode()
    return {"x-zendesk-webhook-signature": sign, "x-zendesk-webhook-signature-timestamp": stamp}


def settings_for(url: str, **more: Any) -> ZendeskSettings:
    """Make the block of configuration."""
    given = {
        "url": url,
        "email": EMAIL,
        "token": TOKEN,
        "hook_secret": SECRET,
        "allow_private": True,
        "timeout": 5,
        **more,
    }
    return ZendeskSettings.model_validate(given)


@asynccontextmanager
async def zendesk_office() -> AsyncIterator[ZendeskServer]:
    """Serve while the block lasts."""
    office = ZendeskServer()
    async with TestServer(office.app()) as server:
        inbox = ZendeskInbox(settings_for(str(server.make_url(""))))
        office.inbox = inbox
        yield office
        await inbox.aclose()
