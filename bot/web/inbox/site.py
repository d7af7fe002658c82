"""The routes of the web inbox; each is open to a session alone, and each form carries the session's mark."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web

from bot.web.inbox.acting import ACTS, act
from bot.web.inbox.case_page import case_page
from bot.web.inbox.claim import Claims
from bot.web.inbox.demo_page import demo_page
from bot.web.inbox.desk import Desk, Visit
from bot.web.inbox.door import Door, OpenDoor, from_here, is_ours
from bot.web.inbox.downloads import Downloads
from bot.web.inbox.figures import figures_csv, figures_page
from bot.web.inbox.forms import Form, form_of
from bot.web.inbox.listing import list_page
from bot.web.inbox.live import Live
from bot.web.inbox.pages import HEADERS, locale_of, missing, page, place_of, words_alone
from bot.web.inbox.people import CHANGES, change, settings_page
from storage.ports import StorageFailure

logger = logging.getLogger(__name__)

CASE = "/inbox/{case:[0-9A-Z]{4,12}}"
Show = Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]
Take = Callable[[web.Request, Visit, Form], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FOLDER = Path(__file__).parent
REFUSED = {400: "wrong.garbled", 413: "wrong.large"}
"""What the library refuses by itself, and what is said of it."""
ASSETS = {"style.css": "text/css", "script.js": "text/javascript", "icon.svg": "image/svg+xml"}


class InboxSite:
    """The web inbox; it answers once `open` has given it a desk. `public` = the bot's address begins with https."""

    def __init__(self, *, secure: bool = False, demo: bool = False) -> None:
        self._door = OpenDoor() if demo else Door(secure=secure)
        self._desk: Desk | None = None
        self._live = Live()
        self._downloads = Downloads()
        self._claims = Claims()

    def open(self, desk: Desk) -> None:
        """Begin to answer."""
        self._desk = desk

    async def aclose(self) -> None:
        """Let open pages go."""
        await self._live.aclose()

    def routes(self) -> list[web.RouteDef]:
        """List the routes, all below /inbox."""
        files = self._downloads
        shown: Mapping[str, Show] = {
            "/inbox": list_page,
            "/inbox/live": self._live.stream,
            "/inbox/settings": settings_page,
            "/inbox/figures": figures_page,
            "/inbox/figures.csv": figures_csv,
            CASE: case_page,
            CASE + "/cover": files.cover,
            CASE + "/photos.zip": files.archive,
            CASE + "/claim.pdf": self._claims.claim,
            CASE + "/given/{sha:[0-9a-f]{64}}": files.given,
            CASE + "/{bundle:[0-9]{1,6}}/manifest.json": files.manifest,
            CASE + "/{bundle:[0-9]{1,6}}/{file}": files.photo,
        }
        taken: Mapping[str, Take] = {
            CASE + "/{act:" + "|".join(ACTS) + "}": act,
            "/inbox/settings/{what:" + "|".join(CHANGES) + "}": change,
        }
        return [
            *(web.get(path, self._shown(show), allow_head=False) for path, show in shown.items()),
            *(web.post(path, self._taken(take)) for path, take in taken.items()),
            *(web.get(f"/inbox/{name}", self._asset(name)) for name in ASSETS),
            web.get("/inbox/enter/{token}", self._ask_in),
            web.post("/inbox/enter/{token}", self._let_in),
            web.post("/inbox/leave", self._let_out),
            web.get("/inbox/as/{seller}", self._demo_in),
            web.get("/inbox/{nowhere:.*}", self._shown(_nowhere), allow_head=False),
        ]

    # -- who is there ----------------------------------------------------------------------------------------

    def _shown(self, show: Show) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await self._guarded(request, lambda visit: show(request, visit))

        return handler

    def _taken(self, take: Take) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            async def checked(visit: Visit) -> web.StreamResponse:
                form = await form_of(request) if from_here(request, visit.desk) else Form()
                if not is_ours(visit, form):
                    logger.warning("a form without this session's mark is refused")
                    return words_alone(403, "wrong.csrf", locale=visit.agent.locale)
                return await take(request, visit, form)

            return await self._guarded(request, checked)

        return handler

    async def _guarded(
        self, request: web.Request, go_on: Callable[[Visit], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        locale = locale_of(request)
        try:
            desk = self._open_desk()
            visit = await self._door.visit(request, desk)
            if visit is None:
                return await self._stranger(request, desk)
            locale = visit.agent.locale
            return self._remembered(await go_on(visit), visit)
        except web.HTTPException as answer:
            if answer.status in REFUSED:
                return words_alone(answer.status, REFUSED[answer.status], locale=locale)
            answer.headers.update(HEADERS)
            raise
        except StorageFailure as failure:
            logger.warning("the inbox cannot read: %s", type(failure).__name__)
            return words_alone(503, "wrong.busy", locale=locale)
        except Exception as fault:  # noqa: BLE001 - whatever it is, a seller gets a page and never a traceback
            logger.error("a page of the inbox failed: %s at %s", type(fault).__name__, place_of(fault))
            return words_alone(500, "wrong.busy", locale=locale)

    def _open_desk(self) -> Desk:
        if self._desk is None:
            raise StorageFailure("the bot is still starting")
        return self._desk

    def _remembered(self, response: web.StreamResponse, visit: Visit) -> web.StreamResponse:
        if visit.fresh and not response.prepared:
            self._door.remember(response, visit.token)
        return response

    async def _stranger(self, request: web.Request, desk: Desk) -> web.StreamResponse:
        if isinstance(self._door, OpenDoor):
            return (
                await demo_page(desk, locale=locale_of(request))
                if request.path == "/inbox"
                else missing(locale_of(request))
            )
        return words_alone(401, "enter.needed", locale=locale_of(request), back="")

    # -- coming and going ------------------------------------------------------------------------------------

    async def _ask_in(self, request: web.Request) -> web.Response:
        """Ask before the link is used: previews of messengers and mail scanners follow links too."""
        return page("enter.html", locale=locale_of(request))

    async def _let_in(self, request: web.Request) -> web.Response:
        locale = locale_of(request)
        try:
            desk = self._open_desk()
            if not from_here(request, desk):  # nobody is signed in as somebody else by another site
                return words_alone(403, "wrong.csrf", locale=locale, back="")
            visit = await self._door.enter(request.match_info["token"], desk)
            if visit is not None:
                await self._door.end_of(request, desk)
        except StorageFailure:
            return words_alone(503, "wrong.busy", locale=locale, back="")
        if visit is None:
            return words_alone(410, "enter.gone", locale=locale, back="")
        return self._sent_on(visit)

    def _sent_on(self, visit: Visit) -> web.Response:
        response = web.Response(status=303, headers={**HEADERS, "Location": "/inbox"})
        self._door.remember(response, visit.token)
        return response

    async def _let_out(self, request: web.Request) -> web.StreamResponse:
        async def out(visit: Visit) -> web.StreamResponse:
            if not from_here(request, visit.desk) or not is_ours(visit, await form_of(request)):
                return words_alone(403, "wrong.csrf", locale=visit.agent.locale)
            await visit.desk.agents.end(visit.token)
            left = {
                **HEADERS,
                "Location": "/inbox",
                "Clear-Site-Data": '"cache"',
            }  # photos too, at a shared desk
            response = web.Response(status=303, headers=left)
            self._door.forget(response)
            return response

        return await self._guarded(request, out)

    async def _demo_in(self, request: web.Request) -> web.Response:
        desk = self._desk
        if desk is None or not isinstance(self._door, OpenDoor):
            return missing(locale_of(request))
        visit = await self._door.enter_as(request.match_info["seller"], desk)
        return self._sent_on(visit) if visit is not None else missing(locale_of(request))

    def _asset(self, name: str) -> Handler:
        async def handler(_request: web.Request) -> web.Response:
            body = (FOLDER / name).read_bytes()
            headers = {**HEADERS, "Cache-Control": "no-cache"}
            return web.Response(body=body, content_type=ASSETS[name], charset="utf-8", headers=headers)

        return handler


async def _nowhere(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Lead back from an address that only forms are sent to: a page that was loaded again."""
    above, _, last = request.path.rpartition("/")
    if last in {"", *ACTS, *CHANGES} and above.startswith("/inbox"):
        raise web.HTTPSeeOther(above)
    return missing(visit.agent.locale)
