"""Our bot with its commits and statements counted: `python -m tests.bench.counted FILE run`; told at its end, as JSON.

SIGUSR1 begins anew to count.
"""

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.__main__ import main as bot


def main() -> None:
    """Count, run the bot, tell."""
    file = Path(sys.argv.pop(1))
    counts: Counter[str] = Counter()
    signal.signal(signal.SIGUSR1, lambda *_: counts.clear())

    @event.listens_for(Engine, "commit")
    def _commit(_connection: Any) -> None:
        counts["commits"] += 1

    @event.listens_for(Engine, "before_cursor_execute")
    def _statement(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:  # noqa: FBT001 - SQLAlchemy's call
        if statement.startswith("BEGIN"):
            return
        counts["statements"] += 1
        counts["rows"] += len(parameters) if many else 1

    try:
        bot()
    finally:
        file.write_text(json.dumps(counts), encoding="utf-8")


if __name__ == "__main__":
    main()
