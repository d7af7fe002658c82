"""Who may enter the console: operators, by a one-time link that the command line prints."""

from datetime import datetime

from aiohttp import web

from bot.web.console.desk import OPERATORS
from bot.web.inbox.desk import Desk, Visit
from bot.web.inbox.door import LINK_LASTS, Door
from storage.seller_ports import Agents

COOKIE = "clearshot_console"


class ConsoleDoor(Door):
    """The inbox's door with a cookie of its own. In the demo whoever comes is let in: it serves this machine alone."""

    def __init__(self, *, secure: bool, demo: bool) -> None:
        super().__init__(secure=secure)
        self.cookie = f"__Host-{COOKIE}" if secure else COOKIE
        self._demo = demo

    async def visit(self, request: web.Request, desk: Desk) -> Visit | None:
        """Tell which operator it is."""
        known = await super().visit(request, desk)
        if known is not None or not self._demo or request.method != "GET":
            return known
        return await self.enter(await link_for("Demo", agents=desk.agents, now=desk.now()), desk)

    async def enter(self, token: str, desk: Desk) -> Visit | None:
        """Use a link up; a seller's link opens no console, and is used up all the same."""
        visit = await super().enter(token, desk)
        if visit is not None and visit.seller != OPERATORS:
            await desk.agents.end(visit.token)
            return None
        return visit


async def link_for(name: str, *, agents: Agents, now: datetime) -> str:
    """Make a one-time token for an operator of this name, known already or new."""
    people = await agents.of_seller(OPERATORS)
    known = next((one for one in people if one.name == name and not one.disabled), None)
    operator = known or await agents.invite(OPERATORS, name=name, role="owner", locale="en", at=now)
    return await agents.link(operator.id, at=now, expires=now + LINK_LASTS)
