"""The endpoint that Telegram calls; refuses what is not Telegram's, and answers 200 after the commit, never before.

The 200 carries what is to be called at once (bot.telegram.courtesies); Telegram tells nobody what came of it.
"""

import hmac
import logging

from aiohttp import web

from bot.telegram.decoding import NotJson, decode
from bot.telegram.seller_chat import TakesUpdates
from storage.ports import StorageFailure

logger = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not a secret
BODY_LIMIT = 1024 * 1024
AT_ONCE = 1000
"""Updates that may wait for their commit; beyond it Telegram is asked to come again (503)."""
CHUNK = 64 * 1024


class Webhook:
    """One endpoint; `secret` is what setWebhook was given, 1-256 characters."""

    def __init__(self, intake: TakesUpdates, *, secret: str, at_once: int = AT_ONCE) -> None:
        if not secret:
            raise ValueError("a webhook without a secret would take anybody's updates")
        self._intake = intake
        self._secret = secret.encode()
        self._at_once = at_once
        self._under_way = 0

    def routes(self, path: str) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.post(path, self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """Answer 200 once committed; 401, 413, 415, 400 for what is not Telegram's, 500 and 503 for "come again"."""
        if not self._is_genuine(request):
            return web.Response(status=401)
        if request.content_type != "application/json":
            return web.Response(status=415)
        if self._under_way >= self._at_once:
            return web.Response(status=503)
        self._under_way += 1
        try:
            return await self._take(request)
        finally:
            self._under_way -= 1

    def _is_genuine(self, request: web.Request) -> bool:
        given = request.headers.getall(SECRET_HEADER, [])
        if len(given) != 1:
            return False
        return hmac.compare_digest(given[0].encode("utf-8", "surrogateescape"), self._secret)

    async def _take(self, request: web.Request) -> web.Response:
        body = await _body(request)
        if body is None:
            return web.Response(status=413)
        try:
            update = decode(body)
        except NotJson:
            return web.Response(status=400)
        if not isinstance(update, dict):
            return web.Response(status=400)
        try:
            courtesy = await self._intake.take(update)
        except StorageFailure as failure:
            logger.warning(
                "an update was not committed, Telegram brings it again: %s", type(failure).__name__
            )
            return web.Response(status=500)
        if courtesy is None:
            return web.Response()
        return web.Response(body=courtesy.body, content_type="application/json")


async def _body(request: web.Request) -> bytes | None:
    """Read the body, counted after any decompression; None when it is too large."""
    if (request.content_length or 0) > BODY_LIMIT:
        return None
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)
