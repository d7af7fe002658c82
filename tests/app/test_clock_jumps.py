"""The machine's clock is set, forward or back, while things wait: nothing waits longer, and nothing changes places."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app.breaker import FIRST_PAUSE, TOLERATED
from bot.app.clock import SystemClock
from bot.app.lanes import Lane
from bot.ports import TransientFailure
from bot.testing import NOON
from flows.events import Delivered
from storage.ports import OutboxRow
from tests.app.conftest import World, delivery, say

HOURS = timedelta(hours=3)
DOWN = TransientFailure("connection refused")
FLOOD = TransientFailure("Flood control exceeded", retry_after=30)


@pytest.mark.parametrize("jump", [-HOURS, HOURS], ids=["back", "forward"])
async def test_what_is_to_be_tried_again_is_tried_after_the_time_that_was_named_whatever_the_clock_says(
    world: World, jump: timedelta
) -> None:
    world.chat.fail(FLOOD, chat=1)
    world.store.commit(say("a"))
    await world.relay.quiet()

    world.clock.jump(jump)
    await world.pass_time(29)
    early = world.texts()
    await world.pass_time(2)

    assert early == []
    assert world.texts() == ["a"]


async def test_a_message_that_waits_for_a_later_one_is_shown_in_time_when_the_clock_is_set_back(
    world: World,
) -> None:
    world.store.commit(say("1 of 3", slot="progress", delay=timedelta(seconds=2)))
    await world.relay.quiet()

    world.clock.jump(-HOURS)
    await world.pass_time(3)

    assert world.texts() == ["1 of 3"]


async def test_an_inbox_that_is_paused_is_tried_again_in_time_when_the_clock_is_set_back(
    world: World,
) -> None:
    inbox = world.inboxes["acme"]
    inbox.down = DOWN
    for code in (f"K7F3Q{number}" for number in range(2, 2 + TOLERATED)):
        world.store.commit(delivery(code), lane=f"case:{code}")
    await world.pass_time(3 * FIRST_PAUSE.total_seconds())

    world.clock.jump(-HOURS)
    inbox.down = None
    await world.pass_time(30 * 60, step=10.0)

    assert sum(isinstance(event, Delivered) for event in world.store.events) == TOLERATED


async def test_nothing_is_given_up_because_the_clock_was_set_ahead(world: World) -> None:
    world.chat.fail(DOWN, times=10, chat=1)
    world.store.commit(say("a"))
    await world.pass_time(60, step=1.0)

    world.clock.jump(timedelta(days=4))
    await world.pass_time(3600, step=5.0)

    assert world.store.letters == {}
    assert world.texts() == ["a"]


async def test_a_row_that_failed_before_a_restart_waits_a_minute_at_most_when_the_clock_was_set_back(
    world: World,
) -> None:
    world.chat.fail(DOWN, chat=1)
    world.store.commit(say("a"))
    await world.relay.quiet()
    await world.crash()

    world.clock.jump(-HOURS)
    await world.start()
    await world.pass_time(61, step=1.0)

    assert world.texts() == ["a"]


def test_what_is_committed_after_the_clock_was_set_back_stays_behind_what_waits() -> None:
    rows = [
        OutboxRow(
            id=f"life-{number:08x}-0000",
            chat=1,
            lane="chat:1",
            effect=say(str(number)),
            due=NOON,
            created=NOON,
        )
        for number in range(3)
    ]
    lane = Lane()

    for row in (rows[0], rows[1], replace(rows[2], created=NOON - HOURS)):
        lane.add(row, now=NOON)

    assert [held.row for held in lane.waiting][:2] == rows[:2]


def test_the_machine_s_steady_time_goes_on() -> None:
    clock = SystemClock()

    first = clock.steady()

    assert clock.steady() >= first
    assert first.utcoffset() == timedelta(0)
