"""The wheel in an empty environment runs the demo from another folder."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_wheel_runs_the_demo_elsewhere(tmp_path: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", str(tmp_path / "dist"), str(ROOT), cwd=tmp_path)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    run(sys.executable, "-m", "venv", str(tmp_path / "venv"), cwd=tmp_path)
    python = str(tmp_path / "venv" / "bin" / "python")
    own = (python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install")
    run(*own, "-r", str(ROOT / "deploy" / "requirements.txt"), cwd=tmp_path)
    run(*own, "--no-deps", str(wheel), cwd=tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    demo = subprocess.Popen(
        [str(tmp_path / "venv" / "bin" / "clearshot"), "demo", "--port", "0"],
        cwd=elsewhere, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    try:
        assert demo.stdout is not None
        line = demo.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address, line
        page = _page(address[0])
    finally:
        demo.terminate()
        demo.communicate(timeout=20)

    assert "<html" in page.lower()


def _page(address: str) -> str:
    for _ in range(50):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own server
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")
