"""Tells open pages that something has changed, as server-sent events; the page then fetches itself again."""

import asyncio
from collections import Counter

from aiohttp import web

from bot.web.inbox.desk import Visit
from bot.web.inbox.pages import HEADERS
from storage.ports import StorageFailure

EVERY = 1.0  # seconds between two looks
STILL_HERE = 15  # looks between two signs of life, which also find out who has gone
STILL_ALLOWED = 60  # looks after which the session is asked for again
MOST, MOST_EACH = 200, 8
"""Open pages of all people, and of one."""
HEAD = {**HEADERS, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}


class Live:
    """Holds the open connections."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._closing = asyncio.Event()

    async def aclose(self) -> None:
        """Let every page go; it comes back when somebody is there again."""
        self._closing.set()

    async def stream(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Tell of changes until the page is left."""
        agent = visit.agent.id
        if self._open.total() >= MOST or self._open[agent] >= MOST_EACH:
            return web.Response(status=503, headers={**HEADERS, "Retry-After": "30"})
        response = web.StreamResponse(headers=HEAD)
        self._open[agent] += 1
        try:
            await response.prepare(request)
            await self._tell(response, visit)
        except (ConnectionError, StorageFailure):
            pass  # the page has gone, or asks again
        finally:
            self._open[agent] -= 1
        return response

    async def _tell(self, response: web.StreamResponse, visit: Visit) -> None:
        desk, seen, looks = visit.desk, "", 0
        while not self._closing.is_set():
            now = await desk.cases.pulse(visit.seller)
            if now != seen:
                await response.write(f"event: {'change' if seen else 'begin'}\ndata: \n\n".encode())
                seen = now
            elif looks % STILL_HERE == 0:
                await response.write(b": still here\n\n")
            looks += 1
            if looks % STILL_ALLOWED == 0 and await desk.agents.session(visit.token, at=desk.now()) is None:
                return
            try:
                await asyncio.wait_for(self._closing.wait(), EVERY)
            except TimeoutError:
                continue
