"""Customers who change their mind: a photo replaced, an answer edited and left, a reason begun, words typed at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flows.definition import Ask
from flows.engine.asking import Misfit, fitting
from flows.events import CaseSettled, HandedBack, PhotoRequested, PhotoStored, SellerAnswered
from flows.values import Item, Order
from flows.workbench.rehearsal import Rehearsal
from tests.flows.driving import to_photos, to_review, to_support

Begin = Callable[..., Rehearsal]


def labels(customer: Rehearsal) -> list[str]:
    return [photo.label for photo in customer.bundles[-1].photos]


def replace_front_view(customer: Rehearsal) -> None:
    to_review(customer)
    for label in ("Edit: Photos", "Front view", "New photo"):
        customer.tap(label)


def test_a_new_photo_that_is_rejected_is_told_and_asked_for_again(chat: Begin) -> None:
    customer = chat()
    replace_front_view(customer)

    customer.photo("blur")
    told = customer.last.text
    better = customer.photo()
    customer.tap("Send")

    assert "a little blurred" in told
    assert customer.bundles[-1].photos[0].photo.id == better


def test_a_photo_that_shall_be_replaced_can_be_kept_after_all(chat: Begin) -> None:
    customer = chat()
    replace_front_view(customer)
    before = customer.conversation.shots["ProductDefect_FrontView"].claims[0].photo_id
    customer.photo("blur")

    customer.tap("Keep as it is")
    customer.tap("Send")

    assert "ProductDefect_FrontView" in labels(customer)
    assert customer.bundles[-1].photos[0].photo.id == before
    assert customer.bundles[-1].photos[0].flags == ()


def test_a_message_that_an_edit_undid_is_decided_on_before_it_is_sent(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    customer.tap("Edit: Defect")
    customer.tap("It doesn't work")
    customer.tap("‹ Back")

    customer.tap("Send")
    assert customer.bundles == []
    customer.tap("Use this message")
    customer.tap("Send")

    assert "it does not work" in customer.bundles[-1].message


def test_back_at_the_review_leads_back_after_an_edit_too(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    customer.tap("Edit: Wish")
    customer.tap("Advice")
    customer.tap("Use this message")

    customer.tap("‹ Back")

    assert not customer.prompt.text.startswith("Here is everything.")


def test_a_photo_instead_of_a_reason_counts_although_it_replies_to_the_question(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.tap("I can't take it")

    customer.photo(reply_data=customer.prompt.buttons[0][0].data)

    assert "Defect close-up" in customer.prompt.text


def test_a_reason_given_while_the_photo_is_looked_at_does_not_lose_it(chat: Begin) -> None:
    customer = chat(hold=True)
    customer.start()
    customer.release()
    for label in ("A-17", "🔧", "It is broken", "Skip"):
        customer.tap(label)
    cannot = customer.prompt.buttons[0][0].data
    photo = customer.photo()
    customer.press(cannot)
    customer.say("It is gone")

    customer.release()
    customer.release()

    claims = customer.conversation.shots["ProductDefect_FrontView"].claims
    assert [(claim.photo_id, claim.status) for claim in claims] == [(photo, "accepted")]
    assert "Defect close-up" in customer.prompt.text


def test_support_that_asks_for_a_photo_gets_it(chat: Begin) -> None:
    customer = chat()
    to_support(customer)
    customer.post(PhotoRequested(case=customer.conversation.id, text="the plug"))

    customer.photo()
    customer.tap("Enough")
    customer.say("Here you are")

    sent = [effect for effect in customer.effects if type(effect).__name__ == "DeliverBundle"]
    assert [effect.inbox for effect in sent] == ["support", "support"]  # type: ignore[attr-defined]
    assert [(note.text, note.inbox) for note in customer.notes] == [("Here you are", "support")]
    assert not any("Acme" in message.text for message in customer.messages[-3:])


def test_a_case_that_support_gives_back_after_a_photo_goes_on_where_it_was_left(chat: Begin) -> None:
    customer = chat()
    to_support(customer)
    customer.post(PhotoRequested(case=customer.conversation.id, text="the plug"))
    customer.photo()
    customer.tap("Enough")

    customer.post(HandedBack(case=customer.conversation.id))

    assert "Describe it" in customer.prompt.text


@pytest.mark.parametrize("way", ["cancelled", "expired"])
def test_a_photo_for_support_that_is_put_aside_leaves_the_case_with_support(chat: Begin, way: str) -> None:
    customer = chat()
    to_support(customer)
    case = customer.conversation.id
    customer.post(PhotoRequested(case=case, text="the plug", at=customer.now))
    if way == "cancelled":
        customer.say("/cancel")
    else:
        customer.wait(timedelta(days=2))
        customer.wait(timedelta(days=4))

    customer.tap("Undo" if way == "cancelled" else "Continue")
    assert "the plug" in customer.prompt.text
    customer.say("/cancel")
    customer.say("I have thrown it away")
    customer.post(HandedBack(case=case, at=customer.now))

    assert [(note.text, note.inbox) for note in customer.notes] == [("I have thrown it away", "support")]
    assert "Describe it" in customer.prompt.text


@pytest.mark.parametrize("taken", ["handed over", "sent"])
def test_a_photo_that_is_still_on_its_way_when_the_case_goes_follows_it(chat: Begin, taken: str) -> None:
    customer = chat(hold=True)
    customer.start()
    customer.release()
    if taken == "handed over":
        late = customer.photo()
        for label in ("A-17", "🔧", "It smokes"):
            customer.tap(label)
    else:
        customer.hold = False
        for label in ("A-17", "🔧", "It is broken", "Skip"):
            customer.tap(label)
        for _ in range(2):
            customer.photo()
        for label in ("Enough", "Skip", "Skip", "A replacement", "Use this message", "Send"):
            customer.tap(label)
        customer.post(PhotoRequested(case=customer.conversation.id, text="all sides"))
        customer.hold = True
        ids = [customer.photo() for _ in range(4)]
        late = ids[-1]
        first = [e for e in customer.waiting if isinstance(e, PhotoStored) and e.photo.id != late]
        customer.waiting = type(customer.waiting)(e for e in customer.waiting if e not in first)
        slow = list(customer.waiting)
        customer.waiting.clear()
        customer.hold = False
        for event in first:
            customer.post(event)
        customer.waiting.extend(slow)

    customer.hold = False
    customer.release()

    assert late in [photo.photo.id for bundle in customer.bundles for photo in bundle.photos]


def test_words_typed_while_orders_are_looked_up_are_no_mistake(chat: Begin) -> None:
    customer = chat(hold=True)
    customer.say("Hi")
    customer.say("My mug is broken")

    customer.release()

    assert not any("tap one of the buttons" in message.text for message in customer.messages)
    assert "Which order" in customer.prompt.text


@pytest.mark.parametrize("typed", ["Product defect", "product defect", "🔧 Product defect", "product_defect"])
def test_an_issue_can_be_typed_as_it_reads(chat: Begin, typed: str) -> None:
    customer = chat()
    customer.start()
    customer.tap("A-17")

    customer.say(typed)

    assert "What is wrong with it?" in customer.prompt.text


def test_a_case_cancelled_while_send_waits_is_not_sent_by_the_next_photo(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    customer.hold = True
    customer.photo()
    customer.tap("Send")
    customer.say("/cancel")
    customer.hold = False
    customer.release()
    assert "Got it" not in customer.last.text

    customer.tap("Undo")
    customer.photo()

    assert customer.bundles == []
    assert customer.conversation.phase == "open"


def test_a_large_number_stays_as_it_was_typed() -> None:
    assert fitting("1234567", Ask(type="number")).value == "1234567"
    assert fitting("2,50", Ask(type="number")).value == "2.5"


@pytest.mark.parametrize(
    ("bounds", "told"),
    [({"min": 1}, "Please type a number, 1 or more."), ({"max": 9}, "Please type a number, 9 at most."),
     ({"min": 1, "max": 9}, "Please type a number from 1 to 9.")],
)  # fmt: skip
def test_a_number_out_of_range_is_told_the_bounds_there_are(
    chat: Begin, bounds: dict[str, Any], told: str
) -> None:
    texts = chat().catalogue.texts

    with pytest.raises(Misfit) as misfit:
        fitting("-5" if "min" in bounds else "50", Ask(type="number", **bounds))

    assert texts.plain("en", misfit.value.text_id, misfit.value.names) == told


def test_an_order_s_photos_follow_the_customer_into_another_issue_even_while_they_come(chat: Begin) -> None:
    customer = chat(known=(Order(number="A-17", seller="acme", items=(Item(title="Mug"),), verified=True),))
    to_photos(customer)
    customer.hold = True
    photo = customer.photo()
    for _ in range(3):
        customer.say("/back")
    customer.hold = False
    customer.tap("💬")

    customer.release()

    known = [claim.photo_id for claim in customer.conversation.tray]
    known += [claim.photo_id for state in customer.conversation.shots.values() for claim in state.claims]
    assert photo in known


def test_support_is_not_called_by_the_seller_s_name(chat: Begin) -> None:
    customer = chat()
    to_support(customer)
    case = customer.conversation.id

    customer.post(SellerAnswered(case=case, text="Is it unplugged?"))
    answered = customer.last.text
    customer.post(PhotoRequested(case=case, text="the plug"))
    wished = customer.prompt.text
    customer.post(CaseSettled(case=case))

    assert [text.partition(" support")[0] for text in (answered, wished)] == ["Our", "Our"]
    assert "Our support considers" in customer.last.text


def test_extra_photos_of_one_album_are_acknowledged_once(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    for _ in range(2):
        customer.photo()
    customer.hold = True
    for _ in range(6):
        customer.photo(album="holiday")
    stored = list(customer.waiting)
    customer.waiting = type(customer.waiting)(
        stored[place] for place in (0, 1, 2, 4, 3, 5)
    )  # 4 and 5 are extras

    customer.release()

    assert sum("extra photo" in message.text for message in customer.messages) == 1


def test_a_photo_sent_while_one_is_looked_at_takes_its_place(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    customer.tap("Edit: Photos")
    customer.tap("Front view")

    better = customer.photo()
    customer.tap("Send")

    assert [photo.label for photo in customer.bundles[-1].photos if photo.photo.id == better] == [
        "ProductDefect_FrontView"
    ]


def test_looking_at_a_photo_and_going_back_changes_nothing(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    for label in ("Edit: Photos", "Front view", "‹ Back", "Done", "Send"):
        customer.tap(label)

    assert labels(customer) == ["ProductDefect_FrontView", "ProductDefect_CloseUp_1"]


def test_a_photo_that_replies_to_the_list_of_photos_replaces_none(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    front = customer.conversation.shots["ProductDefect_FrontView"].claims[0].photo_id
    customer.tap("Edit: Photos")

    customer.photo(reply_data=customer.prompt.buttons[0][0].data)

    assert [claim.photo_id for claim in customer.conversation.shots["ProductDefect_FrontView"].claims] == [
        front
    ]
