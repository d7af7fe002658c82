"""Serves sellers' copies to whoever holds a signed, short-lived address of one; lists nothing."""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.copy_links import CopyLinks
from storage.ports import BlobStore

TYPES = {
    "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "pdf": "application/pdf", "json": "application/json",
}  # fmt: skip
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, max-age=3600",
    "X-Robots-Tag": "noindex",
}


def copy_routes(*, blobs: BlobStore, links: CopyLinks, now: Callable[[], datetime]) -> list[web.RouteDef]:
    """Make the route; wrong, late and unknown addresses are told apart by nobody."""

    async def copy(request: web.Request) -> web.Response:
        key, name = f"{request.match_info['case']}/{request.match_info['sha256']}", request.match_info["name"]
        until, signature = request.query.get("until", ""), request.query.get("signature", "")
        if not links.allows(f"{key}/{name}", until=until, signature=signature, now=now()):
            raise web.HTTPNotFound(text="There is nothing here, or no longer.", headers=HEADERS)
        try:
            content = await blobs.get(key)
        except KeyError:
            raise web.HTTPNotFound(text="There is nothing here, or no longer.", headers=HEADERS) from None
        kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        shown = "inline" if kind.startswith("image/") else "attachment"
        disposition = {"Content-Disposition": f'{shown}; filename="{name}"'}
        return web.Response(body=content, content_type=kind, headers={**HEADERS, **disposition})

    return [web.get("/copies/{case}/{sha256}/{name}", copy)]
