"""The order of a lane, and what supersedes what."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.app.lanes import Lane
from bot.testing import NOON
from flows.effects import ForgetPhotos, Say
from flows.values import Span, Spans
from storage.ports import OutboxRow


def words(text: str) -> Spans:
    return (Span(text=text),)


def row(row_id: str, text: str, **fields: Any) -> OutboxRow:
    say = Say(spans=words(text), **fields)
    return OutboxRow(id=row_id, chat=1, lane="chat:1", effect=say, due=NOON, created=NOON)


def lane_of(*rows: OutboxRow) -> Lane:
    lane = Lane()
    for one in rows:
        lane.add(one, now=NOON)
    return lane


def told(lane: Lane) -> list[str]:
    return [one.row.effect.spans[0].text for one in lane.waiting if isinstance(one.row.effect, Say)]


def test_rows_go_in_the_order_of_their_commits_even_when_an_orphan_comes_late() -> None:
    lane = lane_of(row("x", "second"), row("c", "third"))
    orphan = replace(row("z", "first"), created=NOON - timedelta(seconds=1))

    lane.add(orphan, now=NOON)

    assert told(lane) == ["first", "second", "third"]


def test_a_later_edit_takes_the_place_of_the_unsent_message_and_of_its_row() -> None:
    lane = lane_of(
        row("a", "1 of 3", slot="progress"),
        row("b", "a question"),
        row("c", "2 of 3", slot="progress", place="edit"),
    )

    assert told(lane) == ["2 of 3", "a question"]
    first = lane.take()
    assert first.ids == ("a", "c")
    assert isinstance(first.row.effect, Say)
    assert first.row.effect.place == "new"


def test_a_later_new_message_comes_last_and_closes_what_the_unsent_one_would_have_closed() -> None:
    lane = lane_of(
        row("a", "question 2", slot="prompt", closing=words("chosen: one")),
        row("b", "a notice"),
        row("c", "question 3", slot="prompt", closing=words("chosen: two")),
    )

    assert told(lane) == ["a notice", "question 3"]
    assert lane.take().ids == ("b",)
    last = lane.take()
    assert last.ids == ("a", "c")
    assert isinstance(last.row.effect, Say)
    assert last.row.effect.closing == words("chosen: one")


def test_other_slots_and_messages_without_a_slot_supersede_nothing() -> None:
    lane = lane_of(row("a", "x", slot="one"), row("b", "y", slot="two"), row("c", "z"), row("d", "z"))

    assert told(lane) == ["x", "y", "z", "z"]


def test_effects_that_say_nothing_supersede_nothing() -> None:
    forget = ForgetPhotos(case="C", keys=())
    rows = [OutboxRow(id=n, chat=1, lane="case:C", effect=forget, due=NOON, created=NOON) for n in ("a", "b")]

    assert len(lane_of(*rows).waiting) == 2


def seconds_until_ready(lane: Lane) -> float:
    return (lane.ready_at() - NOON).total_seconds()


def test_a_delayed_message_waits_for_one_that_supersedes_it() -> None:
    lane = lane_of(row("a", "1 of 3", slot="progress", delay=timedelta(seconds=0.7)))

    assert seconds_until_ready(lane) == 0.7


def test_a_delayed_message_does_not_hold_up_what_waits_behind_it() -> None:
    lane = lane_of(row("a", "1 of 3", slot="progress", delay=timedelta(seconds=0.7)), row("b", "next"))

    assert seconds_until_ready(lane) == 0


def test_a_message_that_is_superseded_again_and_again_is_shown_at_last() -> None:
    lane = Lane()
    for n in range(20):
        late = row(f"r{n:02}", f"{n} of 20", slot="progress", place="edit", delay=timedelta(seconds=1))
        lane.add(late, now=NOON + timedelta(seconds=n / 2))

    assert told(lane) == ["19 of 20"]
    assert seconds_until_ready(lane) <= 4


def test_a_message_put_back_after_a_failure_is_superseded_by_what_came_meanwhile() -> None:
    lane = lane_of(row("a", "1 of 2", slot="progress"))
    taken = lane.take()
    lane.add(row("b", "2 of 2", slot="progress", place="edit"), now=NOON)

    lane.put_back(taken, not_before=NOON + timedelta(seconds=9))

    assert told(lane) == ["2 of 2"]
    assert seconds_until_ready(lane) == 9
    assert lane.take().ids == ("a", "b")


def test_all_that_was_superseded_meanwhile_is_done_with_the_message_that_is_shown() -> None:
    lane = lane_of(row("a", "question 1", slot="prompt"))
    taken = lane.take()
    for name in ("b", "c", "d"):
        lane.add(row(name, f"question {name}", slot="prompt"), now=NOON)

    lane.put_back(taken, not_before=NOON + timedelta(seconds=9))

    assert told(lane) == ["question d"]
    assert sorted(lane.take().ids) == ["a", "b", "c", "d"]


def test_the_whole_lane_waits_for_a_retry_and_keeps_its_order() -> None:
    lane = lane_of(row("a", "first"), row("b", "second"))
    later: datetime = NOON + timedelta(seconds=30)

    lane.put_back(lane.take(), not_before=later)

    assert lane.ready_at() == later
    assert told(lane) == ["first", "second"]
