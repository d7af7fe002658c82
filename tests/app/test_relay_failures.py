"""The relay when things fail or wait: later rows of the suite of test_relay."""

import asyncio
from datetime import timedelta
from typing import Any

from bot.ports import PermanentFailure, TransientFailure
from flows.effects import SetTimer
from flows.events import Delivered, DeliveryDelayed, DeliveryFailed, TimerFired
from storage.ports import StorageFailure
from tests.app.conftest import OPERATOR, World, delivery, say

FLOOD = TransientFailure("Flood control exceeded", retry_after=30)
DOWN = TransientFailure("connection refused")


def kinds(world: World) -> list[type[Any]]:
    return [type(event) for event in world.store.events]


async def _after(world: World, seconds: int) -> None:
    """Let time pass while something insists, which is never quiet."""
    for _ in range(seconds):
        world.clock.advance(timedelta(seconds=1))
        for _ in range(20):
            await asyncio.sleep(0)


def waiting(seconds: float, *, serial: int = 1) -> SetTimer:
    return SetTimer(case="C", name="waiting", serial=serial, after=timedelta(seconds=seconds))


async def test_an_inbox_that_takes_a_bundle_and_loses_its_answer_has_it_once(world: World) -> None:
    world.inboxes["acme"].answered_after_acceptance = 2
    world.store.commit(delivery(), lane="case:K7F3QX")

    await world.pass_time(60)

    assert len(world.inboxes["acme"].attempts) == 3
    assert len(world.inboxes["acme"].parcels) == 1
    assert kinds(world)[-1] is Delivered


async def test_an_inbox_that_refuses_for_good_is_told_to_customer_and_operators(world: World) -> None:
    world.inboxes["acme"].down = PermanentFailure("550 no such user claims@acme.example")
    [row_id] = world.store.commit(delivery(), lane="case:K7F3QX")

    await world.pass_time(1)

    assert kinds(world) == [DeliveryFailed]
    assert row_id in world.store.letters
    [alert] = world.texts(OPERATOR)
    assert "K7F3QX" in alert
    assert "acme.example" not in alert


async def test_a_dead_letter_that_is_revived_is_delivered_and_the_customer_hears_of_it(world: World) -> None:
    world.inboxes["acme"].down = PermanentFailure("550")
    [row_id] = world.store.commit(delivery(), lane="case:K7F3QX")
    await world.relay.quiet()
    world.inboxes["acme"].down = None

    await world.store.revive(row_id)
    await world.pass_time(2)

    assert kinds(world) == [DeliveryFailed, Delivered]


async def test_an_inbox_out_of_reach_is_asked_seldom_and_holds_no_other_up(world: World) -> None:
    world.inboxes["acme"].down = DOWN
    for n in range(50):
        world.store.commit(delivery(f"CASE{n:02}"), lane=f"case:CASE{n:02}")
    world.store.commit(delivery("OTHER1", seller="bolt"), lane="case:OTHER1")

    await world.pass_time(600)

    assert list(world.inboxes["bolt"].parcels) == ["OTHER1.1"]
    assert len(world.inboxes["acme"].attempts) <= 20
    assert kinds(world).count(DeliveryDelayed) == 50


async def test_an_inbox_that_is_back_gets_everything_that_waited_within_a_quarter_of_an_hour(
    world: World,
) -> None:
    world.inboxes["acme"].down = DOWN
    for n in range(30):
        world.store.commit(delivery(f"CASE{n:02}"), lane=f"case:CASE{n:02}")
    await world.pass_time(24 * 3600, step=60)

    world.inboxes["acme"].down = None
    for _ in range(181):
        await world.pass_time(5, step=5)
        if world.inboxes["acme"].parcels:
            break

    assert len(world.inboxes["acme"].parcels) == 30
    assert world.store.rows == {}


async def test_an_inbox_that_never_answers_keeps_no_other_from_its_deliveries(world: World) -> None:
    world.inboxes["acme"].silent = asyncio.Event()
    for n in range(20):
        world.store.commit(delivery(f"CASE{n:02}"), lane=f"case:CASE{n:02}")
    world.store.commit(delivery("OTHER1", seller="bolt"), lane="case:OTHER1")

    await _after(world, 2)

    assert list(world.inboxes["bolt"].parcels) == ["OTHER1.1"]
    assert len(world.inboxes["acme"].attempts) == 3


