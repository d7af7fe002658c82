"""Changing a value field by field gives what dataclasses.replace gives, for every state that a step changes."""

from dataclasses import dataclass, replace

import pytest

from flows.changing import changed
from flows.conversation import Chat, Conversation, FlowRef


def test_the_copy_has_the_news_and_everything_else() -> None:
    conversation = Conversation(id="K7F3", chat=5, flow=FlowRef(name="a", hash="b"), history=("x",))

    copy = changed(conversation, serial=9, step="photos")

    assert copy == replace(conversation, serial=9, step="photos")
    assert conversation.serial != 9


def test_a_chat_too() -> None:
    chat = Chat(id=5, language="de")

    assert changed(chat, focus="K7F3") == replace(chat, focus="K7F3")


def test_a_field_that_there_is_none_of_is_refused() -> None:
    with pytest.raises(TypeError, match="no field 'serail'"):
        changed(Conversation(id="K7F3", chat=5, flow=FlowRef(name="a", hash="b")), serail=9)


def test_a_class_that_checks_its_fields_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Checked:
        """Raises what a copy would go past."""

        low: int
        high: int

        def __post_init__(self) -> None:
            """Check."""

    with pytest.raises(TypeError, match="cannot be copied"):
        changed(Checked(1, 2), low=3)
