"""The relay: order within a lane, none across; two failures; nothing lost, nothing delivered twice."""

import asyncio
from datetime import timedelta
from typing import Any

from bot.ports import PermanentFailure, TransientFailure
from flows.effects import AlertOperators, SetTimer
from flows.events import Delivered, DeliveryDelayed, DeliveryFailed, TimerFired
from flows.values import Button, Span
from tests.app.conftest import OPERATOR, World, delivery, say

FLOOD = TransientFailure("Flood control exceeded", retry_after=30)
DOWN = TransientFailure("connection refused")


def kinds(world: World) -> list[type[Any]]:
    return [type(event) for event in world.store.events]


async def test_messages_of_a_chat_go_out_in_order_and_are_settled(world: World) -> None:
    world.store.commit(*(say(str(n)) for n in range(20)))

    await world.relay.quiet()

    assert world.texts() == [str(n) for n in range(20)]
    assert world.store.rows == {}


async def test_a_chat_that_is_flooded_waits_as_long_as_told_and_no_other_chat_does(world: World) -> None:
    world.chat.fail(FLOOD, chat=1)
    world.store.commit(say("a"), say("b"), chat=1)
    world.store.commit(say("c"), chat=2)

    await world.relay.quiet()
    assert (world.texts(1), world.texts(2)) == ([], ["c"])

    await world.pass_time(29)
    assert world.texts(1) == []
    await world.pass_time(2)
    assert world.texts(1) == ["a", "b"]


async def test_a_telegram_that_is_down_is_tried_again_until_it_answers(world: World) -> None:
    world.chat.fail(DOWN, times=7)
    world.store.commit(say("a"))

    await world.pass_time(120)

    assert world.texts() == ["a"]
    assert world.store.rows == {}
    assert len(world.chat.calls) == 8


async def test_a_failure_is_written_down_so_that_a_restart_goes_on_counting(world: World) -> None:
    world.chat.fail(DOWN)
    [row_id] = world.store.commit(say("a"))

    await world.relay.quiet()

    row = world.store.rows[row_id]
    assert (row.attempts, row.error) == (1, "TransientFailure: connection refused")
    assert row.due > world.clock.now()


async def test_a_message_waiting_behind_a_failure_is_superseded(world: World) -> None:
    world.chat.fail(FLOOD)
    world.store.commit(say("1 of 3", slot="progress"))
    await world.relay.quiet()
    world.store.commit(say("2 of 3", slot="progress", place="edit"))
    world.store.commit(say("3 of 3", slot="progress", place="edit"))

    await world.pass_time(31)

    assert world.texts() == ["3 of 3"]
    assert world.store.rows == {}


async def test_an_edit_changes_the_message_that_holds_the_slot(world: World) -> None:
    world.store.commit(say("1 of 2", slot="progress"))
    await world.relay.quiet()
    world.store.commit(say("2 of 2", slot="progress", place="edit"))
    await world.relay.quiet()

    assert world.texts() == ["2 of 2"]
    assert world.chat.messages[1][0].edits == 1


async def test_an_edit_of_a_deleted_message_is_sent_anew(world: World) -> None:
    world.store.commit(say("1 of 2", slot="progress"))
    await world.relay.quiet()
    world.chat.messages[1].clear()
    world.store.commit(say("2 of 2", slot="progress", place="edit"))
    await world.relay.quiet()

    assert world.texts() == ["2 of 2"]
    assert world.store.slots[1, "progress"].message == world.chat.messages[1][0].id


async def test_a_new_prompt_closes_the_one_before(world: World) -> None:
    buttons = ((Button(text="Yes", data="C.1.yes"),),)
    world.store.commit(say("Broken?", slot="prompt", buttons=buttons))
    await world.relay.quiet()
    closing = (Span(text="Broken? Yes"),)
    world.store.commit(say("Where?", slot="prompt", buttons=buttons, closing=closing))
    await world.relay.quiet()

    first, second = world.chat.messages[1]
    assert (first.text, first.buttons) == ("Broken? Yes", ())
    assert second.buttons


async def test_a_prompt_that_cannot_be_closed_holds_nothing_up(world: World) -> None:
    buttons = ((Button(text="Yes", data="C.1.yes"),),)
    world.store.commit(say("Broken?", slot="prompt", buttons=buttons))
    await world.relay.quiet()
    world.chat.delete(1, world.chat.messages[1][0].id)
    world.store.commit(say("Where?", slot="prompt", closing=(Span(text="x"),)), say("next"))
    await world.relay.quiet()

    assert world.texts() == ["Where?", "next"]
    assert world.store.rows == {}


async def test_a_delayed_message_waits_for_its_superseder_and_no_longer(world: World) -> None:
    world.store.commit(say("1 of 2", slot="progress", delay=timedelta(seconds=0.7)))
    await world.relay.quiet()
    assert world.texts() == []
    world.store.commit(say("2 of 2", slot="progress", place="edit", delay=timedelta(seconds=0.7)))

    await world.pass_time(1)

    assert world.texts() == ["2 of 2"]
    assert world.store.rows == {}


