"""Renders the inbox's pages: templates with the visitor's words, headers that let nothing of others run."""

from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.web.inbox.desk import Visit
from bot.web.inbox.door import csrf_of
from bot.web.inbox.words import age, day, left, said_in, span

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_PAGES = Environment(
    loader=PackageLoader("bot.web.inbox"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True, auto_reload=False,
)  # fmt: skip


def page(name: str, *, locale: str, status: int = 200, **values: Any) -> web.Response:
    """Render a page for somebody, signed in or not."""
    said = said_in(locale)
    given = {"visit": None, "csrf": "", "here": "", "look": "", **values}
    text = _PAGES.get_template(name).render(t=said, locale=locale, **given)
    return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)


def page_for(visit: Visit, name: str, *, status: int = 200, **values: Any) -> web.Response:
    """Render a page for a visitor."""
    said, now = said_in(visit.agent.locale), visit.desk.now()
    return page(
        name,
        locale=visit.agent.locale,
        status=status,
        visit=visit,
        csrf=csrf_of(visit),
        seller_name=visit.desk.names.get(visit.seller, visit.seller),
        age=lambda when: age(when, now=now, said=said),
        left=lambda until: left(until, now=now, said=said),
        span=lambda seconds: span(int(seconds), said=said),
        day=lambda when: day(when, said=said),
        exact=visit.exact,
        look=visit.look,
        now=now,
        **values,
    )


def exact(when: datetime) -> str:
    """Say the exact time, for hovering over."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def words_alone(status: int, text_id: str, *, locale: str, back: str = "/inbox") -> web.Response:
    """Say one thing on a page of its own; `back` leads on, "" where there is no way."""
    said = said_in(locale)
    return page(
        "words.html",
        locale=locale,
        status=status,
        words=said(text_id),
        back=back,
        title=said(f"title.on{status}"),
    )


def missing(locale: str) -> web.Response:
    """There is nothing, or nothing of theirs: the two are told apart by nobody."""
    return page("missing.html", locale=locale, status=404)


def locale_of(request: web.Request) -> str:
    """Guess the language of somebody who is not signed in."""
    for part in request.headers.get("Accept-Language", "").split(","):
        tongue = part.strip().partition(";")[0].partition("-")[0].lower()
        if tongue in {"en", "de", "es"}:
            return tongue
    return "en"


def place_of(fault: Exception) -> str:
    """Say where it failed, and nothing of what it failed with: that may be a customer's."""
    frame = fault.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return (
        f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}"
        if frame is not None
        else "nowhere"
    )
