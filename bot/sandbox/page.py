"""Serves the chat page's own files and the ways into it; the page itself lives in `static`."""

import functools
import re
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web

STATIC = Path(__file__).parent / "static"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def routes() -> list[web.RouteDef]:
    """Return the page at /, its files, and the address that stands in for t.me."""
    return [
        web.get("/", _page),
        web.get(r"/static/{name:[a-z_]+\.(?:css|js|svg)}", _static),
        web.get("/favicon.ico", _icon),
        web.get(r"/t.me/{bot:\w+}", _deep_link),
    ]


async def _page(request: web.Request) -> web.Response:
    return _file("chat.html")


async def _static(request: web.Request) -> web.Response:
    return _file(request.match_info["name"])


async def _icon(request: web.Request) -> web.Response:
    return _file("icon.svg")


async def _deep_link(request: web.Request) -> web.Response:
    query = {"bot": request.match_info["bot"], **request.query}
    raise web.HTTPFound("/?" + urlencode(query))


def _file(name: str) -> web.Response:
    place = STATIC / name
    if not place.is_file():
        raise web.HTTPNotFound
    response = web.Response(
        body=lean(name), content_type=_TYPES[place.suffix], charset="utf-8", headers=_HEADERS
    )
    response.enable_compression()
    return response


@functools.cache
def lean(name: str) -> bytes:
    """Return a file of the page as it is served: without indentation, comment lines and idle spaces."""
    text = (STATIC / name).read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines()]
    lean_text = "\n".join(line for line in lines if line and not line.startswith(("// ", "/* ")))
    if name.endswith(".css"):
        lean_text = re.sub(r"\s*([{};,])\s*", r"\1", lean_text)
        lean_text = re.sub(r":\s+", ":", lean_text).replace(";}", "}")
    return lean_text.encode()
