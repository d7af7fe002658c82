"""A bot that ends itself once at a named point, and is started again as its keeper finds it dead."""

import asyncio
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.journeys.running_bot import RunningBot


@dataclass
class KeptBot(RunningBot):
    """`doom` is `kind:side:number` (see `tests.chaos.doomed`); `deaths` counts how often it was found killed."""

    doom: str = ""
    deaths: int = 0
    _keeper: asyncio.Task[None] | None = field(default=None, repr=False)
    _stopping: bool = field(default=False, repr=False)

    @property
    def points(self) -> Path:
        """Where the process notes what it passes."""
        return self.folder / "points.log"

    async def start(self) -> None:
        """Start it, and keep it running."""
        doomed = {"CHAOS_LOG": str(self.points)} | ({"CHAOS_KILL": self.doom} if self.doom else {})
        with (self.folder / "bot.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.chaos.doomed", "run",
                env={**self.environment, **doomed}, stdout=log, stderr=log,
            )  # fmt: skip
        self._keeper = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while self.process is not None and await self.process.wait() == -signal.SIGKILL:
            self.deaths += 1
            if self._stopping:
                return
            await super().start()

    async def stop(self) -> None:
        """Let it end by itself, and keep it no longer; its last commit may be its doom, or its keeper be starting it."""
        self._stopping = True
        while self._keeper is not None and not self._keeper.done():
            await super().stop()
            await asyncio.wait([self._keeper], timeout=0.1)
