"""Arrivals that may end the process which works them: after a death, each is noted before it is worked, and counted.

Laws:
 1. A process that ended well leaves no trace, and nothing is noted after it: the hot path costs nothing.
 2. After a death notes are kept for a while. An arrival that others died of is worked alone, so that no innocent
    one is counted with it; its chat's arrivals keep their order.
 3. What began `DEADLY` lives and ended none of them well is set aside.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from storage.sql.group import SEEN
from storage.sql.leases import NOBODY, OWNERS, PAST
from storage.sql.times import aware
from storage.stepping import Key

DEADLY = 5
"""Processes that began an arrival and did not live to write what came of it."""
CAREFUL = timedelta(minutes=10)
"""How long after its start a process is careful, when another died before."""
BEGUN = "begun"


class Deadly(Exception):
    """Process after process ended while it worked this arrival."""


def somebody_died(connection: Connection, *, owner: str) -> bool:
    """Tell whether a process ended without taking leave; on SQLite any other, on PostgreSQL one whose lease ran out."""
    others = select(OWNERS.c.id).where(OWNERS.c.id.not_in((owner, NOBODY)))
    if connection.dialect.name == "postgresql":
        others = others.where(
            OWNERS.c.until < func.now(), OWNERS.c.until > func.now() - CAREFUL, OWNERS.c.until != PAST
        )
    return connection.execute(others.limit(1)).first() is not None


def come_in(connection: Connection, *, owner: str) -> None:
    """Leave a trace in a file's database, which only a good end takes away."""
    connection.execute(delete(OWNERS))
    connection.execute(insert(OWNERS).values(id=owner, until=PAST))


def take_leave(connection: Connection, *, owner: str) -> None:
    """Take the trace away."""
    connection.execute(delete(OWNERS).where(OWNERS.c.id == owner))


def deaths(connection: Connection, keys: Collection[Key]) -> Mapping[Key, int]:
    """Count the processes that began these arrivals."""
    notes = {_note(key, number): key for key in keys for number in range(1, DEADLY + 1)}
    query = select(SEEN.c.id).where(SEEN.c.source == BEGUN, SEEN.c.id.in_(notes))
    return Counter(notes[row] for row in connection.execute(query).scalars()) if notes else Counter()


def begin(connection: Connection, known: Mapping[Key, int], *, now: datetime) -> None:
    """Note that these are worked now, each once more than is known."""
    rows = [{"source": BEGUN, "id": _note(key, count + 1), "at": aware(now)} for key, count in known.items()]
    if rows:
        connection.execute(insert(SEEN), rows)


def _note(key: Key, number: int) -> str:
    return f"{key[0]}:{key[1]}#{number}"
