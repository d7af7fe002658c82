"""A seller's figures: counts, times and shares, a chart that is a table too, and all cases as CSV."""

import csv
import io
import logging
import re
from datetime import UTC, date, datetime, time, timedelta

from aiohttp import web

from bot.web.inbox.desk import Visit
from bot.web.inbox.pages import HEADERS, page_for
from storage.ports import StorageFailure
from storage.seller_ports import CaseRow, Week

logger = logging.getLogger(__name__)

DEFAULT = timedelta(days=84)
COLUMNS = (
    "case", "created", "issue", "item", "customer", "order", "photos", "bundles", "delivered", "answered", "answer_due",
    "settled", "settled_with", "phase",
)  # fmt: skip
FORMULA = re.compile(
    r"(^|[,;\t\"'|])(?=[\s\u00a0\ufeff\u200b-\u200f\u2060]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\t\r\n])"
)
"""Where spreadsheets take what follows for a formula (OWASP, CSV injection): a cell's beginning, also behind blanks and in
full-width signs, and behind what another country's spreadsheet parts cells at."""
SEPARATORS = {"en": ",", "de": ";", "es": ";"}
"""What the spreadsheets of a language part cells at; a decimal comma leaves them the semicolon."""


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
    parted = SEPARATORS.get(visit.agent.locale, ",")
    response = web.StreamResponse(headers={**HEADERS, **named, "Content-Type": "text/csv; charset=utf-8"})
    await response.prepare(request)
    await response.write(
        "\ufeff".encode() + line(COLUMNS, parted)
    )  # the mark tells spreadsheets that it is UTF-8
    try:
        async for row in visit.desk.cases.export(visit.seller, since=_at(since), until=_at(until, end=True)):
            await response.write(line(_cells(row), parted))
    except StorageFailure:
        logger.warning("an export ended early")
        if request.transport is not None:
            request.transport.abort()  # half a file must not look whole
    return response


def _cells(row: CaseRow) -> tuple[str, ...]:
    times = [moment.isoformat(timespec="seconds") if moment else "" for moment in
             (row.created, row.delivered, row.answered, row.promised, row.settled)]  # fmt: skip
    created, delivered, answered, promised, settled = times
    return (
        row.case, created, row.issue_title or row.issue, row.item, row.customer_name, row.order_number,
        str(row.photos), str(row.bundles), delivered, answered, promised, settled, str(row.settled_with or ""), row.phase,
    )  # fmt: skip


def line(cells: tuple[str, ...], parted: str = ",") -> bytes:
    """Write one line; no cell is a formula to any spreadsheet."""
    made = io.StringIO()
    writer = csv.writer(made, delimiter=parted, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([inert(cell) for cell in cells])
    return made.getvalue().encode("utf-8", "replace")


def inert(cell: str) -> str:
    """Put an apostrophe before whatever a spreadsheet would run; a cell is one line."""
    return FORMULA.sub(r"\1'", " ".join(cell.splitlines()).replace("\0", "")) if cell else ""
