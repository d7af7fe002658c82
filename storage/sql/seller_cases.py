"""A seller's cases in SQL: pages by key, counts that end, one case, figures; every query begins with the desk."""

import asyncio
import binascii
import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, false, func, literal, select, text, tuple_

from flows.conversation import Conversation
from storage.codec import decode
from storage.figures import Course, Figures
from storage.folding import words_of
from storage.seller_ports import (
    MOST_COUNTED,
    VIEWS,
    CaseFilter,
    CasePage,
    CaseRow,
    Issue,
    Statistics,
    View,
    WrongCursor,
)
from storage.sql.database import Database
from storage.sql.desk import case_row
from storage.sql.group import CONVERSATIONS
from storage.sql.times import aware

C = CONVERSATIONS.c
NOBODYS = "-"
MOST_ROWS = 200
CHUNK = 500
NEWEST = 50
"""Cases whose changes make another pulse."""
MOST_ISSUES = 200
SEARCHED = 10_000
"""Cases that one page of a search looks at: it takes the same time in an archive of any size."""
LISTED = (
    C.id, C.phase, C.turn, C.issue, C.issue_title, C.item, C.customer_name, C.order_number, C.summary, C.sent_photos,
    C.sent_bundles, C.cover, C.unread, C.assigned, C.delivered, C.answered, C.promised, C.answer_by, C.settled,
    C.settled_with, C.created, C.moved,
)  # fmt: skip
COURSE = (
    C.id, C.issue, C.issue_title, C.item, C.created, C.delivered, C.answered, C.promised, C.settled, C.settled_with
)  # fmt: skip

VIEW: Mapping[View, Callable[[str], Sequence[ColumnElement[bool]]]] = {
    "open": lambda _agent: [~C.closed],
    "unread": lambda _agent: [text("unread")],  # type: ignore[list-item]  # in the very words of its index
    "mine": lambda agent: [C.assigned == agent, ~C.closed] if agent else [false()],
    "settled": lambda _agent: [C.closed],
    "all": lambda _agent: [],
}


class SqlSellerCases:
    """See storage.seller_ports.SellerCases."""

    def __init__(self, database: Database, *, searched: int = SEARCHED) -> None:
        self._database = database
        self._searched = searched

    async def page(self, seller: str, *, chosen: CaseFilter, after: str = "", limit: int = 50) -> CasePage:
        """List cases after a key, newest first; a search goes through so many of them at a time."""
        limit = max(1, min(limit, MOST_ROWS))
        conditions = self._conditions(seller, chosen)
        if after:
            conditions.append(tuple_(C.moved, C.id) < tuple_(*_key_of(after)))
        words = self._found_in(chosen.text)
        found, onward = await self._database.read(
            lambda c: _page(c, conditions, words, limit=limit, searched=self._searched),
            seller=_bindable(seller),
        )
        rows = tuple(case_row(row) for row in found)
        return CasePage(rows=rows, next=_cursor(onward.moved, onward.id) if onward is not None else "")

    def _found_in(self, wanted: str) -> list[ColumnElement[bool]]:
        position = func.instr if self._database.name == "sqlite" else func.strpos  # neither knows wildcards
        return [position(C.search, word) > 0 for word in words_of(wanted)]

    def _conditions(self, seller: str, chosen: CaseFilter) -> list[ColumnElement[bool]]:
        conditions = [C.desk == _bindable(seller), *VIEW[chosen.view](_bindable(chosen.agent))]
        if chosen.issue:
            conditions.append(C.issue == _bindable(chosen.issue))
        if chosen.assigned:
            conditions.append(
                C.assigned == ("" if chosen.assigned == NOBODYS else _bindable(chosen.assigned))
            )
        return conditions

    async def counts(self, seller: str, *, agent: str) -> Mapping[View, int]:
        """Count each view, as far as counting goes."""
        counted = [_counted(seller, view, agent).label(view) for view in VIEWS]
        row = await self._database.read(lambda c: c.execute(select(*counted)).one(), seller=_bindable(seller))
        return {view: getattr(row, view) for view in VIEWS}

    async def case(self, seller: str, code: str) -> Conversation | None:
        """Open one case of this desk."""
        if not re.fullmatch(r"[A-Za-z0-9]{1,40}", code):
            return None
        query = select(C.body).where(C.id == code, C.desk == _bindable(seller))
        row = await self._database.read(lambda c: c.execute(query).first(), seller=_bindable(seller))
        return decode(row.body, expected=Conversation) if row is not None else None

    async def issues(self, seller: str) -> Sequence[Issue]:
        """Step from issue to issue on their index: few steps, however many cases."""
        name = _bindable(seller)
        found = await self._database.read(lambda c: _issues(c, name), seller=name)
        return sorted(found, key=lambda issue: (issue.title.casefold(), issue.name))

    async def pulse(self, seller: str) -> str:
        """Hash the revisions of the cases that something was noted about last."""
        query = (
            select(C.id, C.revision).where(C.desk == _bindable(seller)).order_by(C.noted.desc()).limit(NEWEST)
        )
        rows = await self._database.read(lambda c: c.execute(query).all(), seller=_bindable(seller))
        known = ",".join(sorted(f"{row.id}.{row.revision}" for row in rows))
        return hashlib.blake2b(known.encode(), digest_size=12).hexdigest()

    async def statistics(self, seller: str, *, since: datetime, until: datetime, now: datetime) -> Statistics:
        """Gather the figures a chunk at a time, so that nothing else waits for them."""
        figures = Figures(now=now)
        async for rows in self._chunks(seller, COURSE, since=since, until=until):
            for row in rows:
                figures.add(_course(row))
        return figures.result()

    async def export(self, seller: str, *, since: datetime, until: datetime) -> AsyncIterator[CaseRow]:
        """Yield the cases oldest first; no transaction is open between two chunks."""
        async for rows in self._chunks(seller, LISTED, since=since, until=until):
            for row in rows:
                yield case_row(row)

    async def _chunks(
        self, seller: str, columns: Sequence[ColumnElement[Any]], *, since: datetime, until: datetime
    ) -> AsyncIterator[Sequence[Any]]:
        base = select(*columns).where(
            C.desk == _bindable(seller), C.created >= aware(since), C.created < aware(until)
        )
        query = base = base.order_by(C.created, C.id).limit(CHUNK)
        while rows := await self._database.read(
            lambda c, query=query: c.execute(query).all(),  # type: ignore[misc]
            seller=_bindable(seller),
        ):
            yield rows
            if len(rows) < CHUNK:
                return
            last = rows[-1]
            query = base.where(tuple_(C.created, C.id) > tuple_(aware(last.created), last.id))
            await asyncio.sleep(0)


