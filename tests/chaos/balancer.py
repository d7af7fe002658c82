"""One webhook address before several replicas: goes round, passes over the dead, repeats updates and loses answers at will."""

import asyncio
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

LONGEST = 30.0
"""Seconds that a replica may take; a stopped one is passed over then."""
PASSED_ON = ("Content-Type", "X-Telegram-Bot-Api-Secret-Token")
LATEST_REPEAT = 2.0
"""Seconds until a repeated update comes again."""


@dataclass
class Balancer:
    """`repeats`: share of updates that come again; half of them because their answer was lost on the way."""

    ports: list[int]
    repeats: float = 0.0
    jitter: float = (
        0.0  # seconds at most by which an update is held up: presses and photos overtake each other
    )
    seed: int = 1
    patience: float = LONGEST
    closed: bool = False  # nothing is passed on: the bot cannot be reached
    counts: Counter[str] = field(default_factory=Counter)
    address: str = ""
    _again: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._chance = random.Random(self.seed)
        self._turn = itertools.cycle(range(len(self.ports)))
        timeout = aiohttp.ClientTimeout(total=self.patience)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
        site = web.Application(client_max_size=1 << 24)
        site.add_routes([web.post("/{path:.*}", self._receive)])
        self._runner = web.AppRunner(site, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._again:
            task.cancel()
        await asyncio.gather(*self._again, return_exceptions=True)
        await self._runner.cleanup()
        await self._session.close()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.closed:
            self.counts["turned away"] += 1
            return web.Response(status=502)
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        drawn = self._chance.random()
        await asyncio.sleep(self._chance.uniform(0, self.jitter))
        status, kind, said = await self._passed(request.path, body, headers)
        self.counts[f"status {status}"] += 1
        if status == 200 and drawn < self.repeats / 2:
            self.counts["answers lost"] += 1
            return web.Response(status=502)
        if status == 200 and drawn < self.repeats:
            self.counts["repeated"] += 1
            task = asyncio.create_task(self._repeat(request.path, body, headers))
            self._again.add(task)
            task.add_done_callback(self._again.discard)
        return web.Response(status=status, body=said, content_type=kind)

    async def _passed(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """Ask one replica after the other, beginning with the next; status, type and body, 502 when none takes it."""
        first = next(self._turn)
        for step in range(len(self.ports)):
            port = self.ports[(first + step) % len(self.ports)]
            try:
                async with self._session.post(
                    f"http://127.0.0.1:{port}{path}", data=body, headers=headers
                ) as answer:
                    return answer.status, answer.content_type, await answer.read()
            except (aiohttp.ClientError, TimeoutError, OSError):
                self.counts["passed over"] += 1
        return 502, "text/plain", b""

    async def _repeat(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        await asyncio.sleep(self._chance.uniform(0, LATEST_REPEAT))
        await self._passed(path, body, headers)
