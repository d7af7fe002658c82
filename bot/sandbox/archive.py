"""Where a sandbox keeps its rows between two starts: SQLite in the data folder, or nowhere; knows no Telegram.

Rows are queued in memory and written in groups by a thread, so that a call never waits for the disk. What was queued in the
last few milliseconds before a kill is lost, which a stand-in for Telegram may afford.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import orjson

from bot.sandbox.shapes import Json

_log = logging.getLogger(__name__)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS rows (kind TEXT, key TEXT, body BLOB, PRIMARY KEY (kind, key)) WITHOUT ROWID"
)


class Archive:
    """Keep rows by kind and key; without a path every method does nothing."""

    def __init__(self, path: Path | None) -> None:
        self._waiting: dict[tuple[str, str], bytes | None] = {}
        self._writing: asyncio.Task[None] | None = None
        self._connection = _open(path) if path is not None else None

    def rows(self, kind: str) -> Iterator[Json]:
        """Yield the rows of one kind in the order of their keys."""
        if self._connection is None:
            return
        for (body,) in self._connection.execute("SELECT body FROM rows WHERE kind = ? ORDER BY key", (kind,)):
            yield orjson.loads(body)

    def save(self, kind: str, key: str, body: Json) -> None:
        """Queue one row to be written as it is now."""
        if self._connection is not None:
            self._queue(kind, key, orjson.dumps(body))

    def erase(self, kind: str, key: str) -> None:
        """Queue one row to be removed."""
        if self._connection is not None:
            self._queue(kind, key, None)

    def _queue(self, kind: str, key: str, body: bytes | None) -> None:
        self._waiting[kind, key] = body
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, {}
            try:
                await asyncio.to_thread(self._write, group)
            except sqlite3.Error as failure:
                _log.warning("sandbox rows not kept: %s", failure)

    def _write(self, group: dict[tuple[str, str], bytes | None]) -> None:
        assert self._connection is not None  # noqa: S101 - queued rows imply an open file
        kept = [(kind, key, body) for (kind, key), body in group.items() if body is not None]
        gone = [name for name, body in group.items() if body is None]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", kept)
            self._connection.executemany("DELETE FROM rows WHERE kind = ? AND key = ?", gone)

    async def aclose(self) -> None:
        """Write what waits, then let go of the file."""
        if self._writing is not None:
            await self._writing
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(_SCHEMA)
    connection.commit()
    return connection
