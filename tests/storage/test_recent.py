"""States remembered by their text: right because a text says one thing, small because it is bounded."""

from dataclasses import replace

import pytest

from flows.conversation import Chat, Conversation
from storage.codec import CodecFault, encode
from storage.sql.recent import Recent

MARA = Chat(id=1, name="Mara", revision=3)


def test_a_text_is_decoded_once_and_another_text_of_the_same_revision_is_another_state() -> None:
    recent, reborn = Recent(), replace(MARA, name="Ove")

    first, second = (recent.read(encode(MARA), expected=Chat) for _ in range(2))

    assert first is second
    assert recent.read(encode(reborn), expected=Chat) == reborn


def test_what_was_not_asked_for_longest_goes_first() -> None:
    recent = Recent(most=2)
    texts = [encode(replace(MARA, id=number)) for number in (1, 2, 3)]
    one, two = (recent.read(text, expected=Chat) for text in texts[:2])
    recent.read(texts[0], expected=Chat)

    recent.read(texts[2], expected=Chat)

    assert recent.read(texts[0], expected=Chat) is one
    assert recent.read(texts[1], expected=Chat) is not two


def test_a_known_text_of_another_kind_is_refused() -> None:
    recent = Recent()
    recent.read(encode(MARA), expected=Chat)

    with pytest.raises(CodecFault):
        recent.read(encode(MARA), expected=Conversation)