def _page(
    connection: Connection,
    conditions: Sequence[ColumnElement[bool]],
    words: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    searched: int,
) -> tuple[Sequence[Any], Any]:
    """Fetch a page, and the row after which the next one begins; None ends the list."""
    order = (C.moved.desc(), C.id.desc())
    query, ends = select(*LISTED).where(*conditions, *words), None
    if words:
        keys = select(C.moved, C.id).where(*conditions).order_by(*order)
        ends = connection.execute(keys.offset(searched - 1).limit(1)).first()
        if ends is not None:
            query = query.where(tuple_(C.moved, C.id) >= tuple_(aware(ends.moved), ends.id))
    found = connection.execute(query.order_by(*order).limit(limit + 1)).all()
    return found[:limit], found[limit - 1] if len(found) > limit else ends


def _counted(seller: str, view: View, agent: str) -> Any:
    if view == "mine" and not agent:
        return literal(0)
    some: Select[Any] = select(text("1")).select_from(CONVERSATIONS).where(C.desk == _bindable(seller))
    some = some.where(*VIEW[view](_bindable(agent)))
    some = some.order_by(C.moved.desc(), C.id.desc()).limit(
        MOST_COUNTED + 1
    )  # leads SQLite to the view's index
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def _issues(connection: Connection, seller: str) -> list[Issue]:
    base = select(C.issue, C.issue_title).where(C.desk == seller)
    base = base.order_by(C.issue.desc(), C.moved.desc(), C.id.desc()).limit(1)
    found: list[Issue] = []
    row = connection.execute(base).first()
    while row is not None and len(found) < MOST_ISSUES:
        found.append(Issue(name=row.issue, title=row.issue_title or row.issue))
        row = connection.execute(base.where(C.issue < row.issue)).first()
    return found


def _course(row: Any) -> Course:
    times = {
        name: aware(time) if (time := getattr(row, name)) is not None else None
        for name in ("delivered", "answered", "promised", "settled")
    }
    return Course(
        issue=row.issue, issue_title=row.issue_title, item=row.item, created=aware(row.created),
        settled_with=row.settled_with, **times,
    )  # fmt: skip


def _bindable(name: str) -> str:
    """Make of any text one that both engines take as a value; names that were stored come through unchanged."""
    return name.replace("\0", "").encode(errors="replace").decode()[:400]


def _cursor(moved: datetime, case: str) -> str:
    return urlsafe_b64encode(json.dumps([aware(moved).isoformat(), case]).encode()).decode().rstrip("=")


def _key_of(cursor: str) -> tuple[datetime, str]:
    try:
        moved, case = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        if not isinstance(case, str):
            raise WrongCursor
        return aware(datetime.fromisoformat(moved)), _bindable(case)
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        raise WrongCursor from None
