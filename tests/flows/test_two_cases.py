"""Cases that lie with sellers while the customer does something else: whose words go where, and what is still heard."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flows.catalogue import Catalogue
from flows.events import PhotoRequested, SellerAnswered
from flows.values import Item, Order
from flows.workbench.rehearsal import Rehearsal
from tests.flows.conftest import MUG
from tests.flows.driving import sent, to_photos

LAMP = Order(number="L-5", seller="lumen", items=(Item(title="Lamp"),), verified=True)


@pytest.fixture
def customer(catalogue: Catalogue) -> Rehearsal:
    """A customer whose case about the mug is with Acme."""
    rehearsal = Rehearsal(catalogue, known=(MUG, LAMP))
    sent(rehearsal)
    return rehearsal


def begin_another(customer: Rehearsal) -> None:
    customer.start()
    customer.tap("L-5")
    customer.tap("💬")


def send_another(customer: Rehearsal) -> None:
    begin_another(customer)
    customer.say("It flickers")
    for label in ("Skip", "Use this message", "Send"):
        customer.tap(label)


def texts(customer: Rehearsal) -> list[str]:
    return [message.text for message in customer.messages]


def test_words_typed_after_an_answer_go_to_the_seller_who_answered(customer: Rehearsal) -> None:
    mug = customer.conversation.id
    send_another(customer)
    customer.post(SellerAnswered(case=mug, text="Is a refund all right?"))

    customer.say("Yes, a refund please")
    offered = customer.last.text
    customer.tap("Tell")

    assert "Acme Outdoor" in offered
    assert [(note.case, note.seller.id) for note in customer.notes] == [(mug, "acme")]


def test_an_answer_in_the_middle_of_another_case_waits_for_its_button(customer: Rehearsal) -> None:
    mug = customer.conversation.id
    begin_another(customer)
    lamp = customer.conversation.id
    customer.post(SellerAnswered(case=mug, text="Is a refund all right?"))
    answered = customer.last
    customer.say("It flickers")

    customer.press(answered.buttons[0][0].data)
    customer.say("Yes, a refund please")
    customer.tap("Tell")

    assert "Type here" not in answered.text
    assert customer.state.conversations[lamp].answers["details"].text == "It flickers"
    assert [(note.case, note.text) for note in customer.notes] == [(mug, "Yes, a refund please")]
    assert customer.conversation.id == lamp
    assert "Photos" in customer.last.text


def test_a_wish_in_the_middle_of_another_case_is_asked_for_behind_its_button(customer: Rehearsal) -> None:
    mug = customer.conversation.id
    begin_another(customer)
    customer.say("It flickers")
    customer.post(PhotoRequested(case=mug, text="the bottom"))
    asked = customer.last
    customer.photo()

    customer.press(asked.buttons[0][0].data)
    customer.photo()
    customer.tap("Enough")

    assert asked.labels() == []
    assert [(bundle.case, len(bundle.photos)) for bundle in customer.bundles] == [(mug, 2), (mug, 1)]


@pytest.mark.parametrize("way", ["cancelled", "expired"])
def test_a_seller_who_writes_after_a_wish_was_put_aside_is_answered_in_that_case(
    customer: Rehearsal, way: str
) -> None:
    mug = customer.conversation.id
    customer.post(PhotoRequested(case=mug, text="the bottom", at=customer.now))
    if way == "cancelled":
        customer.say("/cancel")
    else:
        customer.wait(timedelta(days=2))
        customer.wait(timedelta(days=4))
    customer.post(SellerAnswered(case=mug, text="Never mind. Ten euros back?", at=customer.now))

    customer.say("Yes please")
    customer.tap("Tell")

    assert [(note.case, note.text) for note in customer.notes] == [(mug, "Yes please")]
    assert len(customer.state.conversations) == 1


def test_cancelling_a_wish_does_not_claim_that_nothing_was_sent(customer: Rehearsal) -> None:
    customer.post(PhotoRequested(case=customer.conversation.id, text="the bottom", at=customer.now))

    customer.say("/cancel")
    told = customer.last.text
    customer.say("I have given it away")
    customer.tap("Tell")

    assert "Nothing was sent" not in told
    assert [note.text for note in customer.notes] == ["I have given it away"]


def test_a_cancelled_wish_can_be_taken_up_again(customer: Rehearsal) -> None:
    customer.post(PhotoRequested(case=customer.conversation.id, text="the bottom", at=customer.now))
    customer.say("/cancel")

    customer.tap("Undo")
    customer.photo()
    customer.tap("Enough")

    assert [bundle.number for bundle in customer.bundles] == [1, 2]


def test_words_instead_of_a_wished_photo_are_offered_to_the_seller(customer: Rehearsal) -> None:
    customer.post(PhotoRequested(case=customer.conversation.id, text="the bottom", at=customer.now))

    customer.say("I have given it away")
    customer.tap("Tell")

    assert [note.text for note in customer.notes] == ["I have given it away"]
    assert customer.conversation.phase == "open"


def test_the_status_lists_a_case_that_waits_for_a_wished_photo_as_sent(customer: Rehearsal) -> None:
    customer.post(PhotoRequested(case=customer.conversation.id, text="the bottom", at=customer.now))

    customer.say("/status")

    assert "Camping mug: It is broken" in customer.last.text
    assert "Not sent yet" not in customer.last.text


def test_an_agreement_to_a_seller_s_question_is_no_mere_courtesy(customer: Rehearsal) -> None:
    customer.post(SellerAnswered(case=customer.conversation.id, text="Is a refund all right?"))

    customer.say("OK, thanks")

    assert customer.last.text.startswith("Shall I tell")


def test_a_second_press_on_new_case_begins_no_second_one(customer: Rehearsal) -> None:
    customer.say("It was a gift")
    again = customer.last.buttons[-1][0].data
    customer.tap("New case")

    customer.press(again)

    assert len(customer.state.conversations) == 2
    assert sum(text.startswith("Hello Anna") for text in texts(customer)) == 2


def test_a_deep_link_tapped_again_goes_on_with_what_was_begun(catalogue: Catalogue) -> None:
    customer = Rehearsal(catalogue, known=(), shop={("token", "link"): MUG})
    customer.start("token")
    customer.tap("🔧")

    customer.start("token")

    assert len(customer.state.conversations) == 1
    assert customer.prompt.text.startswith("Welcome back.")
    assert "What is wrong with it?" in customer.prompt.text


def test_a_new_language_is_spoken_in_every_case(customer: Rehearsal) -> None:
    mug = customer.conversation.id
    send_another(customer)
    customer.say("/language")
    customer.tap("Deutsch")

    customer.post(SellerAnswered(case=mug, text="Sorry"))

    assert customer.last.text.startswith("Acme Outdoor schreibt:")


def test_a_reminder_names_the_issue_in_the_language_of_now(catalogue: Catalogue) -> None:
    customer = Rehearsal(catalogue, known=(MUG,))
    to_photos(customer)
    customer.say("/language")
    customer.tap("Deutsch")

    customer.wait(timedelta(minutes=31))

    assert "„Produkt defekt“" in customer.last.text


def test_a_language_chosen_between_cases_begins_none(customer: Rehearsal) -> None:
    begin_another(customer)
    customer.say("/cancel")
    customer.say("/language")

    customer.tap("Deutsch")
    customer.tap("Undo")

    assert len(customer.state.conversations) == 2
    assert "Worum geht es?" in customer.prompt.text


def test_a_reminder_before_any_issue_was_named_has_no_empty_quotes(catalogue: Catalogue) -> None:
    customer = Rehearsal(catalogue, known=(MUG,))
    customer.start()

    customer.wait(timedelta(minutes=31))
    first = customer.last.text
    customer.wait(timedelta(hours=20))

    assert first.startswith("Shall we go on?")
    assert "“”" not in customer.last.text


def test_a_wished_photo_goes_although_nobody_says_that_it_is_enough(customer: Rehearsal) -> None:
    customer.post(PhotoRequested(case=customer.conversation.id, text="the bottom", at=customer.now))
    photo = customer.photo()

    customer.wait(timedelta(minutes=31))

    assert [one.photo.id for one in customer.bundles[-1].photos] == [photo]
    assert customer.bundles[-1].number == 2
    assert not any("Shall we go on" in text for text in texts(customer))


def test_a_wish_without_a_photo_is_still_reminded_of(customer: Rehearsal) -> None:
    customer.post(PhotoRequested(case=customer.conversation.id, text="the bottom", at=customer.now))

    customer.wait(timedelta(minutes=31))

    assert "Shall we go on" in customer.last.text
    assert len(customer.bundles) == 1


def test_words_in_several_messages_reach_the_seller_together(customer: Rehearsal) -> None:
    customer.say("Hi")
    customer.say("The handle came off too")

    customer.tap("Tell")

    assert [note.text for note in customer.notes] == ["Hi\nThe handle came off too"]


def test_a_case_cancelled_during_a_look_up_stays_so_and_can_be_taken_up_again(catalogue: Catalogue) -> None:
    customer = Rehearsal(catalogue, known=(MUG,), hold=True)
    customer.start()
    customer.say("/cancel")
    customer.release()
    assert customer.last.text == "Cancelled. Nothing was sent."

    customer.hold = False
    customer.tap("Undo")

    assert "Which order" in customer.prompt.text


@pytest.mark.parametrize("busy", [False, True])
def test_a_seller_s_silence_leads_words_to_that_seller(catalogue: Catalogue, *, busy: bool) -> None:
    acme = replace(catalogue.sellers["acme"], answer_within=86_400)
    patient = replace(catalogue, sellers={**catalogue.sellers, "acme": acme})
    customer = Rehearsal(patient, known=(MUG, LAMP), promise=timedelta(days=1))
    sent(customer)
    mug = customer.conversation.id
    if busy:
        begin_another(customer)
    else:
        send_another(customer)
        customer.post(SellerAnswered(case=customer.conversation.id, text="Sorry", at=customer.now))
    customer.wait(timedelta(hours=20))
    customer.wait(timedelta(hours=5))
    told = next(message for message in customer.messages if "has not answered" in message.text)

    if busy:
        customer.press(told.buttons[0][0].data)
    customer.say("Hello?")
    customer.tap("Tell")

    assert ("type it here" in told.text) is not busy
    assert [note.case for note in customer.notes if note.customer_name != "Clearshot"] == [mug]
