"""Start: how soon `clearshot demo` answers its chat page and its first customer, and `clearshot --help` its reader; seconds."""

import asyncio
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from bot.sandbox.client import SandboxClient
from tests.bench.spread import against, spread
from tests.journeys.customer import Customer
from tests.mail_server import free_port

ROUNDS = 9
DEMO_SECONDS = 5.0
HELP_SECONDS = 0.7
GIVE_UP = 60.0
LOOK_AGAIN = 0.01


def run() -> dict[str, Any]:
    """Measure them in turns, an empty Python beside them; the slowest round is held against the limit."""
    empty, helped, shown, greeted = [], [], [], []
    for _ in range(ROUNDS):
        empty.append(_took(sys.executable, "-c", "pass"))
        helped.append(_took(*_clearshot(), "--help"))
        page, greeting = _demo()
        shown.append(page)
        greeted.append(greeting)
    return {
        "help": against(max(helped), HELP_SECONDS) | {"spread": spread(helped)},
        "demo": against(max(shown), DEMO_SECONDS) | {"spread": spread(shown)},
        "demo_greets_its_customer": spread(greeted),
        "empty_python": spread(empty),
    }


def _clearshot() -> tuple[str, ...]:
    """The installed command, where there is one."""
    script = Path(sys.executable).with_name("clearshot")
    return (str(script),) if script.is_file() else (sys.executable, "-m", "bot")


def _took(*command: str) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _demo() -> tuple[float, float]:
    """Start the demo in an empty folder: when its page answers, and when the bot has said its first words."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="clearshot-bench-", ignore_cleanup_errors=True) as folder:
        begun = time.perf_counter()
        demo = subprocess.Popen(
            [*_clearshot(), "demo", "--port", str(port), "--data", folder], stdout=subprocess.DEVNULL
        )
        try:
            _until_answered(f"{address}/", begun)
            page = time.perf_counter() - begun
            asyncio.run(_greeted(address))
            return page, time.perf_counter() - begun
        finally:
            demo.terminate()
            demo.wait(20)


def _until_answered(address: str, begun: float) -> None:
    while time.perf_counter() - begun < GIVE_UP:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(LOOK_AGAIN)
    raise TimeoutError(address)


async def _greeted(address: str) -> None:
    async with SandboxClient(address) as client:
        customer = await Customer.arrive(client)
        await customer.start()
        await customer.sees("order number")
