"""Open a store by its URL: memory:, sqlite:///FILE or postgresql://..."""

from collections.abc import Callable
from datetime import datetime

from storage.sql.database import database
from storage.sql.store import SqlStorage


def open_storage(url: str, *, owner: str, now: Callable[[], datetime], exclusive: bool = True) -> SqlStorage:
    """Build the store; `exclusive=False` is a guest beside a running bot. Raises StorageFailure for a wrong URL."""
    return SqlStorage(
        database(url, exclusive=exclusive), owner=owner, now=now, exclusive=exclusive, memory=url == "memory:"
    )
