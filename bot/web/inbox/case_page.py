"""One case: its photos, its message, what happened, and what can be done."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from bot.seller_words import LONGEST
from bot.web.inbox.desk import Visit
from bot.web.inbox.pages import missing, page_for
from bot.web.inbox.photographs import DeliveredBundle, bundles_of, photos_of
from bot.web.inbox.words import said_in
from flows.conversation import Conversation
from flows.definition import Shot
from flows.standing import is_unread, standing_of
from storage.ports import StorageFailure

DONE = {"answer", "photo", "settled", "assigned", "remark"}


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
    customer = case.customer_name.partition(" ")[0] or said_in(visit.agent.locale)("list.customer")
    return page_for(
        visit,
        "case.html",
        status=422 if wrong else 200,
        case=case,
        standing=standing_of(case),
        bundles=bundles,
        photos=photos_of(bundles),
        customer=customer,
        lines=[
            _line(visit, case, entry, names=names, customer=customer) for entry in reversed(case.timeline)
        ],
        shots=_shots(visit, case),
        people=[agent for agent in people if not agent.disabled],
        names=names,
        canned=[
            one
            for one in await visit.desk.agents.canned(visit.seller)
            if one.locale in {"", visit.agent.locale}
        ],
        most=LONGEST,
        done=done,
        wrong=wrong,
        typed=typed,
        title=_title(case, bundles),
    )


def _title(case: Conversation, bundles: Sequence[DeliveredBundle]) -> str:
    named = case.item.title if case.item is not None else ""
    return (
        named or next((bundle.text("issue_title") for bundle in bundles), "") or case.issue_title or case.id
    )


def _line(
    visit: Visit, case: Conversation, entry: Any, *, names: dict[str, str], customer: str
) -> dict[str, Any]:
    said = said_in(visit.agent.locale)
    kind = "unassigned" if entry.kind == "assigned" and not entry.text else entry.kind
    author = entry.author or said("line.somebody")
    head = said(
        f"line.{kind}",
        name=customer,
        number=entry.number,
        author=author,
        agent=names.get(entry.text, entry.text),
    )
    words = entry.text if entry.kind in {"note", "answer", "request", "settled", "remark"} else ""
    return {"at": entry.at, "head": head, "words": words, "kind": entry.kind, "case": case.id}


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
