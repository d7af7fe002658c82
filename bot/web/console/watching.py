"""The overview, and what could not be done with another chance for it."""

from collections.abc import Mapping

from aiohttp import web

from bot.app.dead_letters import lying, revive
from bot.web.console.desk import ConsoleDesk
from bot.web.console.pages import page
from bot.web.inbox.desk import Visit

MOST = 200


async def overview_page(_request: web.Request, visit: Visit, desk: ConsoleDesk) -> web.Response:
    """Show how things stand."""
    now, (judged, retaken) = desk.people.now(), desk.photos()
    return page(
        visit,
        "overview.html",
        here="overview",
        figures=await desk.overviews.overview(now=now),
        dead=len(await lying(desk.outbox, desk.asides, limit=MOST)),
        most=MOST,
        pending=await desk.outbox.pending(),
        judged=judged,
        retaken=retaken,
        now=now,
    )


async def dead_page(
    _request: web.Request, visit: Visit, desk: ConsoleDesk, *, said: str = ""
) -> web.Response:
    """List what could not be done."""
    letters = await lying(desk.outbox, desk.asides, limit=MOST)
    return page(visit, "dead.html", here="dead", letters=letters, said=said, most=MOST)


async def retry(
    request: web.Request, visit: Visit, desk: ConsoleDesk, form: Mapping[str, str]
) -> web.Response:
    """Give one of them another chance."""
    revived = await revive(desk.outbox, desk.asides, form.get("id", "")[:200])
    said = (
        "It is tried again now. If it fails once more, it comes back to this list."
        if revived
        else "This one is not on the list any more."
    )
    return await dead_page(request, visit, desk, said=said)
