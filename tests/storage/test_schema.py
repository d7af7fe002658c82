"""The migrations make what the tables declare; a database that does not fit is refused with a clear word."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from flows.conversation import ChatState
from flows.events import Event
from flows.outcome import Outcome
from storage.open import open_storage
from storage.ports import StorageFailure
from storage.sql.store import SqlStorage


def still(state: ChatState, _event: Event) -> Outcome:
    return Outcome(state=state)


def store_at(url: str, **kwargs: Any) -> SqlStorage:
    return open_storage(url, owner="one", now=lambda: datetime.now(UTC), **kwargs)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'clearshot.db'}"
    return str(request.getfixturevalue("postgres_server").database())


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, SQLModel.metadata))


async def test_the_migrations_make_what_the_tables_declare(url: str) -> None:
    store = store_at(url)

    await store.upgrade()

    assert await store._database.run(differences) == []
    await store.close()


async def test_the_partial_index_is_the_declared_one(url: str) -> None:
    """Alembic does not compare an index's condition."""
    store = store_at(url)
    await store.upgrade()
    where = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = 'ix_outbox_unhanded'",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_outbox_unhanded'",
    }[store._database.name]

    found = await store._database.read(lambda c: c.execute(text(where)).scalar_one())

    assert "NOT handed" in found
    assert "NOT dead" in found
    await store.close()


async def test_an_upgrade_may_be_repeated(url: str) -> None:
    store = store_at(url)
    await store.upgrade()
    await store.upgrade()

    await store.open(still)

    assert await store.check() == store._database.name
    await store.close()


async def test_an_empty_database_names_the_command_that_helps(url: str) -> None:
    store = store_at(url)

    with pytest.raises(StorageFailure, match="clearshot db upgrade"):
        await store.open(still)

    await store.close()


async def test_a_database_of_a_later_release_is_refused(url: str) -> None:
    store = store_at(url)
    await store.upgrade()
    await store._database.run(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))

    with pytest.raises(StorageFailure, match="9999"):
        await store.open(still)

    await store.close()


async def test_two_bots_on_one_file_get_one_clear_word(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'clearshot.db'}"
    first = store_at(url)

    with pytest.raises(StorageFailure, match="another bot works on"):
        store_at(url)

    await first.close()
    again = store_at(url)
    await again.close()


@pytest.mark.parametrize(
    "url", ["mysql://root:secret@host/x", "nonsense", "sqlite://", "postgresql://h:port/x", ""]
)
def test_what_is_no_database_of_ours_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StorageFailure) as refusal:
        store_at(url)

    assert "secret" not in str(refusal.value)


async def test_a_server_that_is_not_there_is_a_storage_failure_without_the_password() -> None:
    store = store_at("postgresql://clearshot:secret@127.0.0.1:1/clearshot")

    with pytest.raises(StorageFailure) as refusal:
        await store.check()

    assert "secret" not in str(refusal.value)
    await store.close()
