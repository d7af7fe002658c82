"""The bytes of a case: photos, small ones, manifests, all photos as a ZIP."""

import asyncio

from aiohttp import web

from bot.web.inbox.desk import Visit
from bot.web.inbox.pages import HEADERS, missing, words_alone
from bot.web.inbox.photographs import PICTURES, DeliveredPhoto, bundles_of, photos_of
from bot.web.inbox.thumbnails import Thumbnails
from bot.zipped import zipped

FILE_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "private, max-age=86400, immutable",
    "Vary": "Cookie",
}
MOST_ZIPPED = 200 * 1024 * 1024
"""Bytes of photos that are put into one ZIP in memory."""


class Downloads:
    """Serves what was delivered of one seller's case."""

    def __init__(self) -> None:
        self._thumbnails = Thumbnails()

    async def photo(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Serve one photo; `?small` a small version."""
        case = await visit.desk.cases.case(visit.seller, request.match_info["case"])
        number, name = int(request.match_info["bundle"]), request.match_info["file"]
        bundles = await bundles_of(case, visit.seller, visit.desk.blobs) if case is not None else ()
        found = next((one for one in photos_of(bundles) if (one.bundle, one.name) == (number, name)), None)
        if found is None:
            return missing(visit.agent.locale)
        return await self._served(visit, found, small="small" in request.query)

    async def cover(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Serve the small version of a case's first picture."""
        case = await visit.desk.cases.case(visit.seller, request.match_info["case"])
        bundles = await bundles_of(case, visit.seller, visit.desk.blobs) if case is not None else ()
        found = next((photo for photo in photos_of(bundles) if photo.is_picture), None)
        if found is None:
            return missing(visit.agent.locale)
        return await self._served(visit, found, small=True)

    async def _served(self, visit: Visit, photo: DeliveredPhoto, *, small: bool) -> web.StreamResponse:
        blobs = visit.desk.blobs
        try:
            if small and photo.is_picture:
                content, mime = await self._thumbnails.of(photo.key, blobs), "image/jpeg"
            else:
                content, mime = await blobs.get(photo.key), photo.mime
        except (KeyError, OSError):
            return missing(visit.agent.locale)
        return _sent(content, name=photo.name, mime=mime)

    async def given(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Serve a file that somebody at the seller's gave with an answer."""
        case = await visit.desk.cases.case(visit.seller, request.match_info["case"])
        key = f"{request.match_info['case']}/{request.match_info['sha']}"
        files = [file for line in case.timeline for file in line.files] if case is not None else []
        found = next((file for file in files if file.key == key), None)
        if found is None:
            return missing(visit.agent.locale)
        try:
            content = await visit.desk.blobs.get(found.key)
        except KeyError:
            return missing(visit.agent.locale)
        return _sent(content, name=found.name, mime=found.mime)

    async def manifest(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Serve a bundle's manifest."""
        case = await visit.desk.cases.case(visit.seller, request.match_info["case"])
        number = int(request.match_info["bundle"])
        bundles = await bundles_of(case, visit.seller, visit.desk.blobs) if case is not None else ()
        found = next((one for one in bundles if one.number == number and one.manifest), None)
        if found is None:
            return missing(visit.agent.locale)
        content = await visit.desk.blobs.get(found.manifest_key)
        return web.Response(body=content, content_type="application/json", headers=FILE_HEADERS)

    async def archive(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Serve every photo and manifest of a case as a ZIP."""
        case = await visit.desk.cases.case(visit.seller, request.match_info["case"])
        if case is None:
            return missing(visit.agent.locale)
        blobs, files, size = visit.desk.blobs, [], 0
        for bundle in await bundles_of(case, visit.seller, blobs):
            folder = f"{case.id}/" if bundle.number == 1 else f"{case.id}/{bundle.number}/"
            wanted = [(photo.name, photo.key) for photo in bundle.photos]
            for name, key in [("manifest.json", bundle.manifest_key), *wanted]:
                try:
                    content = await blobs.get(key)
                except KeyError:
                    continue
                size += len(content)
                if size > MOST_ZIPPED:
                    return words_alone(413, "wrong.many_photos", locale=visit.agent.locale)
                files.append((folder + _safe(name), content))
        body = await asyncio.to_thread(zipped, files)
        named = {"Content-Disposition": f'attachment; filename="{case.id}.zip"', "Cache-Control": "no-store"}
        return web.Response(body=body, content_type="application/zip", headers={**FILE_HEADERS, **named})


def _sent(content: bytes, *, name: str, mime: str) -> web.Response:
    """Show a picture, and have everything else saved; of a type that no browser runs."""
    is_picture = mime in PICTURES
    kind = mime if is_picture or mime == "application/pdf" else "application/octet-stream"
    named = {"Content-Disposition": f'{"inline" if is_picture else "attachment"}; filename="{_safe(name)}"'}
    return web.Response(body=content, content_type=kind, headers={**FILE_HEADERS, **named})


def _safe(name: str) -> str:
    """Names of files are ours (bot.manifest); what a stored manifest says is not trusted all the same."""
    return (
        "".join(sign for sign in name if sign.isascii() and (sign.isalnum() or sign in "._-"))[:100] or "file"
    )
