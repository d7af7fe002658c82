"""The demo's first page: every seller's newest cases, each a press away; shown by the demo alone."""

from aiohttp import web

from bot.web.inbox.desk import Desk
from bot.web.inbox.pages import exact, page
from bot.web.inbox.words import age, said_in
from storage.seller_ports import CaseFilter

MOST = 6


async def demo_page(desk: Desk, *, locale: str) -> web.Response:
    """Show whose inboxes there are."""
    said, now = said_in(locale), desk.now()
    everything = CaseFilter(view="all")
    sellers = [
        (seller, name, (await desk.cases.page(seller, chosen=everything, limit=MOST)).rows)
        for seller, name in desk.names.items()
    ]
    return page(
        "demo.html",
        locale=locale,
        sellers=sellers,
        is_empty=not any(rows for _, _, rows in sellers),
        age=lambda when: age(when, now=now, said=said),
        left=lambda _until: "",
        exact=exact,
        now=now,
        names={},
        covers={row.case: f"/inbox/{row.case}/cover" for _, _, rows in sellers for row in rows if row.cover},
    )
