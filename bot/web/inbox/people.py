"""Who reads an inbox, and the prepared answers: owners change both, everybody their own language and look."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.web.inbox.desk import Visit
from bot.web.inbox.door import LASTS, LINK_LASTS, LOOK, LOOKS
from bot.web.inbox.pages import HEADERS, page_for, words_alone
from bot.web.inbox.words import LOCALES
from storage.seller_ports import Canned, Role

LONGEST_NAME, LONGEST_ANSWER = 60, 2000
MOST_PEOPLE, MOST_CANNED = 200, 100
Form = Mapping[str, str]


async def settings_page(
    _request: web.Request, visit: Visit, *, link: str = "", invited: str = ""
) -> web.Response:
    """Show people and prepared answers."""
    return page_for(
        visit,
        "settings.html",
        here="settings",
        people=await visit.desk.agents.of_seller(visit.seller),
        canned=sorted(await visit.desk.agents.canned(visit.seller), key=lambda one: one.title.casefold()),
        looks=("", *LOOKS),
        locales=LOCALES,
        link=link,
        invited=invited,
        longest_name=LONGEST_NAME,
        longest_answer=LONGEST_ANSWER,
    )


def _name(form: Form) -> str:
    return " ".join(form.get("name", "").split())[:LONGEST_NAME]


async def change(request: web.Request, visit: Visit, form: Form) -> web.StreamResponse:
    """Take a form of the settings page."""
    what = request.match_info["what"]
    if what in OWNERS and not visit.is_owner:
        return words_alone(403, "wrong.forbidden", locale=visit.agent.locale)
    shown = await CHANGES[what](request, visit, form)
    if shown is not None:
        return shown
    raise web.HTTPSeeOther("/inbox/settings")


async def _invite(request: web.Request, visit: Visit, form: Form) -> web.Response | None:
    name = _name(form)
    if not name:
        return words_alone(422, "wrong.no_name", locale=visit.agent.locale, back="/inbox/settings")
    if len(await visit.desk.agents.of_seller(visit.seller)) >= MOST_PEOPLE:
        return words_alone(422, "wrong.many_people", locale=visit.agent.locale, back="/inbox/settings")
    role: Role = "owner" if form.get("role") == "owner" else "agent"
    now = visit.desk.now()
    agent = await visit.desk.agents.invite(visit.seller, name=name, role=role, locale=_locale(form), at=now)
    return await _with_link(request, visit, agent.id, name)


def _locale(form: Form) -> str:
    return form.get("locale", "") if form.get("locale") in LOCALES else "en"


async def _with_link(request: web.Request, visit: Visit, agent: str, name: str) -> web.Response:
    now = visit.desk.now()
    token = await visit.desk.agents.link(agent, at=now, expires=now + LINK_LASTS)
    base = visit.desk.public or f"{request.scheme}://{request.host}"
    return await settings_page(request, visit, link=f"{base}/inbox/enter/{token}", invited=name)


async def _link(request: web.Request, visit: Visit, form: Form) -> web.Response | None:
    people = await visit.desk.agents.of_seller(visit.seller)
    found = next((one for one in people if one.id == form.get("agent") and not one.disabled), None)
    return await _with_link(request, visit, found.id, found.name) if found is not None else None


async def _access(_request: web.Request, visit: Visit, form: Form) -> web.Response | None:
    agent, disabled = form.get("agent", ""), form.get("access") == "no"
    if agent != visit.agent.id:  # nobody locks themselves out: there is always an owner left
        await visit.desk.agents.disable(visit.seller, agent, disabled=disabled)
    return None


async def _role(_request: web.Request, visit: Visit, form: Form) -> web.Response | None:
    agent, role = form.get("agent", ""), form.get("role", "")
    if agent != visit.agent.id and role in {"owner", "agent"}:  # nor gives up being one
        await visit.desk.agents.change(visit.seller, agent, role="owner" if role == "owner" else "agent")
    return None


async def _everywhere(_request: web.Request, visit: Visit, _form: Form) -> web.Response | None:
    """End the visitor's sessions on every device, this one too: one of them was lost, or lent."""
    await visit.desk.agents.end_all(visit.seller, visit.agent.id)
    return None


async def _language(_request: web.Request, visit: Visit, form: Form) -> web.Response | None:
    await visit.desk.agents.change(visit.seller, visit.agent.id, locale=_locale(form))
    return None


async def _look(_request: web.Request, visit: Visit, form: Form) -> web.Response | None:
    response = web.Response(status=303, headers={**HEADERS, "Location": "/inbox/settings"})
    look = form.get("look", "")
    if look in LOOKS:
        lasts = int(LASTS.total_seconds()) * 12
        response.set_cookie(LOOK, look, max_age=lasts, path="/inbox", httponly=True, samesite="Lax")
    else:
        response.del_cookie(LOOK, path="/inbox")
    return response


async def _canned(_request: web.Request, visit: Visit, form: Form) -> web.Response | None:
    title, text = _name(form), form.get("text", "").replace("\r\n", "\n").strip()[:LONGEST_ANSWER]
    kept = await visit.desk.agents.canned(visit.seller)
    known, locale = form.get("canned", ""), form.get("locale", "")
    if not title or not text:
        return words_alone(422, "wrong.empty", locale=visit.agent.locale, back="/inbox/settings")
    if known not in {one.id for one in kept}:
        known = ""  # somebody has deleted it in between: what was typed is kept all the same
    if not known and len(kept) >= MOST_CANNED:
        return words_alone(422, "wrong.many_canned", locale=visit.agent.locale, back="/inbox/settings")
    tongue = locale if locale in LOCALES else ""
    await visit.desk.agents.save_canned(
        Canned(id=known, seller=visit.seller, title=title, text=text, locale=tongue)
    )
    return None


async def _forget_canned(_request: web.Request, visit: Visit, form: Form) -> web.Response | None:
    await visit.desk.agents.delete_canned(visit.seller, form.get("canned", ""))
    return None


Change = Callable[[web.Request, Visit, Form], Awaitable[web.Response | None]]
CHANGES: Mapping[str, Change] = {
    "invite": _invite, "link": _link, "access": _access, "role": _role, "canned": _canned,
    "forget-canned": _forget_canned, "everywhere": _everywhere, "language": _language, "look": _look,
}  # fmt: skip
OWNERS = frozenset({"invite", "link", "access", "role", "canned", "forget-canned"})
"""What only an owner of the inbox may change."""
