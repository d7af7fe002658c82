"""What the customer sees while photos are looked at: one tick for each, no question twice."""

from tests.flows.driving import Begin, to_photos


def test_a_verdict_that_comes_after_the_next_question_ticks_and_asks_nothing_twice(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    for _ in range(2):
        customer.photo()
    customer.hold = True
    customer.photo()
    customer.release()
    customer.tap("Enough")

    customer.release()

    asked = [message for message in customer.messages if "Serial label" in message.text]
    assert len(asked) == 1
    assert asked[0].buttons != ()
    assert not any("looking at it" in message.text for message in customer.messages)
    customer.tap("Skip")
    assert "Back view" in customer.prompt.text


def test_a_third_rejection_is_told_as_the_second_was(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)

    for _ in range(3):
        customer.photo("blur")

    assert customer.last.slot.startswith("prompt:")
    assert sum("or use this one" in message.text for message in customer.messages) == 2


def test_a_pdf_is_ticked_like_a_photo(chat: Begin) -> None:
    customer = chat()
    customer.start()
    for label in ("A-17", "🧾", "Guarantee"):
        customer.tap(label)

    customer.photo(kind="pdf")

    assert "✓ Receipt or invoice" in [message.text for message in customer.messages]
