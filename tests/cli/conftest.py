"""The command line as a process of its own, in an empty folder."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Clearshot = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def clearshot(tmp_path: Path) -> Clearshot:
    """Run `clearshot ARGUMENTS` with settings as keywords; no setting of this machine leaks in."""

    def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=tmp_path, env=environment(**settings), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def environment(**settings: str) -> dict[str, str]:
    """The environment without our variables, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEARSHOT_")}
    wanted = {f"CLEARSHOT_{name.upper()}": value for name, value in settings.items()}
    return {**kept, **wanted, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    """Answer the one line with which a command refused, which left no traceback."""
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]
