import asyncio
from collections.abc import Callable

import pytest

from flows.events import TextReceived
from storage.ports import Arrival
from storage.sql.pending import LARGEST, PER_CHAT, Pending, Posted
from storage.stepping import Waiting, in_order

Post = Callable[..., Posted]


@pytest.fixture
async def posted() -> Post:
    def post(chat: int, number: int, *, source: str = "telegram") -> Posted:
        order = number if source == "telegram" else 0
        arrival = Arrival(source=source, id=str(number), chat=chat, event=TextReceived(text=""), order=order)
        return Posted(waiting=Waiting(arrival=arrival), done=asyncio.get_running_loop().create_future())

    return post


def ids(posted: list[Posted]) -> list[tuple[int, str]]:
    return [(one.waiting.arrival.chat, one.waiting.arrival.id) for one in posted]


async def test_a_chat_that_floods_leaves_room_for_others(posted: Post) -> None:
    pending = Pending()
    for number in range(1, 1501):
        pending.add(posted(1, number))
    pending.add(posted(2, 1))

    first = ids(pending.take())

    assert (2, "1") in first
    assert len(first) == PER_CHAT + 1


async def test_a_chat_that_floods_alone_is_worked_in_large_groups(posted: Post) -> None:
    pending = Pending()
    for number in range(1, 1501):
        pending.add(posted(1, number))

    groups = []
    while pending:
        groups.append(ids(pending.take()))

    assert max(map(len, groups)) == LARGEST
    assert [one for group in groups for one in group] == [(1, str(n)) for n in range(1, 1501)]


async def test_nobody_waits_longer_than_one_round(posted: Post) -> None:
    pending = Pending()
    for chat in range(1, 1001):
        for number in (1, 2):
            pending.add(posted(chat, number))

    rounds = []
    while pending:
        rounds.append({chat for chat, _ in ids(pending.take())})

    assert set().union(*rounds[:8]) == set(range(1, 1001))


async def test_updates_that_wait_together_are_sorted_and_others_keep_their_place(posted: Post) -> None:
    waiting = [
        posted(1, 7).waiting,
        posted(1, 99, source="seller").waiting,
        posted(2, 1).waiting,
        posted(1, 5).waiting,
        posted(1, 6).waiting,
    ]

    sorted_ones = [(one.arrival.chat, one.arrival.id) for one in in_order(waiting)]

    assert sorted_ones == [(1, "5"), (1, "99"), (2, "1"), (1, "6"), (1, "7")]
