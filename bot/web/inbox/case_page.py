"""One case: its photos, its message, what happened, and what can be done."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from aiohttp import web

from bot.app.attachments import MOST_BYTES, MOST_FILES
from bot.seller_words import LONGEST
from bot.web.inbox.desk import Visit
from bot.web.inbox.pages import missing, page_for
from bot.web.inbox.photographs import DeliveredBundle, bundles_of, photos_of
from bot.web.inbox.words import said_in
from flows.conversation import Conversation, Entry
from flows.definition import Shot
from flows.standing import is_unread, standing_of
from flows.values import Attachment
from storage.ports import StorageFailure
from storage.seller_ports import Canned, CaseFilter

DONE = {"answer", "photo", "settled", "reopened", "assigned", "remark"}
PLACES = re.compile(r"\{(?:name|item|order|me)\}")
"""What a prepared answer leaves open."""


async def case_page(request: web.Request, visit: Visit) -> web.Response:
    """Show a case; looking at it is noted."""
    case = await visit.desk.cases.case(visit.seller, request.match_info["case"])
    if case is None:
        return missing(visit.agent.locale)
    if is_unread(case.timeline) and "X-Part" not in request.headers:
        await _saw(visit, case)
    done = request.query.get("done", "")
    return await shown(visit, case, done=done if done in DONE else "")


async def _saw(visit: Visit, case: Conversation) -> None:
    try:
        await visit.desk.actions(visit.seller).saw(case.id, author=visit.agent.name)
    except StorageFailure:
        return  # the case can be read all the same


async def shown(
    visit: Visit, case: Conversation, *, done: str = "", wrong: str = "", **typed: str
) -> web.Response:
    """Render a case; `typed` is put back into the forms when something was wrong with it."""
    bundles = await bundles_of(case, visit.seller, visit.desk.blobs)
    people = await visit.desk.agents.of_seller(visit.seller)
    names = {agent.id: agent.name for agent in people}
    customer = _customer(visit, case)
    return page_for(
        visit,
        "case.html",
        here="case",
        status=422 if wrong else 200,
        case=case,
        standing=standing_of(case),
        bundles=bundles,
        photos=photos_of(bundles),
        customer=customer,
        lines=[line_of(visit, case, entry, names=names) for entry in reversed(case.timeline)],
        shots=_shots(visit, case),
        people=[agent for agent in people if not agent.disabled],
        names=names,
        canned=_canned(await visit.desk.agents.canned(visit.seller), case, visit),
        onward=await _next_unread(visit, case),
        most=LONGEST,
        files=(MOST_FILES, MOST_BYTES),
        done=done,
        wrong=wrong,
        typed=typed,
        title=title_of(case, bundles),
    )


async def _next_unread(visit: Visit, case: Conversation) -> str:
    """Find the newest other case that nobody has read: where a seller goes from here."""
    unread = await visit.desk.cases.page(visit.seller, chosen=CaseFilter(view="unread"), limit=2)
    return next((row.case for row in unread.rows if row.case != case.id), "")


def _customer(visit: Visit, case: Conversation) -> str:
    return case.customer_name.partition(" ")[0] or said_in(visit.agent.locale)("list.customer")


def title_of(case: Conversation, bundles: Sequence[DeliveredBundle]) -> str:
    """Name a case by its item, else by its issue."""
    named = case.item.title if case.item is not None else ""
    return (
        named or next((bundle.text("issue_title") for bundle in bundles), "") or case.issue_title or case.id
    )


def _canned(prepared: Sequence[Canned], case: Conversation, visit: Visit) -> list[Canned]:
    """Offer the answers in the customer's language first, with what they leave open filled in."""
    known = {
        "{name}": case.customer_name.partition(" ")[0], "{item}": case.item.title if case.item else "",
        "{order}": case.order.number if case.order else "", "{me}": visit.agent.name,
    }  # fmt: skip
    offered = [one for one in prepared if one.locale in {"", case.locale, visit.agent.locale}]
    return [
        replace(one, text=_filled(one.text, known))
        for one in sorted(offered, key=lambda one: one.locale not in {"", case.locale})
    ]


def _filled(text: str, known: Mapping[str, str]) -> str:
    """Put in what is known, in one pass: what a customer is called is never a place to fill."""
    return PLACES.sub(lambda found: known[found[0]], text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the timeline, in the reader's words."""

    at: datetime
    kind: str
    head: str
    words: str
    files: tuple[Attachment, ...] = ()


def line_of(
    visit: Visit, case: Conversation, entry: Entry, *, names: Mapping[str, str] = MappingProxyType({})
) -> Line:
    """Say what happened; `names` are the seller's people by id."""
    kind: str = entry.kind
    if kind == "assigned":
        given = names.get(entry.text, entry.text)
        kind = "unassigned" if not entry.text else "taken" if given == entry.author else kind
    said = said_in(visit.agent.locale)
    author = entry.author or said("line.somebody")
    head = said(
        f"line.{kind}", name=_customer(visit, case), number=entry.number, author=author,
        agent=names.get(entry.text, entry.text),
    )  # fmt: skip
    words = entry.text if entry.kind in {"note", "answer", "request", "settled", "remark"} else ""
    return Line(at=entry.at, kind=entry.kind, head=head, words=words, files=entry.files)


def _shots(visit: Visit, case: Conversation) -> list[tuple[str, str]]:
    """List the shots of the issue's flow, (label, title) in the seller's language."""
    try:
        flow = visit.desk.catalogue.flow(case.origin_ref or case.flow)
    except KeyError:
        return []
    found: list[tuple[str, str]] = []
    for step in flow.steps.values():
        found += [(shot.label, _shot_title(shot, visit.agent.locale)) for shot in step.shots or ()]
    return found


def _shot_title(shot: Shot, locale: str) -> str:
    text = shot.title or shot.say
    return str(text.get(locale) or next(iter(text.values()), shot.label)).replace("**", "")
