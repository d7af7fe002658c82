from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from flows import effects, events
from flows.conversation import Chat, Conversation
from flows.effects import Effect, Say
from flows.events import Event, FromCustomer, PhotoJudged, TextReceived
from flows.values import Order, Verdict
from storage.codec import EFFECTS, EVENTS, KINDS, CodecFault, decode, encode

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.jsonl"))


def rows() -> list[str]:
    return [line for file in RECORDED for line in file.read_text().splitlines()]


@pytest.mark.parametrize("row", rows(), ids=lambda row: orjson.loads(row)["kind"])
def test_rows_that_a_release_recorded_are_read_and_written_alike(row: str) -> None:
    value = decode(row, expected=object)

    again = decode(encode(value), expected=object)

    assert again == value
    assert type(value).__name__ == orjson.loads(row)["kind"]


@pytest.mark.parametrize("row", rows(), ids=lambda row: orjson.loads(row)["kind"])
def test_no_field_of_a_recorded_row_is_dropped(row: str) -> None:
    recorded = orjson.loads(row)

    written = orjson.loads(encode(decode(row, expected=object)))

    assert holds(written["body"], recorded["body"])


def holds(written: Any, recorded: Any) -> bool:
    """Tell whether all that was recorded is there; fields that were added since, at any depth, may be too."""
    if isinstance(recorded, dict):
        return all(name in written and holds(written[name], value) for name, value in recorded.items())
    if isinstance(recorded, list):
        return len(written) == len(recorded) and all(map(holds, written, recorded))
    return bool(written == recorded)


def test_every_kind_is_recorded() -> None:
    recorded = {orjson.loads(row)["kind"] for row in rows()}

    assert recorded == set(KINDS)


def test_every_event_and_effect_can_be_stored() -> None:
    def leaves(kind: type) -> set[str]:
        return {
            one.__name__
            for one in vars(events if kind is Event else effects).values()
            if isinstance(one, type) and issubclass(one, kind) and one not in {kind, FromCustomer}
        }

    assert leaves(Event) == set(EVENTS)
    assert leaves(Effect) == set(EFFECTS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"v":1,"kind":"Teleported","body":{}}', "unknown kind 'Teleported'"),
        ('{"v":2,"kind":"Chat","body":{"id":1}}', "version 2 of 'Chat': this release reads 1"),
        ('{"v":1,"kind":["Chat"],"body":{"id":1}}', "unknown kind"),
        ('{"v":1,"kind":"Chat"}', "not an envelope"),
        ("[]", "not an envelope"),
        ("{", "not an envelope"),
        ('{"v":1,"kind":"Chat","body":{"id":"secret words"}}', "Chat cannot be read: id: int_parsing"),
    ],
)
def test_what_is_no_row_of_ours_is_refused_with_its_reason(text: str, said: str) -> None:
    with pytest.raises(CodecFault) as refusal:
        decode(text, expected=Chat)

    assert said in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_a_row_of_another_sort_is_refused() -> None:
    row = encode(TextReceived(text="hello"))

    with pytest.raises(CodecFault, match="TextReceived"):
        decode(row, expected=Effect)


def test_a_value_that_would_not_come_back_is_refused_when_it_is_written() -> None:
    nowhere = PhotoJudged(case="K7F3QX", photo_id="p", verdict=Verdict(sharpness=float("nan")))
    wrong = Say(spans="not spans")  # type: ignore[arg-type]
    torn = TextReceived(text="half a pair \ud83d")

    for value in (nowhere, wrong, torn, object()):
        with pytest.raises(CodecFault):
            encode(value)


def test_states_come_back_equal_but_not_the_same() -> None:
    chat = Chat(id=1, name="a", orders=(Order(number="1", seller="s"),))

    back = decode(encode(chat), expected=Chat)

    assert back == chat
    assert back is not chat
    assert replace(back, name="b") != chat


def test_the_recorded_conversation_uses_every_field() -> None:
    """A field that is at its default proves nothing about how it is read."""
    [row] = [row for row in rows() if orjson.loads(row)["kind"] == "Conversation"]
    conversation = decode(row, expected=Conversation)
    fresh = Conversation(id="", chat=0, flow=conversation.flow)

    same = [name for name in Conversation.__slots__ if getattr(conversation, name) == getattr(fresh, name)]

    assert set(same) <= {"flow", "phase"}