async def test_a_single_delivery_probes_its_inbox_every_quarter_of_an_hour(world: World) -> None:
    world.inboxes["acme"].down = DOWN
    world.store.commit(delivery(), lane="case:K7F3QX")
    await world.pass_time(24 * 3600, step=60)

    world.inboxes["acme"].down = None
    await world.pass_time(960, step=60)

    assert kinds(world) == [DeliveryDelayed, Delivered]


async def test_a_result_that_was_told_before_only_settles_its_row(world: World) -> None:
    world.store.seen.add(("outbox", "row0001"))

    world.store.commit(delivery(), lane="case:K7F3QX")
    await world.relay.quiet()

    assert kinds(world) == []
    assert world.store.rows == {}


async def test_a_delivery_is_given_up_after_three_days(world: World) -> None:
    world.inboxes["acme"].down = DOWN
    world.store.commit(delivery(), lane="case:K7F3QX")

    await world.pass_time(75 * 3600, step=300)
    assert kinds(world) == [DeliveryDelayed]
    await world.pass_time(3 * 3600, step=300)

    assert kinds(world) == [DeliveryDelayed, DeliveryFailed]
    assert len(world.store.letters) == 1


async def test_a_bundle_without_an_inbox_of_its_own_goes_to_support(world: World) -> None:
    world.store.commit(delivery(seller="nobody"), lane="case:K7F3QX")

    await world.relay.quiet()

    assert list(world.inboxes["support"].parcels) == ["K7F3QX.1"]


async def test_a_timer_fires_at_its_time_and_once(world: World) -> None:
    world.store.commit(SetTimer(case="C", name="waiting", serial=7, after=timedelta(seconds=30)))

    await world.pass_time(29)
    assert world.store.events == []
    await world.pass_time(60)

    [event] = world.store.events
    assert isinstance(event, TimerFired)
    assert (event.case, event.name, event.serial) == ("C", "waiting", 7)
    assert event.at == world.clock.now() - timedelta(seconds=59)
    assert world.store.rows == {}


async def test_a_timer_of_tomorrow_fires_tomorrow_and_survives_a_restart(world: World) -> None:
    world.store.commit(SetTimer(case="C", name="waiting", serial=1, after=timedelta(hours=20)))
    await world.pass_time(3600, step=60)
    await world.crash()
    await world.start()

    await world.pass_time(18.9 * 3600, step=60)
    assert world.store.events == []
    await world.pass_time(600, step=1)

    assert kinds(world) == [TimerFired]


async def test_a_timer_moved_to_later_does_not_fire_at_its_old_time(world: World) -> None:
    [first] = world.store.commit(waiting(30))
    del world.store.rows[first]  # the store replaces a timer of the same name
    world.store.commit(waiting(7200))

    await world.pass_time(120)

    assert world.store.events == []


async def test_a_timer_whose_row_reuses_an_id_fires_again(world: World) -> None:
    world.store.commit(waiting(30))
    await world.pass_time(31)
    world.store._count = 0
    world.store.commit(waiting(40, serial=2))
    await world.pass_time(41)

    assert [event.serial for event in world.store.events if isinstance(event, TimerFired)] == [1, 2]


async def test_what_is_under_way_is_finished_before_the_relay_stops(world: World) -> None:
    world.store.commit(*(say(str(n)) for n in range(5)))

    await world.relay.stop()

    assert len(world.texts()) + len(world.store.rows) == 5


async def test_idle_lanes_leave_nothing_behind(world: World) -> None:
    for chat in range(1, 101):
        world.store.commit(say("hello"), chat=chat)
    await world.relay.quiet()

    assert len(asyncio.all_tasks()) <= 6


async def test_what_another_process_took_over_is_not_carried_out(world: World) -> None:
    world.store.taken_over = True
    world.store.commit(say("first"), say("second"))

    await world.relay.quiet()

    assert world.texts() == []
    assert len(world.store.rows) == 2


async def test_a_store_that_is_down_costs_no_attempt_and_gives_nothing_up(world: World) -> None:
    world.chat.fail(StorageFailure("blob: No space left on device"), times=30)
    world.store.commit(say("after two days"))

    for _ in range(48):
        await world.relay.quiet()
        world.clock.advance(timedelta(hours=1))
    await world.relay.quiet()

    assert world.texts() == ["after two days"]
    assert (world.store.rows, world.store.letters) == ({}, {})
