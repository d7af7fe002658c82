"""A process that posts what it is given until an arrival ends it, as memory that runs out would; started by a test."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime

import psycopg

from flows.conversation import ChatState
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from storage.open import open_storage
from storage.ports import Arrival
from tests.storage.counting import count, text_of

POISON = "666"


def deadly(state: ChatState, event: Event) -> Outcome:
    """Count, and die of poison."""
    if isinstance(event, TextReceived) and event.text == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return count(state, event)


async def main(url: str) -> None:
    """Post the poison among innocent arrivals of its own chat and of others; each is told once it is committed."""
    store = open_storage(url, owner="life", now=lambda: datetime.now(UTC))
    await store.open(deadly)

    async def post(chat: int, number: int) -> None:
        arrival = Arrival(source="t", id=str(number), chat=chat, event=text_of(number), order=number)
        committed = await store.streams.post(arrival)
        if committed.set_aside:
            sys.stdout.write(f"aside {number}\n")
            sys.stdout.flush()

    try:
        await asyncio.gather(post(1, 665), post(1, 666), post(1, 667), post(2, 700), post(3, 701))
    finally:
        await store.close()


def leases_run_out(url: str) -> None:
    """What ten seconds would do to the leases of the dead."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE owners SET until = now() - interval '1 s' WHERE until > now()")


def lives(url: str, most: int) -> None:
    """Live again and again until one ends well; tell how each ended."""
    for _ in range(most):
        child = os.fork()
        if child == 0:
            asyncio.run(main(url))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"end {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
        if status == 0:
            return
        if url.startswith("postgres"):
            leases_run_out(url)


if __name__ == "__main__":
    lives(sys.argv[1], int(sys.argv[2]))
