"""Spans find their places by what is stored already: in other processes, days later, and for several cases at once."""

from datetime import UTC, datetime, timedelta

from bot.spans import Place, attempt_at, of_group
from flows.effects import Effect, Say, SetTimer, StorePhoto
from flows.events import Event, OrderLinked, PhotoReceived, PhotoRefused, TextReceived, TimerFired
from flows.values import Upload
from storage.ports import Arrival, Committed, OutboxRow
from storage.rows import row_id, row_of, tag_of

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ENDED = int((NOW + timedelta(seconds=1)).timestamp() * 1e9)
UPLOAD = Upload(file_id="f", unique_id="u", kind="photo")
TAG = tag_of(42, born=NOW)


def row(effect: Effect, *, revision: int = 1, place: int = 0, attempts: int = 0) -> OutboxRow:
    made = row_of(effect, row=row_id(TAG, revision=revision, place=place), chat=42, now=NOW, at=NOW)
    return OutboxRow(
        id=made.id, chat=42, lane=made.lane, effect=effect, due=NOW, created=NOW, attempts=attempts
    )


def store(case: str = "K7F3QX", **named: int) -> OutboxRow:
    return row(StorePhoto(case=case, photo_id="p", upload=UPLOAD), **named)


def arrival(event: Event, key: str, *, source: str = "telegram") -> Arrival:
    return Arrival(source=source, id=key, chat=42, event=event)


def photo(key: str) -> Arrival:
    return arrival(PhotoReceived(at=NOW, nonce=key.zfill(16), upload=UPLOAD), key)


def spans(*worked: tuple[Arrival, Committed]) -> dict[str, list[Place]]:
    """The places of a group's spans, by name."""
    found: dict[str, list[Place]] = {}
    for one in of_group(worked, began=ENDED - 1000, ended=ENDED):
        found.setdefault(one.name, []).append(one.at)
    return found


def test_an_effect_finds_its_commit_by_its_own_row_in_any_process() -> None:
    wrote = store()
    [commit] = spans((photo("1"), Committed(rows=(wrote,))))["commit"]

    at, parent = attempt_at(store())

    assert parent == commit
    assert at.trace == commit.trace


def test_photos_of_an_album_that_are_worked_together_share_their_commit() -> None:
    worked = of_group(
        [
            (photo("1"), Committed(rows=(store(place=0),))),
            (photo("2"), Committed(rows=(store(place=1),))),
        ],
        began=ENDED - 1000,
        ended=ENDED,
    )

    first, second, commit = worked
    assert commit.parent == first.at
    assert commit.links == (second.at,)
    assert {attempt_at(store(place=place))[1] for place in (0, 1)} == {commit.at}


def test_each_case_has_a_trace_of_its_own_and_every_row_its_commit_in_it() -> None:
    rows = (store("K7F3QX"), store("M2P4RS", place=1), row(Say(spans=(), slot="notice"), place=2))

    found = spans((photo("1"), Committed(rows=rows)))

    assert len({place.trace for place in found["commit"]}) == 3
    assert [attempt_at(one)[1] for one in rows] == found["commit"]
    assert found["PhotoReceived"][0].trace == found["commit"][0].trace


def test_a_case_keeps_its_trace_for_ever() -> None:
    early, late = (attempt_at(store(revision=revision))[0] for revision in (1, 900))

    assert early.trace == late.trace
    assert early.span != late.span


def test_a_row_that_is_tried_again_hangs_below_its_first_attempt_and_so_does_its_result() -> None:
    first, _ = attempt_at(store())
    again, above = attempt_at(store(attempts=2))
    refused = PhotoRefused(at=NOW, case="K7F3QX", photo_id="p", reason="unreadable")

    [result, *_] = of_group(
        [(arrival(refused, store().id, source="outbox"), Committed())], began=ENDED, ended=ENDED
    )

    assert above == first
    assert again != first
    assert result.parent == first


def test_a_timer_hangs_below_the_commit_that_set_it() -> None:
    timer = row(SetTimer(case="K7F3QX", name="remind", serial=1, after=timedelta(hours=1)), place=3)
    fired = arrival(
        TimerFired(at=NOW, case="K7F3QX", name="remind", serial=1), f"{timer.id}@{NOW}", source="outbox"
    )

    [span] = of_group([(fired, Committed())], began=ENDED, ended=ENDED)

    assert span.parent == attempt_at(timer)[1]


def test_a_result_that_leads_into_another_trace_is_linked_to_where_it_comes_from() -> None:
    redeemed = row(Say(spans=()))  # like the redeeming of a link, it is for no case yet
    linked = arrival(OrderLinked(at=NOW, order=None), redeemed.id, source="outbox")

    event, _ = of_group([(linked, Committed(rows=(store(revision=2),)))], began=ENDED, ended=ENDED)

    assert event.parent is None
    assert event.links == (attempt_at(redeemed)[0],)


def test_an_event_says_what_became_of_it_and_nothing_of_what_it_says() -> None:
    said = arrival(TextReceived(at=NOW, nonce="a" * 16, text="canary", name="canary"), "77")

    for became, outcome in (
        (Committed(), "done"),
        (Committed(repeated=True), "repeated"),
        (Committed(set_aside=True), "set_aside"),
        (Committed(waiting=True), "waiting"),
    ):
        [span] = of_group([(said, became)], began=ENDED, ended=ENDED)

        assert span.attributes == {
            "clearshot.event": "TextReceived", "clearshot.source": "telegram",
            "clearshot.effects": 0, "clearshot.outcome": outcome,
        }  # fmt: skip
        assert span.ended - span.began == 10**9
