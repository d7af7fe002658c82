"""Bots on one database: each is started again at once whenever it is killed; they can be stopped and let go on."""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field

import aiohttp

from tests.journeys.running_bot import RunningBot
from tests.mail_server import free_port

STOPS_WITHIN = 60.0
"""Seconds, on a machine that is busy with other things."""


@dataclass
class Replica:
    """One bot; `births` counts how often it was started."""

    port: int = field(default_factory=free_port)
    births: int = 0
    pid: int = 0

    @property
    def deaths(self) -> int:
        """How often it was killed."""
        return max(0, self.births - 1)

    def signal(self, number: int) -> None:
        """Send it a signal, if it lives."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def is_well(self) -> bool:
        """Whether it answers for its health."""
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
                session.get(f"http://127.0.0.1:{self.port}/health") as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


@dataclass
class Pack(RunningBot):
    """Several replicas with the same settings, kept by a nursery (see there)."""

    replicas: list[Replica] = field(default_factory=lambda: [Replica()])
    nursery: str = "tests.chaos.nursery"
    _reader: asyncio.Task[None] | None = field(default=None, repr=False)

    async def start(self) -> None:
        ports = [str(one.port) for one in self.replicas]
        with (self.folder / "bot.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.nursery, *ports,
                env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self._reader = asyncio.create_task(self._read(self.process))

    async def _read(self, nursery: asyncio.subprocess.Process) -> None:
        """Learn of every birth."""
        assert nursery.stdout is not None
        by_port = {one.port: one for one in self.replicas}
        async for line in nursery.stdout:
            words = line.split()
            if len(words) == 2 and words[0].isdigit() and words[1].isdigit():
                replica = by_port[int(words[0])]
                replica.pid = int(words[1])
                replica.births += 1

    async def until_well(self, replica: Replica, *, within: float = 300.0) -> None:
        """Wait until it is well; tells of its log when it is not."""
        try:
            async with asyncio.timeout(within):
                while not await replica.is_well():  # noqa: ASYNC110 - another process gets well
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise TimeoutError(f"not well within {within} s: {self.log[-500:]}") from None

    @property
    def deaths(self) -> int:
        """How often any of them was killed."""
        return sum(one.deaths for one in self.replicas)

    async def stop(self) -> None:
        for replica in self.replicas:
            replica.signal(signal.SIGCONT)
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), STOPS_WITHIN)
            except TimeoutError:
                for replica in self.replicas:
                    replica.signal(signal.SIGKILL)
                await self.process.wait()
        if self._reader is not None:
            await self._reader
