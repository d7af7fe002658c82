"""The list of cases: views, filters, search, a page at a time."""

import asyncio
from dataclasses import replace
from urllib.parse import urlencode

from aiohttp import web

from bot.web.inbox.desk import Visit
from bot.web.inbox.pages import page_for
from storage.seller_ports import MOST_COUNTED, VIEWS, CaseFilter, CasePage, WrongCursor

PAGE = 40
LONGEST_SEARCH = 200
LONGEST_NAME = 80


def chosen_by(request: web.Request, visit: Visit) -> CaseFilter:
    """Read the filter from the address: every view has one."""
    view = request.query.get("view", "open")
    return CaseFilter(
        view=view if view in VIEWS else "open",
        agent=visit.agent.id,
        issue=request.query.get("issue", "")[:LONGEST_NAME],
        assigned=request.query.get("assigned", "")[:LONGEST_NAME],
        text=request.query.get("q", "")[:LONGEST_SEARCH],
    )


def address(chosen: CaseFilter, **more: str) -> str:
    """Make the address of a view."""
    wanted = {
        "view": chosen.view,
        "issue": chosen.issue,
        "assigned": chosen.assigned,
        "q": chosen.text,
        **more,
    }
    return "/inbox?" + urlencode({name: value for name, value in wanted.items() if value})


async def list_page(request: web.Request, visit: Visit) -> web.Response:
    """Show the list."""
    chosen, after = chosen_by(request, visit), request.query.get("after", "")
    cases = visit.desk.cases
    try:
        found, counts, people, issues = await asyncio.gather(
            cases.page(visit.seller, chosen=chosen, after=after, limit=PAGE),
            cases.counts(visit.seller, agent=visit.agent.id),
            visit.desk.agents.of_seller(visit.seller),
            cases.issues(visit.seller),
        )
    except WrongCursor:
        raise web.HTTPFound(address(chosen)) from None
    is_narrowed = bool(chosen.issue or chosen.assigned or chosen.text)
    return page_for(
        visit,
        "list.html",
        here="list",
        chosen=chosen,
        found=found,
        counts={view: _counted(counts.get(view, 0)) for view in VIEWS},
        unread=counts.get("unread", 0),
        issues=issues,
        people=people,
        names={agent.id: agent.name for agent in people},
        views=[(view, address(replace(chosen, view=view))) for view in VIEWS],
        plain=address(CaseFilter(view=chosen.view)),
        everywhere=address(
            replace(chosen, view="all") if is_narrowed and chosen.view != "all" else CaseFilter(view="all")
        ),
        older=address(chosen, after=found.next) if found.next else "",
        newest=address(chosen) if after else "",
        is_narrowed=is_narrowed,
        covers=_covers(found),
    )


def _counted(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def _covers(found: CasePage) -> dict[str, str]:
    return {row.case: f"/inbox/{row.case}/cover" for row in found.rows if row.cover}
