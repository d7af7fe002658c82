"""Who may come in: sessions in a cookie, one-time links, and the mark that a form came from a page of ours."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import web

from bot.web.inbox.desk import Desk, Visit
from storage.seller_ports import Agent

COOKIE = "clearshot_inbox"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""The prefix keeps other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2)."""
LOOK, LOOKS = "clearshot_look", ("light", "dark")
"""A choice of this browser's, no secret: pages by day or by night."""
LASTS = timedelta(days=30)
LINK_LASTS = timedelta(days=1)
LONGEST_TOKEN = 200


class Door:
    """Lets those in who hold a session."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self.cookie = SECURE_COOKIE if secure else COOKIE

    async def visit(self, request: web.Request, desk: Desk) -> Visit | None:
        """Tell who it is; None = nobody whom we know."""
        token = request.cookies.get(self.cookie, "")
        if not token or len(token) > LONGEST_TOKEN:
            return None
        agent = await desk.agents.session(token, at=desk.now())
        if agent is None or agent.seller not in desk.names:
            return None
        look = request.cookies.get(LOOK, "")
        return Visit(desk=desk, agent=agent, token=token, look=look if look in LOOKS else "")

    async def end_of(self, request: web.Request, desk: Desk) -> None:
        """End the session that the browser held before another began."""
        await desk.agents.end(request.cookies.get(self.cookie, "")[:LONGEST_TOKEN])

    async def enter(self, token: str, desk: Desk) -> Visit | None:
        """Use a one-time link up."""
        if len(token) > LONGEST_TOKEN:
            return None
        signed_in = await desk.agents.redeem(token, at=desk.now())
        if signed_in is None:
            return None
        return Visit(desk=desk, agent=signed_in.agent, token=signed_in.token, fresh=True)

    def remember(self, response: web.StreamResponse, token: str) -> None:
        """Set the cookie: sent with links that lead here, never to scripts, never with another site's forms."""
        response.set_cookie(
            self.cookie, token, max_age=int(LASTS.total_seconds()), path="/", secure=self._secure, httponly=True,
            samesite="Lax",
        )  # fmt: skip

    def forget(self, response: web.StreamResponse) -> None:
        """Take the cookie away."""
        response.del_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")


class OpenDoor(Door):
    """The demo's door: everybody is the owner of whichever inbox they open; for this machine alone."""

    def __init__(self) -> None:
        super().__init__(secure=False)
        self._owners: dict[str, Agent] = {}

    async def visit(self, request: web.Request, desk: Desk) -> Visit | None:
        """Tell who it is; whoever opens a case is its seller."""
        known = await super().visit(request, desk)
        case = request.match_info.get("case", "")
        if not case or (known is not None and await desk.cases.case(known.seller, case) is not None):
            return known
        for seller in desk.names:
            if await desk.cases.case(seller, case) is not None:
                if request.path == f"/inbox/{case}":
                    return await self.enter_as(seller, desk)
                return Visit(desk=desk, agent=await self._owner_of(seller, desk), token="")
        return known

    async def enter_as(self, seller: str, desk: Desk) -> Visit | None:
        """Open the inbox of a seller; None when there is no such seller."""
        if seller not in desk.names:
            return None
        owner, now = await self._owner_of(seller, desk), desk.now()
        return await self.enter(await desk.agents.link(owner.id, at=now, expires=now + LINK_LASTS), desk)

    async def _owner_of(self, seller: str, desk: Desk) -> Agent:
        if seller not in self._owners:
            people = await desk.agents.of_seller(seller)
            found = next((one for one in people if one.role == "owner" and not one.disabled), None)
            locale = desk.catalogue.sellers[seller].locale if seller in desk.catalogue.sellers else "en"
            self._owners[seller] = found or await desk.agents.invite(
                seller, name="Demo", role="owner", locale=locale, at=desk.now()
            )
        return self._owners[seller]


def csrf_of(visit: Visit) -> str:
    """Make the mark of this session's forms: nobody without the session's token can."""
    return hashlib.sha256(f"form {visit.token}".encode()).hexdigest()[:40]


def is_ours(visit: Visit, form: Mapping[str, object]) -> bool:
    """Tell whether a form bears the mark of a page that we gave to this very visitor."""
    given = str(form.get("csrf", "")).encode(errors="replace")
    return bool(visit.token) and hmac.compare_digest(given, csrf_of(visit).encode())


def from_here(request: web.Request, desk: Desk) -> bool:
    """Tell whether a page of ours made the request, as far as the browser says; every current one does."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    try:
        own = {request.host, urlsplit(desk.public).netloc}
        return origin is None or urlsplit(origin).netloc in own - {""}
    except ValueError:
        return False
