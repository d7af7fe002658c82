"""The demo's inbox: a list of delivered bundles and a page for each; read-only, without script, for loopback only."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.web.bundles import DeliveredBundle, DeliveredCase, DeliveredPhoto, read_cases
from bot.web.thumbnails import Thumbnails

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
MOST_LISTED = 200


def age(when: datetime, *, now: datetime) -> str:
    """Say how long ago, as people do."""
    seconds = max(0, int((now - when).total_seconds()))
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = seconds // length
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def counted(number: int, word: str) -> str:
    """Count things: 1 photo, 2 photos."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


class InboxPages:
    """Routes of the demo's inbox over one folder of sellers' folders."""

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder
        self._thumbnails = Thumbnails()
        self._pages = Environment(
            loader=PackageLoader("bot.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._pages.filters["counted"] = counted

    def routes(self) -> list[web.RouteDef]:
        """List the routes, all below /inbox."""
        found: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
            "/inbox": self._list,
            "/inbox/style.css": self._style,
            "/inbox/{case}": self._case,
            "/inbox/{case}/{bundle:[0-9]+}/manifest.json": self._manifest,
            "/inbox/{case}/{bundle:[0-9]+}/{file}": self._photo,
        }
        return [web.get(path, handler) for path, handler in found.items()]

    async def _cases(self) -> list[DeliveredCase]:
        return list(await asyncio.to_thread(read_cases, self._folder))

    async def _find(self, request: web.Request) -> DeliveredCase:
        for case in await self._cases():
            if case.code == request.match_info["case"]:
                return case
        raise web.HTTPNotFound(text=self._page("missing.html"), content_type="text/html", headers=HEADERS)

    async def _find_bundle(self, request: web.Request) -> DeliveredBundle:
        case = await self._find(request)
        number = int(request.match_info["bundle"][:9])
        for bundle in case.bundles:
            if bundle.number == number:
                return bundle
        raise web.HTTPNotFound(text=self._page("missing.html"), content_type="text/html", headers=HEADERS)

    async def _list(self, _request: web.Request) -> web.Response:
        cases = (await self._cases())[:MOST_LISTED]
        headers = HEADERS if cases else {**HEADERS, "Refresh": "5"}
        return self._shown("list.html", cases=cases, headers=headers)

    async def _case(self, request: web.Request) -> web.Response:
        case = await self._find(request)
        photos = [(bundle, photo) for bundle in case.bundles for photo in bundle.photos]
        return self._shown("case.html", case=case, photos=photos)

    async def _style(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(Path(__file__).with_name("style.css"), headers=HEADERS)

    async def _manifest(self, request: web.Request) -> web.Response:
        bundle = await self._find_bundle(request)
        return web.json_response(bundle.manifest, headers=HEADERS)

    async def _photo(self, request: web.Request) -> web.StreamResponse:
        bundle = await self._find_bundle(request)
        name = request.match_info["file"]
        photo = next((one for one in bundle.photos if one.path.name == name), None)
        if photo is None:
            raise web.HTTPNotFound(headers=HEADERS)
        return await self._served(photo, small="small" in request.query)

    async def _served(self, photo: DeliveredPhoto, *, small: bool) -> web.StreamResponse:
        if small and photo.is_picture:
            try:
                content = await self._thumbnails.of(photo.path)
            except OSError:
                raise web.HTTPNotFound(headers=HEADERS) from None
            return web.Response(body=content, content_type="image/jpeg", headers=HEADERS)
        shown = "inline" if photo.is_picture else "attachment"
        disposition = f'{shown}; filename="{photo.path.name}"'
        return web.FileResponse(photo.path, headers={**HEADERS, "Content-Disposition": disposition})

    def _page(self, name: str, **values: object) -> str:
        now = datetime.now(UTC)
        return self._pages.get_template(name).render(
            age=lambda when: age(when, now=now), today=now.date(), day=timedelta(days=1), **values
        )

    def _shown(self, name: str, *, headers: dict[str, str] = HEADERS, **values: object) -> web.Response:
        return web.Response(text=self._page(name, **values), content_type="text/html", headers=headers)
