"""Orders, answers and the message: the straight way, Back, and Edit in the review."""

import pytest

from flows.catalogue import Catalogue
from flows.values import Order
from tests.flows.conftest import LUMEN, MUG, TENT
from tests.flows.driving import Begin, to_photos, to_review


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
    assert customer.prompt.text.startswith("I found your order A-17.")
    assert customer.prompt.text.endswith("What happened?")


def test_a_link_that_is_no_longer_valid_starts_kindly(chat: Begin) -> None:
    customer = chat()

    customer.start("old")

    assert customer.messages[0].text.startswith("This link is no longer valid.")
    assert customer.prompt.text.startswith("Which order is it about?")


def test_words_are_taken_for_no_order_number(chat: Begin) -> None:
    customer = chat(known=())
    customer.start()

    customer.say("My parcel is broken")

    assert customer.prompt.text.startswith("That doesn't look right.")
    assert "What is the order number?" in customer.prompt.text


def test_who_has_no_order_number_goes_on_with_the_shop(chat: Begin) -> None:
    customer = chat(known=())
    customer.start()
    customer.tap("Skip")
    customer.tap("Acme Outdoor")
    customer.tap("💬")
    customer.say("It broke")
    for label in ("Skip", "Use this message"):
        customer.tap(label)
    shown = customer.prompt.text

    customer.tap("Send")

    assert "Order: no number (not confirmed yet)" in shown
    assert customer.bundles[0].order == Order(number="", seller="acme", verified=False)
    assert "order" not in customer.bundles[0].message
