"""Programs that tests work against, in an environment of their own: installed once for a set of locked requirements, kept in a cache."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

INSTALLED_WITHIN = 300.0  # seconds


class CannotBeInstalled(Exception):
    """There is no registry, or the requirements cannot be had from it."""


def own_environment(name: str, requirements: Path) -> Path:
    """Find the environment's interpreter, or make the environment; raises CannotBeInstalled."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clearshot-tests"
    folder = cache / f"{name}-{version}-{wanted}"
    if not (folder / "complete").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="making-", dir=cache))
        _install(fresh, requirements)
        with suppress(OSError):  # another run was faster
            fresh.rename(folder)
        shutil.rmtree(fresh, ignore_errors=True)
    return folder / "bin" / "python"


def _install(folder: Path, requirements: Path) -> None:
    """Make an environment without pip and let ours fill it: locked, wheels only."""
    python = folder / "bin" / "python"
    commands = (
        [sys.executable, "-m", "venv", "--without-pip", str(folder)],
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile", "--no-deps",
         "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:", "-r", str(requirements)],
    )  # fmt: skip
    try:
        for command in commands:
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALLED_WITHIN)
    except (subprocess.SubprocessError, OSError) as fault:
        shutil.rmtree(folder, ignore_errors=True)
        raise CannotBeInstalled(type(fault).__name__) from None
    (folder / "complete").touch()
