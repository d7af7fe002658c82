"""What happens beside the straight way: stale presses, commands, hand-over, and all that comes after Send."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flows.catalogue import Catalogue
from flows.events import CaseSettled, HandedBack, PhotoRequested, SellerAnswered
from flows.workbench.rehearsal import Rehearsal
from tests.flows.driving import Begin, sent, to_photos


def test_a_stale_press_shows_the_current_step_again_and_changes_nothing(chat: Begin) -> None:
    customer = chat()
    customer.start()
    stale = customer.prompt.buttons[0][0].data
    customer.tap("A-17")
    answers = customer.conversation.answers

    customer.press(stale)

    assert customer.conversation.answers == answers
    assert customer.prompt.text == "What happened?"


def test_a_press_on_a_case_that_is_gone_shows_where_we_are(chat: Begin) -> None:
    customer = chat()
    customer.start()

    customer.press("ZZZZZZ.3.o1")

    assert customer.prompt.text.startswith("Which order is it about?")


@pytest.mark.parametrize("what", ["voice", "video", "sticker", "location", "contact", "document", "other"])
def test_what_can_be_no_photo_gets_a_hint_and_never_breaks_the_step(chat: Begin, what: str) -> None:
    customer = chat()
    to_photos(customer)
    step = customer.conversation.step

    customer.unsupported(what)

    assert customer.conversation.step == step
    assert "Front view" in customer.prompt.text
    customer.photo()
    assert "Defect close-up" in customer.prompt.text


def test_danger_hands_over_at_once_and_passes_texts_on_until_given_back(chat: Begin) -> None:
    customer = chat()
    customer.start()
    customer.tap("A-17")
    customer.tap("🔧")
    customer.tap("It smokes")
    assert len(customer.bundles) == 1

    customer.say("It is still warm")

    assert [(note.text, note.inbox) for note in customer.notes] == [("It is still warm", "support")]
    customer.post(HandedBack(case=customer.conversation.id))
    assert customer.conversation.phase == "open"
    assert "Describe it" in customer.prompt.text


def test_words_after_send_are_offered_to_the_seller(chat: Begin) -> None:
    customer = chat()
    sent(customer)
    customer.say("I forgot: it was a gift")

    customer.tap("Tell the seller")

    assert [note.text for note in customer.notes] == ["I forgot: it was a gift"]
    assert customer.last.text == "✓ I told the seller."


def test_words_after_send_that_do_not_fit_are_declined_aloud_and_those_before_stay(chat: Begin) -> None:
    customer = chat()
    sent(customer)
    customer.say("I forgot: it was a gift")

    customer.say("long " * 800)

    assert "4000 fit" in customer.last.text
    customer.tap("Tell the seller")
    assert [note.text for note in customer.notes] == ["I forgot: it was a gift"]


def test_the_seller_s_wish_reopens_the_case_and_becomes_the_next_bundle(chat: Begin) -> None:
    customer = chat()
    sent(customer)
    case = customer.conversation.id
    customer.post(PhotoRequested(case=case, text="the serial number, please"))
    assert "the serial number, please" in customer.prompt.text

    customer.photo("blur")
    customer.photo()
    customer.tap("Enough")

    assert [(bundle.case, bundle.number) for bundle in customer.bundles] == [(case, 1), (case, 2)]
    assert [photo.label for photo in customer.bundles[1].photos] == ["FollowUp_Photo_1"]
    assert customer.conversation.phase == "sent"


def test_the_seller_s_answer_and_the_end_are_shown(chat: Begin) -> None:
    customer = chat()
    sent(customer)

    customer.post(SellerAnswered(case=customer.conversation.id, text="A new one is on its way"))
    customer.post(CaseSettled(case=customer.conversation.id))

    texts = [message.text for message in customer.messages[-2:]]
    assert texts[0].startswith("Acme Outdoor writes:\n\nA new one is on its way")
    assert texts[1].startswith("✓ Acme Outdoor considers the matter settled.")
    assert customer.conversation.phase == "settled"


def test_cancel_keeps_a_draft_and_can_be_undone(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.photo()
    customer.say("/cancel")
    assert customer.last.text == "Cancelled. Nothing was sent."

    customer.tap("Undo")

    assert customer.conversation.phase == "open"
    assert "Defect close-up" in customer.prompt.text


def test_status_lists_the_cases_with_a_button_each(chat: Begin) -> None:
    customer = chat()
    sent(customer)

    customer.say("/status")

    assert "Camping mug: It is broken" in customer.last.text
    assert "✓ Delivered." in customer.last.text


def test_help_answers_once_and_shows_the_step_once_more(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)

    customer.say("/help")

    assert customer.prompt.text.startswith("Photo 1 of 4 · Front view")
    assert sum("I help you show a seller" in message.text for message in customer.messages) == 2


def test_the_language_can_be_changed_in_the_middle(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.say("/language")

    customer.tap("Deutsch")

    assert "Vorderseite" in customer.prompt.text


def test_reminders_come_once_and_the_end_keeps_the_draft(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.photo()

    customer.wait(timedelta(minutes=31))
    assert "Shall we go on" in customer.last.text
    customer.wait(timedelta(hours=20))
    assert "still waits" in customer.last.text
    customer.wait(timedelta(days=3))

    assert "put this aside" in customer.last.text
    customer.tap("Continue")
    assert "Defect close-up" in customer.prompt.text


def test_start_in_the_middle_shows_the_step_again(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)

    customer.start()

    assert customer.prompt.text.startswith("Welcome back.")
    assert "Front view" in customer.prompt.text


def test_the_same_events_give_the_same_conversation(chat: Begin) -> None:
    first, second = chat(), chat()

    sent(first)
    sent(second)

    assert first.state == second.state
    assert first.effects == second.effects


@pytest.mark.parametrize(("days", "told"), [(30, "kept for 30 days"), (1, "kept for one day")])
def test_the_customer_is_told_how_long_things_are_really_kept(
    catalogue: Catalogue, days: int, told: str
) -> None:
    customer = Rehearsal(replace(catalogue, kept_days=days))

    customer.start()
    customer.say("/privacy")

    assert [message.text.count(told) for message in customer.messages if told in message.text] == [1, 1]


def test_the_status_speaks_the_customer_s_language_and_the_bundle_the_seller_s(chat: Begin) -> None:
    customer = chat(language="de")
    customer.start()
    customer.tap("A-17")
    customer.tap("🔧")
    customer.tap("Es raucht")

    customer.say("/status")

    assert "Camping mug: Es raucht" in customer.last.text
    assert customer.bundles[0].summary == "Camping mug: It smokes, smells or gets hot"


def test_an_addition_keeps_the_name_of_the_case(chat: Begin) -> None:
    customer = chat()
    sent(customer)
    customer.photo()
    customer.tap("Enough")

    customer.say("/status")

    assert customer.last.text.count("Camping mug: It is broken") == 1
    assert customer.conversation.summary == "Camping mug: It is broken"
    assert len(customer.bundles) == 2
