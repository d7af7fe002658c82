"""Incoming calls of sellers' inboxes: bounded, read by the inbox itself, taken before they are answered."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from aiohttp import web

from bot.app.hearing import Ears
from bot.ports import Admits, Call, Hears, HookRefused, TransientFailure

logger = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024
WITHIN = 60.0
"""Seconds in which a body has to come."""
LARGE = 100_000
"""Bytes from which a body is read beside the event loop."""
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def hook_routes(
    *, inboxes: Mapping[str, object], ears: Ears, now: Callable[[], datetime], within: float = WITHIN
) -> list[web.RouteDef]:
    """Make the route `/hooks/SELLER`; a seller without a hook is told apart from an unknown one by nobody."""
    hearing = {seller: inbox for seller, inbox in inboxes.items() if isinstance(inbox, Hears)}

    async def hook(request: web.Request) -> web.Response:
        seller = request.match_info["seller"]
        inbox = hearing.get(seller)
        if inbox is None:
            return _answer(404, "there is no hook here")
        try:
            if isinstance(inbox, Admits):
                inbox.admit(_call(request, b""))
            body = await _body(request, int(getattr(inbox, "most_hook_bytes", MOST_BYTES)), within=within)
            read = partial(inbox.hear, _call(request, body), now=now())
            heard = await asyncio.to_thread(read) if len(body) > LARGE else read()
        except HookRefused as refusal:
            logger.warning("hook of %s refused, %d: %s", seller, refusal.status, refusal.reason)
            return _answer(refusal.status, refusal.reason)
        except Exception as fault:  # noqa: BLE001 - what cannot be read is the caller's to look at, not a traceback
            logger.warning("hook of %s cannot be read: %s", seller, type(fault).__name__)
            return _answer(400, "cannot be read")
        try:
            for one in heard:
                await ears(seller)(one)
        except TransientFailure as failure:
            logger.warning("hook of %s cannot be taken now: %s", seller, failure)
            return _answer(503, "cannot be taken now; send it again")
        except Exception as fault:  # noqa: BLE001 - as above; nothing was taken for good
            logger.error("hook of %s: %s", seller, type(fault).__name__)
            return _answer(503, "cannot be taken now; send it again")
        return _answer(200, "taken")

    return [web.post("/hooks/{seller}", hook)]


async def _body(request: web.Request, most: int, *, within: float) -> bytes:
    if request.content_length is not None and request.content_length > most:
        raise HookRefused(413, f"more than {most} bytes")
    try:
        async with asyncio.timeout(within):
            return await _gathered(request, most)
    except TimeoutError:
        raise HookRefused(408, "the body did not come in time") from None


async def _gathered(request: web.Request, most: int) -> bytes:
    gathered = bytearray()
    async for piece in request.content.iter_chunked(65536):
        gathered += piece
        if len(gathered) > most:
            raise HookRefused(413, f"more than {most} bytes")
    return bytes(gathered)


def _call(request: web.Request, body: bytes) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(headers=headers, query=dict(request.query), body=body)


def _answer(status: int, said: str) -> web.Response:
    return web.json_response({"said": said}, status=status, headers=HEADERS)
