"""Renders the console's pages; the headers and the form's mark are those of the sellers' inbox."""

from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.web.inbox.desk import Visit
from bot.web.inbox.door import csrf_of
from bot.web.inbox.pages import HEADERS

_PAGES = Environment(
    loader=PackageLoader("bot.web.console"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def page(visit: Visit | None, name: str, *, status: int = 200, **values: Any) -> web.Response:
    """Render a page for an operator, or for somebody who is none yet."""
    given = {"visit": visit, "csrf": csrf_of(visit) if visit else "", "here": "", **values}
    text = _PAGES.get_template(name).render(**given)
    return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)


def words_alone(status: int, words: str, *, visit: Visit | None = None) -> web.Response:
    """Say one thing on a page of its own."""
    return page(visit, "words.html", status=status, words=words)
