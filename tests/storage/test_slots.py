"""Slots are asked for by many at once, and read by few questions."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.open import open_storage
from storage.ports import Slot
from tests.contracts.conftest import NOON, eventually
from tests.storage.counting import count


@contextmanager
def questions() -> Iterator[list[str]]:
    """Collect the statements that read slots."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM slots" in statement:
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_what_many_chats_ask_at_once_is_read_together_and_each_gets_its_own(tmp_path: Path) -> None:
    store = open_storage(f"sqlite:///{tmp_path / 'c.db'}", owner="one", now=lambda: NOON)
    await store.upgrade()
    await store.open(count)
    shown = {(chat, name): Slot(message=chat) for chat in range(1, 41) for name in ("prompt", "progress")}
    await store.outbox.settle([], slots=shown)
    await eventually(lambda: _is_written(store), wanted=True)
    await store.close()
    later = open_storage(f"sqlite:///{tmp_path / 'c.db'}", owner="two", now=lambda: NOON)
    await later.open(count)

    with questions() as asked:
        found = await asyncio.gather(*(later.outbox.slot(chat, "prompt") for chat in range(1, 51)))

    await later.close()
    assert [slot and slot.message for slot in found] == [*range(1, 41), *[None] * 10]
    assert len(asked) == 1


async def test_what_a_process_that_is_alone_showed_lately_is_not_read(tmp_path: Path) -> None:
    store = open_storage(f"sqlite:///{tmp_path / 'c.db'}", owner="one", now=lambda: NOON)
    await store.upgrade()
    await store.open(count)
    await store.outbox.settle([], slots={(40, "progress"): Slot(message=1)})
    await store.outbox.settle([], slots={(40, "progress"): Slot(message=2)})
    await eventually(lambda: _is_written(store), wanted=True)

    with questions() as asked:
        found = await store.outbox.slot(40, "progress")

    await store.close()
    assert found == Slot(message=2)
    assert asked == []


async def _is_written(store: Any) -> bool:
    return all(writer.pending_slot((40, "progress")) is None for writer in store.outbox.writers)
