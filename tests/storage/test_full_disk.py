"""A SQLite file that cannot grow: posts are refused, nothing is half written, and work goes on when there is room."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from storage.open import open_storage
from storage.ports import Arrival, StorageFailure
from storage.sql.store import SqlStorage
from tests.storage.counting import count, text_of


def arrival(number: int) -> Arrival:
    return Arrival(source="test", id=str(number), chat=1, event=text_of(number), order=number)


async def post_until_refused(store: SqlStorage, *, first: int) -> tuple[int, StorageFailure]:
    """Post one after the other; tell the last that was taken, and the refusal of the next."""
    for number in range(first, 10_000):
        try:
            await store.streams.post(arrival(number))
        except StorageFailure as failure:
            return number - 1, failure
    raise AssertionError("the disk never got full")


async def test_a_full_disk_refuses_posts_until_there_is_room_again(tmp_path: Path) -> None:
    store = open_storage(f"sqlite:///{tmp_path / 'full.db'}", owner="one", now=lambda: datetime.now(UTC))
    await store.upgrade()
    await store.open(count)
    await store.streams.post(arrival(1))
    pages = await store._database.run(lambda c: c.execute(text("PRAGMA page_count")).scalar_one())
    await store._database.run(lambda c: c.execute(text(f"PRAGMA max_page_count = {pages + 2}")).scalar_one())

    taken, failure = await post_until_refused(store, first=2)

    assert "full" in str(failure)
    refused = taken + 1
    case = (await store.streams.load(1)).conversations["CASE1"]
    assert case.history[-1] == str(taken)
    assert await store.outbox.pending() == taken
    await store.streams.post(arrival(refused))  # a new connection: the limit of the old one is gone
    assert (await store.streams.load(1)).conversations["CASE1"].history[-1] == str(refused)
    assert await store.outbox.pending() == refused
    await store.close()
