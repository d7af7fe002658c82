"""A customer's way through the shipped flows, played on the pure engine."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from flows.catalogue import Catalogue
from flows.effects import ForgetPhotos, JudgePhoto, StorePhoto
from flows.events import CaseSettled, HandedBack, PhotoRequested, SellerAnswered
from flows.values import Order
from flows.workbench.rehearsal import Rehearsal
from tests.flows.conftest import LUMEN, MUG, TENT

Begin = Callable[..., Rehearsal]


def to_photos(chat: Rehearsal, *, issue: str = "🔧", kind: str = "It is broken") -> None:
    chat.start()
    chat.tap("A-17")
    chat.tap(issue)
    chat.tap(kind)
    chat.tap("Skip")


def to_review(chat: Rehearsal) -> None:
    to_photos(chat)
    for _ in range(2):
        chat.photo()
    chat.tap("Enough")
    chat.tap("Skip")
    chat.tap("Skip")
    chat.tap("A replacement")
    chat.tap("Use this message")


def sent(chat: Rehearsal) -> None:
    to_review(chat)
    chat.tap("Send")


def test_the_seller_gets_labelled_photos_in_the_flow_s_order_and_a_message(chat: Begin) -> None:
    customer = chat()

    sent(customer)

    [bundle] = customer.bundles
    assert [photo.label for photo in bundle.photos] == ["ProductDefect_FrontView", "ProductDefect_CloseUp_1"]
    assert bundle.order.number == "A-17"
    assert "Could you please send me a replacement?" in bundle.message
    assert "2 photos show it" in bundle.message
    assert bundle.summary == "Camping mug: It is broken"
    assert customer.last.text.startswith("✓ Delivered to Acme Outdoor")


@pytest.mark.parametrize(
    "issue",
    [
        "product_defect",
        "shipping_damage",
        "mismatched_product",
        "proof_of_purchase",
        "customization",
        "something_else",
    ],
)
@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_every_issue_ends_in_a_bundle_in_every_language(
    chat: Begin, catalogue: Catalogue, issue: str, language: str
) -> None:
    customer = chat(language=language)
    customer.start()
    customer.tap("A-17")
    customer.tap(f"{catalogue.current(issue).icon}")

    for _ in range(40):
        if customer.bundles:
            break
        step = customer.conversation.step
        if catalogue.current(issue).steps[step].shots:
            customer.photo()
        elif catalogue.current(issue).steps[step].ask:
            customer.say("some words")
        else:
            customer.tap(customer.prompt.labels()[0])

    [bundle] = customer.bundles
    assert bundle.issue == issue
    assert len(bundle.photos) >= 1
    assert all(
        photo.label.split("_")[0] in {p.label.split("_")[0] for p in bundle.photos} for photo in bundle.photos
    )
    assert "{" not in bundle.message
    assert "…" not in bundle.message


def test_a_blurred_photo_is_asked_for_again_with_one_reason(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)

    customer.photo("blur")

    assert "The photo is a little blurred." in customer.prompt.text
    assert "Use anyway" not in customer.prompt.labels()


def test_the_second_rejection_offers_to_use_the_photo_anyway_and_flags_it(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.photo("blur")
    customer.photo("dark")

    customer.tap("Use anyway")

    [claim] = customer.conversation.shots["ProductDefect_FrontView"].claims
    assert claim.status == "accepted"
    assert claim.flags == ("dark",)
    assert "Defect close-up" in customer.prompt.text


def test_an_album_fills_the_shots_in_order_and_is_answered_once(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.hold = True
    sent_ids = [customer.photo(album="1") for _ in range(3)]

    while customer.waiting:
        customer.release()

    shots = customer.conversation.shots
    assert shots["ProductDefect_FrontView"].claims[0].photo_id == sent_ids[0]
    assert [claim.photo_id for claim in shots["ProductDefect_CloseUp"].claims] == sent_ids[1:]
    progress = [message for message in customer.messages if message.slot.startswith("progress")]
    assert len(progress) == 1
    assert progress[0].text.count("✓") == 2


def test_nothing_is_acknowledged_before_the_picture_is_stored(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.hold = True
    before = len(customer.messages)

    customer.photo()

    assert len(customer.messages) == before
    assert isinstance(customer.effects[-1], StorePhoto)


def test_photos_sent_before_anything_else_wait_in_the_tray_and_fill_the_first_shots(chat: Begin) -> None:
    customer = chat()
    early = customer.photo()
    customer.tap("A-17")
    customer.tap("🔧")
    customer.tap("It is broken")

    customer.tap("Skip")

    [claim] = customer.conversation.shots["ProductDefect_FrontView"].claims
    assert claim.photo_id == early
    assert claim.status == "accepted"
    assert customer.conversation.tray == ()
    assert "Defect close-up" in customer.prompt.text


def test_a_photo_after_the_shots_is_added_and_never_dropped(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    extra = customer.photo()

    customer.tap("Send")

    assert customer.bundles[0].photos[-1].label == "MorePhotos_1"
    assert customer.bundles[0].photos[-1].photo.id == extra


def test_a_refused_upload_is_asked_for_kindly_and_keeps_its_shot_open(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)

    customer.photo("refused:heic")

    assert customer.prompt.text.startswith("I can't open the HEIC format.")
    assert customer.conversation.shots["ProductDefect_FrontView"].claims == ()


def test_a_pdf_counts_where_the_shot_accepts_it_and_nowhere_else(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)

    customer.photo(kind="pdf")

    assert customer.prompt.text.startswith("A photo is needed here, not a PDF.")


def test_a_pdf_receipt_needs_no_verdict(chat: Begin) -> None:
    customer = chat()
    customer.start()
    customer.tap("A-17")
    customer.tap("🧾")
    customer.tap("Guarantee or repair")

    customer.photo(kind="pdf")

    assert not any(isinstance(effect, JudgePhoto) for effect in customer.effects)
    assert customer.conversation.shots["ProofOfPurchase_Receipt"].claims[0].status == "accepted"


def test_back_shows_the_question_before_and_discards_nothing(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.photo()

    customer.say("/back")
    customer.tap("Keep as it is") if "Keep as it is" in customer.prompt.labels() else customer.tap("Skip")

    assert customer.conversation.shots["ProductDefect_FrontView"].claims[0].status == "accepted"
    assert "Defect close-up" in customer.prompt.text


def test_back_leads_from_the_issue_into_the_welcome_again(chat: Begin) -> None:
    customer = chat()
    customer.start()
    customer.tap("A-17")
    customer.tap("🔧")

    customer.tap("‹ Back")
    customer.tap("📦")

    assert customer.conversation.origin == "shipping_damage"
    assert "throw the box away" in customer.prompt.text


def test_editing_an_answer_clears_only_what_was_made_of_it(chat: Begin) -> None:
    customer = chat()
    to_review(customer)

    customer.tap("Edit: What is wrong") if "Edit: What is wrong" in str(
        customer.prompt.labels()
    ) else customer.tap("Edit: Defect")
    customer.tap("It doesn't work")

    assert "it does not work" in customer.prompt.text
    customer.tap("Use this message")
    assert "Shall I send it?" in customer.prompt.text
    assert customer.conversation.answers["wish"].value == "replacement"
    assert customer.conversation.shots["ProductDefect_FrontView"].claims[0].status == "accepted"


def test_a_photo_can_be_replaced_from_the_review(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    first = customer.conversation.shots["ProductDefect_FrontView"].claims[0].photo_id
    customer.tap("Edit: Photos")
    customer.tap("✓ Front view")
    customer.tap("New photo")

    second = customer.photo()

    [claim] = customer.conversation.shots["ProductDefect_FrontView"].claims
    assert claim.photo_id == second != first
    assert any(isinstance(effect, ForgetPhotos) for effect in customer.effects)
    assert "Shall I send it?" in customer.prompt.text


def test_a_photo_can_be_taken_back(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    customer.tap("Edit: Photos")
    customer.tap("✓ Front view")

    customer.tap("Remove")

    assert customer.conversation.shots["ProductDefect_FrontView"].claims == ()
    customer.tap("Done")
    assert "Photo 1 of 4 · Front view" in customer.prompt.text


def test_a_verdict_on_a_photo_that_was_taken_back_changes_and_says_nothing(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    customer.tap("Edit: Photos")
    customer.tap("✓ Front view")
    customer.tap("New photo")
    customer.hold = True
    customer.photo("blur")
    customer.release()
    customer.tap("My photos")
    customer.tap("… Front view")
    customer.tap("Remove")
    before = (customer.state, len(customer.messages))

    customer.release()

    assert (customer.state, len(customer.messages)) == before


def test_a_shot_that_cannot_be_taken_tells_the_seller_why(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.tap("I can't take it")

    customer.say("The item is at the repair shop")

    assert "Defect close-up" in customer.prompt.text
    customer.photo()
    for label in ("Enough", "Skip", "Skip", "A replacement", "Use this message", "Send"):
        customer.tap(label)
    [missing] = customer.bundles[0].missing
    assert (missing.label, missing.reason) == ("ProductDefect_FrontView", "The item is at the repair shop")


def test_send_waits_for_open_photos_says_so_and_then_goes_by_itself(chat: Begin) -> None:
    customer = chat()
    to_review(customer)
    customer.hold = True
    customer.photo()

    customer.tap("Send")

    assert "still looking at one photo" in customer.last.text
    assert customer.bundles == []
    customer.hold = False
    customer.release()
    assert len(customer.bundles[0].photos) == 3


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


def test_the_message_is_in_the_seller_s_language_and_shown_in_the_customer_s_too(chat: Begin) -> None:
    lamp = Order(number="L-5", seller=LUMEN.id, items=MUG.items, verified=True)
    customer = chat(known=(lamp,))
    customer.start()
    customer.tap("L-5")
    customer.tap("🔧")
    customer.tap("It is broken")
    customer.say("It fell apart")
    for _ in range(2):
        customer.photo()

    for label in ("Enough", "Skip", "Skip", "A replacement"):
        customer.tap(label)

    assert "Könnten Sie bitte mir Ersatz schicken?" in customer.prompt.text
    assert "In your language:" in customer.prompt.text
    assert "Could you please send me a replacement?" in customer.prompt.text


def test_own_words_are_shown_before_they_are_sent(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    for _ in range(2):
        customer.photo()
    for label in ("Enough", "Skip", "Skip", "A replacement", "Write my own"):
        customer.tap(label)

    customer.say("Please help me with A-17.")

    assert "Please help me with A-17." in customer.prompt.text
    customer.tap("Use this message")
    customer.tap("Send")
    assert customer.bundles[0].message == "Please help me with A-17."


def test_a_message_that_is_too_long_is_told_so_and_can_be_shortened(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    for _ in range(2):
        customer.photo()
    for label in ("Enough", "Skip", "Skip", "A replacement"):
        customer.tap(label)

    customer.say("x" * 901)

    assert "901 characters; 900 fit" in customer.prompt.text


def test_an_item_is_chosen_where_an_order_has_several(chat: Begin) -> None:
    customer = chat(known=(TENT,))
    customer.start()
    customer.tap("A-18")

    customer.tap("Pegs")

    assert customer.conversation.item is not None
    assert customer.conversation.item.title == "Pegs"
    assert customer.prompt.text == "What happened?"


def test_an_order_is_found_by_number_and_second_fact(chat: Begin) -> None:
    customer = chat(known=(), shop={("A-17", "anna@example.com"): MUG})
    customer.start()
    customer.say("A-17")

    customer.say("anna@example.com")

    assert customer.conversation.order is not None
    assert customer.conversation.order.verified
    assert customer.prompt.text == "What happened?"


def test_wrong_facts_can_be_tried_again_and_then_both_are_asked_again(chat: Begin) -> None:
    customer = chat(known=(), shop={("A-17", "anna@example.com"): MUG})
    customer.start()
    customer.say("A-17")
    customer.say("wrong")

    customer.tap("Try again")

    customer.say("A-17")
    customer.say("anna@example.com")
    assert customer.prompt.text == "What happened?"


def test_an_unverified_order_goes_on_with_the_shop_and_the_seller_sees_it(chat: Begin) -> None:
    customer = chat(known=())
    customer.start()
    customer.say("B-99")
    customer.say("nobody@example.com")
    customer.tap("Choose the shop")
    customer.tap("Acme Outdoor")

    order = customer.conversation.order

    assert order is not None
    assert (order.number, order.seller, order.verified) == ("B-99", "acme", False)


def test_many_orders_are_paged_and_searched_by_typing(chat: Begin) -> None:
    orders = tuple(
        Order(number=f"N-{n:02}", seller="acme", items=MUG.items, verified=True) for n in range(14)
    )
    customer = chat(known=orders)
    customer.start()
    customer.tap("More ›")
    assert "N-06 · Camping mug" in customer.prompt.labels()

    customer.say("N-1")

    assert customer.prompt.labels()[:2] == ["N-10 · Camping mug", "N-11 · Camping mug"]
    customer.say("N-13")
    assert customer.conversation.order == orders[13]


def test_a_deep_link_brings_its_order(chat: Begin) -> None:
    customer = chat(known=(), shop={("token", "link"): MUG})

    customer.start("token")

    assert customer.conversation.order == MUG
    assert any("I found your order A-17." in message.text for message in customer.messages)


def test_a_link_that_is_no_longer_valid_starts_kindly(chat: Begin) -> None:
    customer = chat()

    customer.start("old")

    assert customer.messages[0].text.startswith("This link is no longer valid.")
    assert customer.prompt.text.startswith("Which order is it about?")


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
    assert texts[1].startswith("✓ Acme Outdoor calls the matter settled.")
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
