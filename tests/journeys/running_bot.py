"""The real bot as a process of its own, against a local Telegram: started, told, killed, started again."""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aiohttp import ClientConnectionError, ClientSession

from tests.mail_server import free_port

SELLERS = """\
sellers:
  acme: {name: "Acme Outdoor", locale: en}
  lumen: {name: "Lumen Leuchten", locale: de}
  casaluz: {name: "Casa Luz", locale: es}
support: {name: "Support"}
"""


class Telegram(Protocol):
    """A local Telegram, in this process or in another."""

    @property
    def token(self) -> str: ...

    @property
    def address(self) -> str: ...


@dataclass
class RunningBot:
    """`clearshot run`, which can be killed and started again."""

    folder: Path
    sandbox: Telegram
    database: str
    webhook: bool
    sellers: str = SELLERS
    extra: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    port: int = field(default_factory=free_port)

    @property
    def environment(self) -> dict[str, str]:
        (self.folder / "sellers.yaml").write_text(self.sellers, encoding="utf-8")
        own = {
            "CLEARSHOT_TELEGRAM_TOKEN": self.sandbox.token,
            "CLEARSHOT_TELEGRAM_API": self.sandbox.address,
            "CLEARSHOT_DATABASE": self.database,
            "CLEARSHOT_BLOBS": str(self.folder / "blobs"),
            "CLEARSHOT_SELLERS": str(self.folder / "sellers.yaml"),
            "CLEARSHOT_LISTEN": f"127.0.0.1:{self.port}",
            "CLEARSHOT_LOG_LEVEL": "info",
            **self.extra,
        }
        if self.webhook:
            own["CLEARSHOT_PUBLIC_URL"] = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEARSHOT_")}
        return {**kept, **own}

    async def command(self, *arguments: str, fails: bool = False) -> str:
        """Run another command on the same settings, which ends well or not; its output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *arguments, env=self.environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode == int(fails), output.decode()
        return output.decode()

    async def start(self) -> None:
        with (self.folder / "bot.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", env=self.environment, stdout=log, stderr=log
            )

    async def serving(self) -> None:
        """Wait until the bot's own pages answer."""
        async with asyncio.timeout(60), ClientSession() as session:
            while True:
                with contextlib.suppress(ClientConnectionError):
                    await session.get(f"http://127.0.0.1:{self.port}/health")
                    return
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), 20)

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def log(self) -> str:
        return (self.folder / "bot.log").read_text(encoding="utf-8")
