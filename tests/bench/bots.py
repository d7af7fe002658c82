"""The bots that are held beside ours: in an environment of their own, which is made at the first run."""

import subprocess
import sys
import venv
from pathlib import Path

from tests.bench.contest import ROOT, Entrant

ENVIRONMENT = ROOT / ".peers"
WANTED = Path(__file__).parent / "peers_requirements.txt"
NAMES = ("ptb", "ptb_tuned", "aiogram")


def peers_python() -> str:
    """The interpreter of the peers' environment; makes it where it is missing (needs the package index)."""
    python = ENVIRONMENT / "bin" / "python"
    done = ENVIRONMENT / "installed"
    if not done.exists():
        sys.stderr.write("the peers' environment is made, once\n")
        venv.create(ENVIRONMENT, with_pip=True)
        quiet = ("--quiet", "--disable-pip-version-check")
        subprocess.run([python, "-m", "pip", "install", *quiet, "-r", WANTED], check=True)
        done.touch()
    return str(python)


def peer(name: str, folder: Path) -> Entrant:
    """One of NAMES."""
    folder.mkdir(parents=True, exist_ok=True)
    python, api = peers_python(), "http://127.0.0.1:{api}"
    commands = {
        "ptb": ("tests.bench.peer_ptb", api, "{port}", str(folder / "states"), "shipped"),
        "ptb_tuned": ("tests.bench.peer_ptb", api, "{port}", str(folder / "states"), "tuned"),
        "aiogram": ("tests.bench.peer_aiogram", api, "{port}"),
    }
    return Entrant(name=name, walk="peer", command=(python, "-m", *commands[name]), folder=folder)
