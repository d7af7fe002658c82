"""The store in memory: SQLite's own in-memory database, so that it is as strict as SQL because it is SQL."""

from collections.abc import Callable
from datetime import datetime

from storage.sql.database import SqliteDatabase
from storage.sql.store import SqlStorage


class MemoryStorage(SqlStorage):
    """A store that lives as long as the object."""

    def __init__(self, now: Callable[[], datetime], *, owner: str = "memory") -> None:
        super().__init__(SqliteDatabase("sqlite://", exclusive=False), owner=owner, now=now, memory=True)
