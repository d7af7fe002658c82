"""What could not be done, and another chance for it; for the command line and the console."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.app.reports import told
from storage.ports import Asides, Outbox

ARRIVAL = "in:"
"""Begins the ids of arrivals that were set aside; rows of the outbox have none."""
MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One thing that lies there: by its id, what it is, and why."""

    id: str
    what: str
    why: str


async def lying(outbox: Outbox, asides: Asides, *, limit: int) -> Sequence[Letter]:
    """List the dead letters, then the arrivals that were set aside, oldest first."""
    rows, arrivals = await outbox.dead(limit=limit), await asides.aside(limit=limit)
    return [
        *(Letter(id=row.id, what=told(row).partition(" [")[0], why=row.error) for row in rows),
        *(
            Letter(id=f"{ARRIVAL}{one.id}", what=f"{one.event} from {one.source}", why=one.error)
            for one in arrivals
        ),
    ]


async def revive(outbox: Outbox, asides: Asides, named: str) -> bool:
    """Give one another chance; False when nothing lies there under this id."""
    number = named.removeprefix(ARRIVAL)
    if number != named and number.isdecimal():
        return await asides.retry(int(number))
    return await outbox.revive(named)