async def test_a_customer_who_blocked_the_bot_is_no_fault(world: World) -> None:
    world.chat.blocked.add(1)
    world.store.commit(say("a"), say("b"))

    await world.relay.quiet()

    assert (world.store.rows, world.store.letters) == ({}, {})
    assert world.texts(OPERATOR) == []


async def test_what_telegram_refuses_becomes_a_dead_letter_and_operators_are_told(world: World) -> None:
    [row_id, _] = world.store.commit(say("x" * 5000), say("next"))

    await world.relay.quiet()

    assert world.texts() == ["next"]
    assert world.store.letters[row_id].error == "PermanentFailure: Bad Request: message is too long"
    await world.pass_time(1)
    [alert] = world.texts(OPERATOR)
    assert row_id in alert


async def test_an_alert_that_cannot_be_told_raises_no_other_alert(world: World) -> None:
    world.chat.fail(PermanentFailure("Forbidden: bot was kicked"), times=50, chat=OPERATOR)
    world.store.commit(AlertOperators(text="look"), lane="alerts")

    await world.pass_time(120)

    assert len([call for call in world.chat.calls if call == ("send", OPERATOR)]) == 1
    assert len(world.store.letters) == 1


async def test_a_fault_of_our_own_is_tried_five_times_and_then_set_aside(world: World) -> None:
    world.chat.fail(RuntimeError("Anna Smith, anna@example.org"), times=50, chat=1)
    [row_id] = world.store.commit(say("a"))
    world.store.commit(say("b"), chat=2)

    await world.pass_time(300)

    assert len([call for call in world.chat.calls if call == ("send", 1)]) == 5
    assert "Anna" not in world.store.letters[row_id].error
    assert "anna" not in "".join(world.texts(OPERATOR)).lower()
    assert world.texts(2) == ["b"]


async def test_a_crash_between_sending_and_settling_repeats_the_text(world: World) -> None:
    world.store.refusals = 10_000
    world.store.commit(say("a"))
    await _after(world, 1)
    assert world.texts() == ["a"]
    await world.crash()
    world.store.refusals = 0

    await world.start()
    await world.relay.quiet()

    assert world.texts() == ["a", "a"]
    assert world.store.rows == {}


async def test_a_row_whose_mark_is_still_on_its_way_is_not_carried_out_again(world: World) -> None:
    world.store.marks_wait = True
    world.store.commit(say("a"))

    await world.pass_time(5)
    world.store.write_marks()
    await world.pass_time(60)

    assert world.texts() == ["a"]


async def test_a_message_whose_mark_is_still_on_its_way_is_edited_and_not_repeated(world: World) -> None:
    world.store.marks_wait = True
    world.store.commit(say("1 of 2", slot="progress"))
    await world.relay.quiet()
    world.store.commit(say("2 of 2", slot="progress", place="edit"))
    await world.relay.quiet()

    assert world.texts() == ["2 of 2"]


async def test_memory_of_what_is_done_is_short(world: World) -> None:
    for n in range(50):
        world.store.commit(say("hello", slot=f"s{n}"), chat=n + 1)
    await world.pass_time(15)

    assert (len(world.relay._done), len(world.relay._fresh), len(world.relay._held)) == (0, 0, 0)


async def test_a_store_that_refuses_a_result_gets_it_later_and_the_effect_is_not_repeated(
    world: World,
) -> None:
    world.store.refusals = 3
    world.store.commit(delivery(), lane="case:K7F3QX")

    await _after(world, 120)

    assert world.inboxes["acme"].attempts == ["K7F3QX.1"]
    assert kinds(world) == [Delivered]
    assert world.store.rows == {}


async def _after(world: World, seconds: int) -> None:
    """Let time pass while something insists, which is never quiet."""
    for _ in range(seconds):
        world.clock.advance(timedelta(seconds=1))
        for _ in range(20):
            await asyncio.sleep(0)


async def test_a_delivery_that_is_delayed_is_told_once_and_then_delivered_once(world: World) -> None:
    inbox = world.inboxes["acme"]
    inbox.down = DOWN
    world.store.commit(delivery(), lane="case:K7F3QX")
    await world.pass_time(60)
    assert kinds(world) == [DeliveryDelayed]

    inbox.down = None
    await world.pass_time(70)

    assert kinds(world) == [DeliveryDelayed, Delivered]
    assert world.store.posts == 2
    assert list(inbox.parcels) == ["K7F3QX.1"]
    assert world.store.rows == {}


async def test_a_delay_told_before_a_crash_is_not_told_again(world: World) -> None:
    world.inboxes["acme"].down = DOWN
    world.store.commit(delivery(), lane="case:K7F3QX")
    await world.relay.quiet()
    await world.crash()

    await world.start()
    await world.pass_time(60)

    assert kinds(world) == [DeliveryDelayed]


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


def waiting(seconds: float, *, serial: int = 1) -> SetTimer:
    return SetTimer(case="C", name="waiting", serial=serial, after=timedelta(seconds=seconds))


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
