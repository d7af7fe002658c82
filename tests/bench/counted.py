"""Our bot with its commits and statements counted: `python -m tests.bench.counted FILE run`; told at its end, as JSON.

SIGUSR1 begins anew to count.
"""

import json
import signal
import sqlite3
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.__main__ import main as bot

counts: Counter[str] = Counter()


class Counting(sqlite3.Connection):
    """Counts what goes straight to the driver (storage.sql.straight), which the toolkit does not see."""

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Count one."""
        _count(statement, rows=1)
        return super().execute(statement, *values)

    def executemany(self, statement: str, rows: Any) -> sqlite3.Cursor:
        """Count one of several rows."""
        _count(statement, rows=len(rows))
        return super().executemany(statement, rows)


def _count(statement: str, *, rows: int) -> None:
    if not statement.startswith(("BEGIN", "PRAGMA")):
        counts["statements"] += 1
        counts["rows"] += rows


def main() -> None:
    """Count, run the bot, tell."""
    file = Path(sys.argv.pop(1))
    signal.signal(signal.SIGUSR1, lambda *_: counts.clear())

    @event.listens_for(Engine, "commit")
    def _commit(_connection: Any) -> None:
        counts["commits"] += 1

    @event.listens_for(Engine, "before_cursor_execute")
    def _statement(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:  # noqa: FBT001 - SQLAlchemy's call
        _count(statement, rows=len(parameters) if many else 1)

    @event.listens_for(Engine, "do_connect")
    def _connect(dialect: Any, _record: Any, _given: Any, named: dict[str, Any]) -> None:
        if dialect.name == "sqlite":
            named["factory"] = Counting

    try:
        bot()
    finally:
        file.write_text(json.dumps(counts), encoding="utf-8")


if __name__ == "__main__":
    main()
