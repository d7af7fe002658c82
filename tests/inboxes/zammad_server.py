"""A local server that behaves like Zammad's documented REST API as far as tickets and articles go, errors included.

Sources: Zammad REST documentation (tickets, ticket articles, users, groups; pagination; `expand`); its
creates_ticket_articles.rb: an attachment without one of its three keys, or with broken base64, is a 422.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.desk_text import case_in
from bot.inboxes.zammad.adapter import ZammadInbox
from bot.inboxes.zammad.settings import ZammadSettings
from bot.ports import SellerInbox
from tests.inboxes.arrivals import Arrived

TOKEN = "zammad-token-for-tests"
SECRET = "hook secret for tests"
MOST_BODY = 40 * 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class ZammadServer:
    """Tickets and articles in memory; `broken` answers 503, `breaks_after` persists and then breaks the connection."""

    inbox: SellerInbox = field(init=False)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    articles: list[dict[str, Any]] = field(default_factory=list)
    files: dict[int, list[tuple[str, bytes]]] = field(default_factory=dict)
    broken: bool = False
    breaks_after: int = 0
    index_lags: bool = True  # what was just made is not found by search yet

    def app(self) -> web.Application:
        app = web.Application(client_max_size=MOST_BODY, middlewares=[self._guard])
        app.add_routes([
            web.get("/api/v1/users/me", self._me), web.get("/api/v1/groups", self._groups),
            web.get("/api/v1/tickets", self._list), web.get("/api/v1/tickets/search", self._search),
            web.get("/api/v1/tickets/{id:[0-9]+}", self._show), web.post("/api/v1/tickets", self._create),
            web.put("/api/v1/tickets/{id:[0-9]+}", self._change),
            web.get("/api/v1/ticket_articles/by_ticket/{id:[0-9]+}", self._by_ticket),
            web.post("/api/v1/ticket_articles", self._add),
        ])  # fmt: skip
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.broken:
            return web.Response(status=503, text="<html>down for maintenance</html>")
        if request.headers.get("Authorization") != f"Token token={TOKEN}":
            return web.json_response({"error": "Authentication required"}, status=401)
        answer = await handler(request)
        if request.method == "POST" and self.breaks_after:
            self.breaks_after -= 1
            assert request.transport is not None
            request.transport.close()
        return answer

    async def _me(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": 3, "login": "bot@desk.example", "active": True})

    async def _groups(self, _request: web.Request) -> web.Response:
        return web.json_response(
            [{"id": 1, "name": "Users", "active": True}, {"id": 2, "name": "Old", "active": False}]
        )

    async def _list(self, request: web.Request) -> web.Response:
        rows = sorted(self.tickets, key=lambda one: one["id"])  # tickets_controller.rb: whatever is asked for
        size, page = int(request.query.get("per_page", "50")), int(request.query.get("page", "1"))
        return web.json_response(rows[size * (page - 1) : size * page])

    async def _search(self, request: web.Request) -> web.Response:
        """Search as can_search.rb does: a query asks the index, a condition alone the database."""
        assert request.query["expand"] == "true"
        if "query" in request.query:
            wanted = request.query["query"].partition(":")[2].strip('"')
            found = [] if self.index_lags else [one for one in self.tickets if wanted in one["title"]]
            return web.json_response(found)
        assert request.query["condition[ticket.title][operator]"] == "contains"
        wanted = request.query["condition[ticket.title][value]"]
        found = [one for one in self.tickets if wanted.casefold() in one["title"].casefold()]
        return web.json_response(found[: int(request.query["limit"])])

    def _ticket(self, request: web.Request) -> dict[str, Any] | None:
        return next((one for one in self.tickets if one["id"] == int(request.match_info["id"])), None)

    async def _show(self, request: web.Request) -> web.Response:
        found = self._ticket(request)
        return _missing() if found is None else web.json_response(found)

    async def _change(self, request: web.Request) -> web.Response:
        found = self._ticket(request)
        if found is None:
            return _missing()
        found.update(await request.json())
        return web.json_response(found)

    async def _create(self, request: web.Request) -> web.Response:
        given = await request.json()
        for name in ("title", "group", "article"):
            if not given.get(name):
                return _wrong(f"Missing required value for field '{name}'!")
        if given["group"] != "Users":
            return _wrong(f"No lookup value found for 'group': {given['group']!r}")
        if not str(given.get("customer_id", "")).startswith("guess:"):
            return _wrong("Missing required value for field 'customer_id'!")
        ticket = {
            "id": len(self.tickets) + 11,
            "title": given["title"][:250],
            "state": "new",
            "group": "Users",
            "note": given.get("note"),
        }
        refusal = self._keep(ticket["id"], given["article"])
        if refusal is not None:
            return refusal
        self.tickets.append(ticket)
        return web.json_response(ticket, status=201)

    async def _add(self, request: web.Request) -> web.Response:
        given = await request.json()
        if not any(one["id"] == given.get("ticket_id") for one in self.tickets):
            return _missing()
        refusal = self._keep(given["ticket_id"], given)
        return refusal if refusal is not None else web.json_response(self.articles[-1], status=201)

    def _keep(self, ticket: Any, given: dict[str, Any]) -> web.Response | None:
        if not given.get("body"):
            return _wrong("Need at least an 'article body' field.")
        files = []
        for one in given.get("attachments", []):
            if {"filename", "data", "mime-type"} - set(one):
                return _wrong("Attachment needs 'filename', 'data' and 'mime-type' keys.")
            try:
                files.append((one["filename"], base64.b64decode(one["data"], validate=True)))
            except binascii.Error:
                return _wrong("Invalid base64 for attachment")
        number = len(self.articles) + 101
        kept = {
            "subject": "",
            "type": "note",
            "internal": False,
            "sender": "Customer",
            "content_type": "text/plain",
        }
        kept |= {name: given[name] for name in kept if name in given}
        kept |= {"id": number, "ticket_id": ticket, "body": given["body"]}
        kept["attachments"] = [{"id": n, "filename": name} for n, (name, _) in enumerate(files)]
        self.articles.append(kept)
        self.files[number] = files
        return None

    async def _by_ticket(self, request: web.Request) -> web.Response:
        if self._ticket(request) is None:
            return _missing()
        return web.json_response(
            [one for one in self.articles if one["ticket_id"] == int(request.match_info["id"])]
        )

    # -- as an office ----------------------------------------------------------------------------------------

    def arrived(self) -> list[Arrived]:
        titles = {one["id"]: one["title"] for one in self.tickets}
        return [
            Arrived(
                key=f"{one['ticket_id']}.{one['subject']}",
                case=case_in(titles[one["ticket_id"]]),
                photos={name: hashlib.sha256(content).hexdigest() for name, content in self.files[one["id"]]},
                words=one["body"],
            )
            for one in self.articles
        ]

    def break_down(self) -> None:
        self.broken = True

    def mend(self) -> None:
        self.broken = False

    def hook(self, article: dict[str, Any], **ticket: Any) -> tuple[bytes, dict[str, str]]:
        """Make the call of a trigger's webhook about an article."""
        of_ticket = {**next(one for one in self.tickets if one["id"] == article["ticket_id"]), **ticket}
        body = orjson.dumps({"ticket": of_ticket, "article": article})
        return body, signed(body)


def signed(body: bytes) -> dict[str, str]:
    """Sign as Zammad does."""
    sign = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    return {"x-hub-signature": f"sha1={sign}", "x-zammad-delivery": "d1", "x-zammad-trigger": "t"}


def _missing() -> web.Response:
    return web.json_response({"error": "Couldn't find Ticket"}, status=404)


def _wrong(said: str) -> web.Response:
    return web.json_response({"error": said, "error_human": said}, status=422)


@asynccontextmanager
async def zammad_office() -> AsyncIterator[ZammadServer]:
    """Serve while the block lasts."""
    office = ZammadServer()
    async with TestServer(office.app()) as server:
        inbox = ZammadInbox(settings_for(str(server.make_url(""))))
        office.inbox = inbox
        yield office
        await inbox.aclose()


def settings_for(url: str, **more: Any) -> ZammadSettings:
    """Make the block of configuration."""
    given = {
        "url": url, "token": TOKEN, "group": "Users", "customer": "clearshot@shop.example", "hook_secret": SECRET,
        "allow_private": True, "timeout": 5, **more,
    }  # fmt: skip
    return ZammadSettings.model_validate(given)
