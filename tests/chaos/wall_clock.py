"""A wall clock that jumps: what processes take for the time, moved while they run; their monotonic clock goes on."""

import contextlib
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

SOURCE = Path(__file__).with_name("wall_clock.c")


@dataclass(frozen=True, slots=True, kw_only=True)
class WallClock:
    """`environment` is what a process needs to read this clock."""

    library: Path
    file: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "CHAOS_CLOCK": str(self.file)}

    def set(self, ahead: timedelta) -> None:
        """Let it be ahead of the machine's, or behind, from this moment on."""
        with self.file.open("r+b", buffering=0) as file:
            os.pwrite(file.fileno(), struct.pack("l", round(ahead.total_seconds())), 0)


def can_be_built() -> bool:
    """Tell whether there is a C compiler."""
    return shutil.which("cc") is not None


@contextlib.contextmanager
def wall_clock() -> Iterator[WallClock]:
    """Build one that goes right at first; everybody may read it, also the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="clearshot-clock-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        clock = WallClock(library=folder / "wall_clock.so", file=folder / "seconds")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(clock.library), str(SOURCE)],
            check=True,
        )
        clock.file.write_bytes(struct.pack("l", 0))
        yield clock
