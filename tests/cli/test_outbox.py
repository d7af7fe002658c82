"""`clearshot outbox` on a database in which something could not be worked."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from flows.conversation import ChatState
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from storage.open import open_storage
from storage.ports import Arrival
from tests.cli.conftest import Clearshot


def choke(_state: ChatState, event: Event) -> Outcome:
    raise ValueError(type(event).__name__)


async def leave_a_poisoned_text(url: str) -> None:
    store = open_storage(url, owner="test", now=lambda: datetime.now(UTC))
    await store.upgrade()
    await store.open(choke)
    event = TextReceived(text="canary words", nonce="0" * 16, at=datetime.now(UTC))
    await store.streams.post(Arrival(source="telegram", id="1", chat=1, event=event, order=1))
    await store.close()


def test_what_was_set_aside_is_listed_without_its_words_and_worked_again(
    clearshot: Clearshot, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'c.db'}"
    asyncio.run(leave_a_poisoned_text(url))

    listed = clearshot("outbox", "list", database=url).stdout
    again = clearshot("outbox", "retry", "in:1", database=url).stdout

    assert listed.splitlines() == [
        "in:1\tTextReceived from telegram\tValueError",
        "0 dead letters, 1 arrivals set aside, 0 waiting",
    ]
    assert again.strip() == "1 revived"
    assert "0 arrivals set aside" in clearshot("outbox", "list", database=url).stdout
