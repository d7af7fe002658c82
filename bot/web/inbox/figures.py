"""A seller's figures: counts, times and shares, a chart that is a table too, and all cases as CSV."""

import csv
import io
from datetime import UTC, date, datetime, time, timedelta

from aiohttp import web

from bot.web.inbox.desk import Visit
from bot.web.inbox.pages import HEADERS, page_for
from storage.seller_ports import CaseRow, Week

DEFAULT = timedelta(days=84)
COLUMNS = (
    "case", "created", "issue", "item", "customer", "order", "photos", "bundles", "delivered", "answered", "answer_due",
    "settled", "settled_with", "phase",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What spreadsheets take for the beginning of a formula (OWASP, CSV injection), and what hides one."""


async def figures_page(request: web.Request, visit: Visit) -> web.Response:
    """Show the figures of a stretch of time."""
    since, until = _stretch(request, visit)
    now = visit.desk.now()
    found = await visit.desk.cases.statistics(
        visit.seller, since=_at(since), until=_at(until, end=True), now=now
    )
    return page_for(
        visit,
        "figures.html",
        here="figures",
        since=since,
        until=until,
        found=found,
        bars=bars(found.weeks),
        percent=lambda share: f"{round(share * 100)} %" if share is not None else "",
    )


def bars(weeks: tuple[Week, ...]) -> list[tuple[Week, int]]:
    """Give each week its height in percent of the highest."""
    most = max((week.cases for week in weeks), default=0)
    return [(week, round(100 * week.cases / most) if most else 0) for week in weeks]


def _stretch(request: web.Request, visit: Visit) -> tuple[date, date]:
    today = visit.desk.now().date()
    since = _day(request.query.get("since", "")) or today - DEFAULT
    until = _day(request.query.get("until", "")) or today
    return (since, until) if since <= until else (until, since)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None  # noqa: PLR2004 - years that a shop lives in


def _at(day: date, *, end: bool = False) -> datetime:
    return datetime.combine(day + timedelta(days=1) if end else day, time(0), tzinfo=UTC)


async def figures_csv(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Give every case of a stretch of time as CSV, line by line."""
    since, until = _stretch(request, visit)
    named = {"Content-Disposition": f'attachment; filename="cases-{since}-{until}.csv"'}
    response = web.StreamResponse(headers={**HEADERS, **named, "Content-Type": "text/csv; charset=utf-8"})
    await response.prepare(request)
    await response.write("\ufeff".encode() + line(COLUMNS))  # the mark tells spreadsheets that it is UTF-8
    async for row in visit.desk.cases.export(visit.seller, since=_at(since), until=_at(until, end=True)):
        await response.write(line(_cells(row)))
    return response


def _cells(row: CaseRow) -> tuple[str, ...]:
    times = [moment.isoformat(timespec="seconds") if moment else "" for moment in
             (row.created, row.delivered, row.answered, row.promised, row.settled)]  # fmt: skip
    created, delivered, answered, promised, settled = times
    return (
        row.case, created, row.issue_title or row.issue, row.item, row.customer_name, row.order_number,
        str(row.photos), str(row.bundles), delivered, answered, promised, settled, str(row.settled_with or ""), row.phase,
    )  # fmt: skip


def line(cells: tuple[str, ...]) -> bytes:
    """Write one line; no cell is a formula to any spreadsheet."""
    made = io.StringIO()
    csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([_inert(cell) for cell in cells])
    return made.getvalue().encode("utf-8", "replace")


def _inert(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run, also behind blanks that it passes over."""
    return f"'{cell}" if cell.lstrip(" \u00a0\ufeff").startswith(FORMULA) else cell
