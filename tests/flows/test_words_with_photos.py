"""Words that come with a photo: shown before they go, sent after the bundle, left out when wished so."""

from tests.flows.driving import Begin, to_photos, to_support


def test_words_with_a_photo_are_shown_and_reach_the_seller(chat: Begin) -> None:
    customer = chat()
    customer.photo(caption="The driver dropped it")
    to_photos(customer)
    customer.photo("blur", caption="The handle is loose")
    for _ in range(2):
        customer.photo()
    for label in ("Enough", "Skip", "Skip", "A replacement", "Use this message"):
        customer.tap(label)
    shown = customer.prompt.text

    customer.tap("Send")

    assert "💬 The driver dropped it" in shown
    assert "💬 The handle is loose" in shown
    assert [note.text for note in customer.notes] == ["The driver dropped it\nThe handle is loose"]
    assert customer.conversation.captions == ()


def test_words_with_a_photo_can_be_left_out(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.photo(caption="Not for the seller")
    customer.photo()
    for label in ("Enough", "Skip", "Skip", "A replacement", "Use this message"):
        customer.tap(label)

    customer.tap("Leave out")
    customer.tap("Send")

    assert customer.notes == []


def test_words_with_a_photo_reach_the_person_who_took_over_at_once(chat: Begin) -> None:
    customer = chat()
    to_support(customer)

    customer.photo(caption="It is still warm")

    assert [(note.text, note.inbox) for note in customer.notes] == [("It is still warm", "support")]


def test_many_words_with_photos_all_reach_the_seller_in_messages_that_fit(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    said = [f"{n}: {'long ' * 200}".strip() for n in range(9)]
    for words in said:
        customer.photo(caption=words)
    for label in ("A replacement", "Use this message", "Send"):
        customer.tap(label)

    assert [line for note in customer.notes for line in note.text.splitlines()] == said
    assert all(len(note.text) <= 4000 for note in customer.notes)
    assert len(customer.notes) == 3


def test_words_beyond_those_of_forty_photos_are_declined_aloud(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    for n in range(41):
        customer.photo(kind="pdf", caption=f"word {n}")

    assert len(customer.conversation.captions) == 40
    assert any("words of 40 photos" in message.text for message in customer.messages[-2:])
