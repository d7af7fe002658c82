"""Every store, behind one fixture: the contract suite runs on each of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage.memory import MemoryStorage
from storage.open import open_storage
from storage.sql.store import SqlStorage

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name a fresh, empty database."""
    if request.param == "memory":
        return "memory:"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'clearshot.db'}"
    return str(request.getfixturevalue("postgres_server").database())


class Stores:
    """Opens stores on one database, and closes them in the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opened: list[SqlStorage] = []
        self.now = NOON

    async def open(self, step: Any, *, owner: str = "one", exclusive: bool = True) -> SqlStorage:
        if self.url == "memory:":
            store: SqlStorage = MemoryStorage(lambda: self.now, owner=owner)
        else:
            store = open_storage(self.url, owner=owner, now=lambda: self.now, exclusive=exclusive)
            if exclusive:
                await store.upgrade()
        await store.open(step)
        self.opened.append(store)
        return store

    async def close(self, store: SqlStorage) -> None:
        self.opened.remove(store)
        await store.close()


@pytest.fixture
async def stores(store_url: str) -> AsyncIterator[Stores]:
    """Open stores of one kind."""
    found = Stores(store_url)
    yield found
    for store in list(found.opened):
        await found.close(store)


async def eventually(read: Callable[[], Awaitable[Any]], wanted: Any, *, tries: int = 400) -> None:
    """Wait until a reading is as wanted; says what it was instead."""
    for _ in range(tries):
        if (found := await read()) == wanted:
            return
        await asyncio.sleep(0.025)
    assert found == wanted


async def name_of(store: SqlStorage, chat: int) -> str:
    return (await store.streams.load(chat)).chat.name
