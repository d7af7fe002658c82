"""The routes of the console; each is open to an operator's session alone, and each form carries its mark."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from bot.web.console import sellers, watching
from bot.web.console.desk import ConsoleDesk
from bot.web.console.door import ConsoleDoor
from bot.web.console.pages import page, words_alone
from bot.web.inbox.desk import Visit
from bot.web.inbox.door import from_here, is_ours
from bot.web.inbox.forms import form_of
from bot.web.inbox.pages import HEADERS, place_of
from storage.ports import StorageFailure

logger = logging.getLogger(__name__)

SELLER = "/console/sellers/{seller:[a-z0-9_-]{1,40}}"
STYLE = Path(__file__).with_name("style.css")
BUSY = "The console cannot read the store just now. Please try again in a moment."
NEEDED = "The console is for operators. `clearshot console NAME` prints a link that lets you in, once."
GONE = "This link is used up or has run out. `clearshot console NAME` prints a new one."
NOT_OURS = (
    "This form did not come from the page that you have open. Load the page again, then press once more."
)
REFUSED = {
    400: "The form could not be read. Go back and try again.",
    413: "That is more than a form can hold. Go back and make it shorter.",
}
"""What is said of a form that cannot be taken."""
FAILED = "That did not work just now; the log says where. Please try again in a moment."
NOWHERE = "There is no such page."
ACTS = {"", "retry", "try", "check", "save", "leave"}
"""How addresses end that only forms are sent to."""
Form = Mapping[str, str]
Show = Callable[[web.Request, Visit, ConsoleDesk], Awaitable[web.Response]]
Take = Callable[[web.Request, Visit, ConsoleDesk, Form], Awaitable[web.Response]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ConsoleSite:
    """The console; it answers once `open` has given it a desk. `secure`: the bot's address begins with https."""

    def __init__(self, *, secure: bool = False, demo: bool = False) -> None:
        self._door = ConsoleDoor(secure=secure, demo=demo)
        self._desk: ConsoleDesk | None = None

    def open(self, desk: ConsoleDesk) -> None:
        """Begin to answer."""
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """List the routes, all below /console."""
        shown: Mapping[str, Show] = {
            "/console": watching.overview_page,
            "/console/dead": watching.dead_page,
            "/console/sellers": sellers.sellers_page,
            SELLER: sellers.seller_page,
        }
        taken: Mapping[str, Take] = {
            "/console/dead/retry": watching.retry,
            SELLER + "/try": sellers.attempt,
            SELLER + "/check": sellers.check,
            SELLER + "/save": sellers.save,
        }
        return [
            *(web.get(path, self._shown(show), allow_head=False) for path, show in shown.items()),
            *(web.post(path, self._taken(take)) for path, take in taken.items()),
            web.get("/console/style.css", self._style),
            web.get("/console/enter/{token}", self._ask_in),
            web.post("/console/enter/{token}", self._let_in),
            web.post("/console/leave", self._taken(self._let_out)),
            web.get("/console/{nowhere:.*}", self._shown(_nowhere), allow_head=False),
        ]

    def _shown(self, show: Show) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await self._guarded(request, lambda visit, desk: show(request, visit, desk))

        return handler

    def _taken(self, take: Take) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            async def checked(visit: Visit, desk: ConsoleDesk) -> web.Response:
                form = await form_of(request)
                if not from_here(request, visit.desk) or not is_ours(visit, form):
                    logger.warning("a form without this session's mark is refused")
                    return words_alone(403, NOT_OURS)
                return await take(request, visit, desk, form)

            return await self._guarded(request, checked)

        return handler

    async def _guarded(
        self, request: web.Request, go_on: Callable[[Visit, ConsoleDesk], Awaitable[web.Response]]
    ) -> web.StreamResponse:
        desk = self._desk
        if desk is None:
            return words_alone(503, BUSY)
        try:
            visit = await self._door.visit(request, desk.people)
            if visit is None:
                return words_alone(401, NEEDED)
            response = await go_on(visit, desk)
        except web.HTTPException as answer:
            if answer.status >= HTTPStatus.BAD_REQUEST:
                return words_alone(answer.status, REFUSED.get(answer.status, answer.text or answer.reason))
            answer.headers.update(HEADERS)
            raise
        except StorageFailure as failure:
            logger.warning("the console cannot read: %s", type(failure).__name__)
            return words_alone(503, BUSY)
        except Exception as fault:  # noqa: BLE001 - whatever it is, an operator gets a page and never a traceback
            logger.error("a page of the console failed: %s at %s", type(fault).__name__, place_of(fault))
            return words_alone(500, FAILED)
        if visit.fresh:
            self._door.remember(response, visit.token)
        return response

    # -- coming and going ------------------------------------------------------------------------------------

    async def _ask_in(self, _request: web.Request) -> web.Response:
        """Ask before the link is used: previews of messengers follow links too."""
        return page(None, "enter.html")

    async def _let_in(self, request: web.Request) -> web.Response:
        if self._desk is None or not from_here(request, self._desk.people):
            return words_alone(503 if self._desk is None else 403, BUSY if self._desk is None else NOT_OURS)
        try:
            visit = await self._door.enter(request.match_info["token"], self._desk.people)
        except StorageFailure:
            return words_alone(503, BUSY)
        if visit is None:
            return words_alone(410, GONE)
        response = _sent_on()
        self._door.remember(response, visit.token)
        return response

    async def _let_out(
        self, _request: web.Request, visit: Visit, desk: ConsoleDesk, _form: Form
    ) -> web.Response:
        await desk.people.agents.end(visit.token)
        response = _sent_on()
        self._door.forget(response)
        return response

    async def _style(self, _request: web.Request) -> web.Response:
        headers = {**HEADERS, "Cache-Control": "no-cache"}
        return web.Response(
            body=STYLE.read_bytes(), content_type="text/css", charset="utf-8", headers=headers
        )


async def _nowhere(request: web.Request, _visit: Visit, _desk: ConsoleDesk) -> web.Response:
    """Lead back from an address that only forms are sent to: a page that was loaded again."""
    above, _, last = request.path.rpartition("/")
    if last in ACTS and above.startswith("/console"):
        raise web.HTTPSeeOther(above)
    return words_alone(404, NOWHERE)


def _sent_on() -> web.Response:
    return web.Response(status=303, headers={**HEADERS, "Location": "/console"})
