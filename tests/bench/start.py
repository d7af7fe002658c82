"""Start: how soon `clearshot demo` answers its chat page, and `clearshot --help` its reader."""

import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import Any

from tests.bench.spread import against, spread
from tests.mail_server import free_port

ROUNDS = 5
DEMO_SECONDS = 5.0
HELP_SECONDS = 0.7
GIVE_UP = 60.0


def run() -> dict[str, Any]:
    """Measure both, and an empty Python beside them; seconds."""
    empty = [_took(sys.executable, "-c", "pass") for _ in range(ROUNDS)]
    helped = [_took(sys.executable, "-m", "bot", "--help") for _ in range(ROUNDS)]
    demos = [_demo_answers() for _ in range(ROUNDS)]
    return {
        "help": against(max(helped), HELP_SECONDS) | {"spread": spread(helped)},
        "demo": against(max(demos), DEMO_SECONDS) | {"spread": spread(demos)},
        "empty_python": spread(empty),
    }


def _took(*command: str) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _demo_answers() -> float:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="clearshot-bench-", ignore_cleanup_errors=True) as folder:
        begun = time.perf_counter()
        demo = subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", "--port", str(port), "--data", folder],
            stdout=subprocess.DEVNULL,
        )
        try:
            _until_answered(f"http://127.0.0.1:{port}/", begun)
            return time.perf_counter() - begun
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
            time.sleep(0.02)
    raise TimeoutError(address)
