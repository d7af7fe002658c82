"""The relay: order within a lane, none across; two failures; nothing lost, nothing delivered twice."""

import asyncio
from datetime import timedelta
from typing import Any

from bot.ports import PermanentFailure, TransientFailure
from flows.effects import AlertOperators, SetTimer
from flows.events import Delivered, DeliveryDelayed
from flows.values import Button, Span
from storage.ports import Slot
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


async def test_a_row_that_another_process_had_when_its_mark_came_is_settled_when_it_comes_back(
    world: World,
) -> None:
    world.store.marks_wait = True
    world.store.commit(say("a"))
    await world.relay.quiet()
    world.store.lose_marks()

    await world.pass_time(5)
    world.store.write_marks()
    await world.pass_time(60)

    assert world.texts() == ["a"]
    assert world.store.rows == {}


async def test_what_comes_after_a_row_that_another_process_did_meanwhile_is_carried_out(world: World) -> None:
    world.chat.fail(DOWN, chat=1)
    first, _ = world.store.commit(say("a"), say("b"))
    del world.store.rows[first]

    await world.pass_time(60)

    assert world.texts() == ["b"]
    assert world.store.rows == {}


async def test_a_row_that_is_given_out_again_while_its_lease_is_renewed_is_carried_out(world: World) -> None:
    world.store.commit(say("a"))
    world.store.given_out_meanwhile = list(world.store.rows.values())

    await world.pass_time(60)

    assert world.texts() == ["a"]
    assert world.store.rows == {}


async def test_a_message_whose_mark_is_still_on_its_way_is_edited_and_not_repeated(world: World) -> None:
    world.store.marks_wait = True
    world.store.commit(say("1 of 2", slot="progress"))
    await world.relay.quiet()
    world.store.commit(say("2 of 2", slot="progress", place="edit"))
    await world.relay.quiet()

    assert world.texts() == ["2 of 2"]


async def test_the_message_that_is_edited_is_the_last_one_whichever_process_showed_it(world: World) -> None:
    world.store.commit(say("1 of 3", slot="progress"))
    await world.relay.quiet()
    shown = await world.chat.send(1, say("2 of 3"), None)
    world.store.slots[1, "progress"] = Slot(message=shown.message)

    world.store.commit(say("3 of 3", slot="progress", place="edit"))
    await world.relay.quiet()

    assert world.texts() == ["1 of 3", "3 of 3"]


async def test_memory_of_what_is_done_is_short(world: World) -> None:
    for n in range(50):
        world.store.commit(say("hello", slot=f"s{n}"), chat=n + 1)
    await world.pass_time(15)

    assert (len(world.relay._done), len(world.relay._held)) == (0, 0)


async def test_a_store_that_refuses_a_result_gets_it_later_and_the_effect_is_not_repeated(
    world: World,
) -> None:
    world.store.refusals = 3
    world.store.commit(delivery(), lane="case:K7F3QX")

    await _after(world, 120)

    assert world.inboxes["acme"].attempts == ["K7F3QX.1"]
    assert kinds(world) == [Delivered]
    assert world.store.rows == {}


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
