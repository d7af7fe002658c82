"""Bots in processes of their own, each with its Telegram, measured by turns: the machine's moods fall on all of them."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.mail_server import free_port

TOKEN = "42:bench-token-bench-token-bench-token"
SELLERS = 'sellers:\n  acme: {name: "Acme Outdoor", locale: en}\nsupport: {name: "Support"}\n'
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A bot that can be started: `command` after the environment's `{api}` and `{port}` are known."""

    name: str
    walk: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Running:
    """A bot under its own traffic."""

    entrant: Entrant
    bot: asyncio.subprocess.Process
    traffic: asyncio.subprocess.Process

    async def part(self) -> dict[str, Any]:
        """Run the next measured part; adds the bot's processor time."""
        assert self.traffic.stdin is not None
        before = self._spent()
        self.traffic.stdin.write(b"go\n")
        result: dict[str, Any] = json.loads(await line_of(self.traffic))
        result["cpu_ms"] = (self._spent() - before) * 1000 / result["updates"]
        await line_of(self.traffic, may_end=True)  # warm for the next part
        return result

    def _spent(self) -> float:
        process = psutil.Process(self.bot.pid)
        family = [process, *process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in family)


async def line_of(process: asyncio.subprocess.Process, *, may_end: bool = False) -> str:
    """Read a line that a process says."""
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode().strip()
    if not line and not may_end:
        raise RuntimeError("a traffic process ended early; see its folder's bot.log")
    return line


@asynccontextmanager
async def started(
    entrant: Entrant,
    *,
    parts: Sequence[int],
    guests: int = 512,
    at_once: int = 64,
    rate: float = 0,
    delay: float = 0,
) -> AsyncIterator[Running]:
    """Start a bot and its traffic, up to where the first part can begin."""
    api, port = free_port(), free_port()
    traffic = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.traffic", "--port", str(api), "--walk", entrant.walk,
        "--guests", str(guests), "--at-once", str(at_once), "--rate", str(rate), "--delay", str(delay),
        "--updates", *map(str, parts),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    await line_of(traffic)
    told = {name: value.format(api=api, port=port) for name, value in entrant.environment.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEARSHOT_")}
    with (entrant.folder / "bot.log").open("ab") as log:
        command = [part.format(api=api, port=port) for part in entrant.command]
        bot = await asyncio.create_subprocess_exec(
            *command, env={**kept, **told}, stdout=log, stderr=log, cwd=ROOT
        )
    try:
        await begun(bot, traffic, entrant)
        yield Running(entrant=entrant, bot=bot, traffic=traffic)
    finally:
        await ended(bot)
        await ended(traffic)


async def begun(
    bot: asyncio.subprocess.Process, traffic: asyncio.subprocess.Process, entrant: Entrant
) -> None:
    """Wait until the guests stand where they are measured; a bot that ends instead is a fault."""
    warm, over = asyncio.create_task(line_of(traffic)), asyncio.create_task(bot.wait())
    await asyncio.wait((warm, over), return_when=asyncio.FIRST_COMPLETED)
    over.cancel()
    if not warm.done():
        warm.cancel()
        raise RuntimeError((entrant.folder / "bot.log").read_text(encoding="utf-8")[-1000:])
    await warm


async def prepare(entrant: Entrant) -> None:
    """Bring our bot's database up to date, which PostgreSQL waits for."""
    told = {name: value for name, value in entrant.environment.items() if "{" not in value}
    environment = {**os.environ, **told}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "db",
        "upgrade",
        env=environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait():
        raise RuntimeError("db upgrade failed")


async def ended(process: asyncio.subprocess.Process) -> None:
    """End a process and those that it started (a tracer's bot is its child)."""
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            child.terminate()
        process.terminate()
    await process.wait()


def clearshot(
    folder: Path, *, database: str = "", before: Sequence[str] = (), module: str = "bot"
) -> Entrant:
    """Our bot by webhook, on a fresh SQLite file unless a database is named."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sellers.yaml").write_text(SELLERS, encoding="utf-8")
    environment = {
        "CLEARSHOT_TELEGRAM_TOKEN": TOKEN,
        "CLEARSHOT_TELEGRAM_API": "http://127.0.0.1:{api}",
        "CLEARSHOT_DATABASE": database or f"sqlite:///{folder / 'c.db'}",
        "CLEARSHOT_BLOBS": str(folder / "blobs"),
        "CLEARSHOT_SELLERS": str(folder / "sellers.yaml"),
        "CLEARSHOT_LISTEN": "127.0.0.1:{port}",
        "CLEARSHOT_PUBLIC_URL": "http://127.0.0.1:{port}",
    }
    return Entrant(
        name="clearshot",
        walk="clearshot",
        command=(*before, sys.executable, "-m", module, "run"),
        folder=folder,
        environment=environment,
    )
