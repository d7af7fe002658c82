"""What each question to the store costs beside little and beside much: its best time, taken by turns."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.open import open_storage
from storage.seller_ports import CaseFilter
from storage.sql.leases import take_everything, take_over
from storage.sql.pruning import failures, of_no_use
from storage.sql.store import SqlStorage
from tests.bench.kept import FIRST

TIMES = 12
LIMIT = 1.2
UNFELT_MS = 2.0
"""What a question may take more, whatever its ratio: a deeper index, a colder page, a machine's mood."""
AT_MOST_MS = 100.0
AS_FAR_AS = {
    "seen in an earlier case": 5_000,
    "list, search": 10_000,
    "list, counts": 9_999,
}
"""Questions that look at so many rows and at no more: beside little they have less to do, so their time is limited."""

BY_TRAFFIC = {"the console's figures": "a week's cases, and those that wait for a seller"}
"""Questions whose work grows with what happens, not with what is kept: here much has a thousand times as much of it."""

Door = Callable[[SqlStorage], Awaitable[object]]


class _NotKept(Exception):
    """Ends a transaction that must leave everything as it was."""


async def _office(store: SqlStorage) -> None:
    """What a start does with the outbox."""
    take = take_over if store._database.name == "postgresql" else take_everything
    await _undone(store, lambda c: take(c, owner=store.owner, now=datetime.now(UTC)))


async def _prune(store: SqlStorage) -> None:
    now = datetime.now(UTC)
    for drop in (*of_no_use(now), *failures(now - timedelta(days=90))):
        await _undone(store, drop)


async def _undone(store: SqlStorage, work: Callable[[Any], object]) -> None:
    def and_back(connection: Any) -> None:
        work(connection)
        raise _NotKept

    try:
        await store._database.run(and_back)
    except _NotKept:
        return


def _page(view: Any, text: str = "") -> Door:
    return lambda store: store.seller_cases.page("acme", chosen=CaseFilter(view=view, text=text))


DOORS: Mapping[str, Door] = {
    "a chat loaded": lambda store: store.streams.load(FIRST + 100),
    "a customer's cases": lambda store: store.cases.of_chat(FIRST + 100),
    "poll of the outbox": lambda store: store.outbox.claim(now=datetime.now(UTC)),
    "start: the outbox taken over": _office,
    "chats to forget": lambda store: store.cases.idle(before=datetime.now(UTC) - timedelta(days=90)),
    "last round": lambda store: store.archive.latest("round", until=datetime.now(UTC)),
    "cases to drop": lambda store: store.archive.outlived(before=datetime.now(UTC) - timedelta(days=90)),
    "what is old": _prune,
    "order by number and fact": lambda store: store.orders.find("B-000000777", "10115"),
    "order by number": lambda store: store.orders.get("B-000000777"),
    "orders of a chat": lambda store: store.orders.linked(FIRST + 100),
    "seen in an earlier case": lambda store: store.cases.earlier_fingerprints("Z000000002"),
    "list, open": _page("open"),
    "list, unread": _page("unread"),
    "list, all": _page("all"),
    "list, search": _page("all", "nothing-like-it"),
    "list, counts": lambda store: store.seller_cases.counts("acme", agent=""),
    "list, issues": lambda store: store.seller_cases.issues("acme"),
    "list, pulse": lambda store: store.seller_cases.pulse("acme"),
    "one case": lambda store: store.seller_cases.case("acme", "Z000000100"),
    "metrics": lambda store: store.outbox.backlog(),
    "dead letters": lambda store: store.outbox.dead(),
    "effects that wait": lambda store: store.outbox.pending(),
    "the console's figures": lambda store: store.overviews.overview(now=datetime.now(UTC)),
}


async def beside(little: str, much: str) -> dict[str, Any]:
    """Ask both databases everything, by turns; milliseconds, best of so many."""
    async with AsyncExitStack() as stack:
        stores = []
        for url in (little, much):
            store = open_storage(url, owner="bench", now=lambda: datetime.now(UTC), exclusive=False)
            stack.push_async_callback(store.close)
            stores.append(store)
        return {name: _told(name, *await _best(door, stores)) for name, door in DOORS.items()}


async def _best(door: Door, stores: list[SqlStorage]) -> list[float]:
    best = [float("inf")] * len(stores)
    for _ in range(TIMES):
        for place, store in enumerate(stores):
            begun = time.perf_counter()
            await door(store)
            best[place] = min(best[place], (time.perf_counter() - begun) * 1000)
    return best


def _told(name: str, little: float, much: float) -> dict[str, Any]:
    flat = much <= LIMIT * little or much - little <= UNFELT_MS
    told: dict[str, Any] = {"little_ms": round(little, 2), "much_ms": round(much, 2)}
    if name in AS_FAR_AS:
        told["rows_at_most"] = AS_FAR_AS[name]
        flat = flat or much <= AT_MOST_MS
    if name in BY_TRAFFIC:
        return told | {"grows_with": BY_TRAFFIC[name], "flat": True}
    return told | {"flat": flat}
