"""Whatever arrives as an update, however hostile or broken, ends as an event, as nothing, or as Untranslatable."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.translate import Untranslatable, chat_of, translate
from flows.events import Event, FromCustomer
from tests.telegram.hostile import hostile_strings
from tests.telegram.recorded import names, recorded

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NONCE = "0123456789abcdef"
MARA = 5550001


@pytest.mark.parametrize(
    "update",
    [
        None,
        [],
        "text",
        {"update_id": 1, "message": None},
        {"update_id": 1, "message": []},
        {"update_id": 1, "message": {}},
        {"update_id": 1, "message": {"chat": {"id": 5}}},
        {"update_id": 1, "message": {"chat": {"id": 5, "type": "private"}, "text": "no number"}},
        {"update_id": 1, "message": {"chat": {"id": "5", "type": "private"}, "message_id": 1}},
        {"update_id": 1, "message": {"chat": {"id": True, "type": "private"}, "message_id": 1}},
        {"update_id": 1, "message": {"chat": {"id": 2**80, "type": "private"}, "message_id": 1}},
        {"update_id": 1, "message": {"chat": {"id": -5, "type": "private"}, "message_id": 1}},
        {"update_id": 1, "callback_query": "press"},
        {"update_id": 1, "my_chat_member": {"new_chat_member": []}},
    ],
)
def test_what_has_not_the_documented_shape_is_untranslatable(update: Any) -> None:
    with pytest.raises(Untranslatable):
        translate(update, at=AT, nonce=NONCE)


def test_an_untranslatable_update_still_names_its_chat_where_it_can() -> None:
    update = recorded("photo")
    update["message"]["message_id"] = "six"

    with pytest.raises(Untranslatable) as caught:
        translate(update, at=AT, nonce=NONCE)

    assert caught.value.chat == chat_of(update) == MARA


def test_updates_of_kinds_to_come_are_left_alone() -> None:
    assert translate({"update_id": 1, "mind_reading": {"chat": {"id": 5}}}, at=AT, nonce=NONCE) is None


@pytest.mark.parametrize("name", names())
def test_no_field_of_a_wrong_type_breaks_more_than_its_update(name: str) -> None:
    wrong: tuple[Any, ...] = (None, 0, -1, 1.5, True, "", "x", "\0", [], [[]], [None], {}, {"id": []}, 2**70)

    for path in paths(recorded(name)):
        for value in wrong:
            update = replaced(recorded(name), path, value)
            try:
                found = translate(update, at=AT, nonce=NONCE)
            except Untranslatable:
                continue
            assert found is None or isinstance(found[1], Event)


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [path for key, child in inner for path in paths(child, (*before, key))]
    return [before, *below] if before else below


def replaced(update: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(update)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def test_hostile_words_go_through_and_every_store_can_hold_them(sample_data: Path) -> None:
    for words in hostile_strings(sample_data):
        for name, field in (("text", "text"), ("photo", "caption"), ("callback_query", "data")):
            update = recorded(name)
            body = update.get("message") or update["callback_query"]
            body[field] = words
            body["from"]["first_name"] = words

            found = translate(update, at=AT, nonce=NONCE)

            if found is not None:
                assert isinstance(found[1], FromCustomer)
                assert_storable(found[1])


def assert_storable(event: FromCustomer) -> None:
    said = [getattr(event, name, "") for name in ("text", "caption", "data", "argument", "payload")]
    for words in [*said, event.name]:
        assert "\0" not in words
        assert len(words) <= 4096
        words.encode()
    assert len(event.name) <= 64
    assert not set(event.name) & set("\n\r\t\u202e\u2066\u200f")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "chat",
                        "id",
                        "type",
                        "message_id",
                        "text",
                        "photo",
                        "document",
                        "from",
                        "data",
                        "message",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_at_all_raises_anything_but_untranslatable(body: Any) -> None:
    for kind in ("message", "callback_query", "my_chat_member", "edited_message"):
        try:
            translate({"update_id": 1, kind: body}, at=AT, nonce=NONCE)
        except Untranslatable as fault:
            json.dumps(fault.reason)
