"""What the seller does, as the customer and the case's timeline see it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from flows.catalogue import Catalogue
from flows.conversation import Conversation
from flows.effects import JudgePhoto, SetTimer
from flows.engine.sellers_side import LONGEST_WISH
from flows.engine.thanks import is_thanks
from flows.engine.timeline import FIRST, LAST, MOST_TEXT
from flows.events import (
    CaseAssigned,
    CaseReopened,
    CaseSettled,
    Event,
    PhotoRequested,
    RemarkMade,
    SellerAnswered,
    SellerSaw,
    TimerFired,
)
from flows.standing import standing_of
from flows.values import Attachment, Seller
from flows.workbench.rehearsal import Rehearsal
from tests.flows.conftest import MUG
from tests.flows.driving import sent, to_review

ACME = Seller(
    id="acme",
    name="Acme",
    locale="de",
    answer_within=86_400,
    next_step={"en": "Open a case with the marketplace."},
)


def case_of(customer: Rehearsal) -> str:
    return customer.conversation.id


def kinds(conversation: Conversation) -> list[str]:
    return [entry.kind for entry in conversation.timeline]


@pytest.fixture
def customer(catalogue: Catalogue) -> Rehearsal:
    """A customer whose bundle is with a seller who promises an answer within a day."""
    sellers = {**catalogue.sellers, "acme": ACME}
    rehearsal = Rehearsal(replace(catalogue, sellers=sellers), known=(MUG,), promise=timedelta(days=1))
    sent(rehearsal)
    return rehearsal


def post(customer: Rehearsal, event: Event) -> None:
    customer.post(replace(event, at=customer.now))


def status(customer: Rehearsal) -> str:
    customer.say("/status")
    return customer.last.text


def test_the_customer_reads_whether_the_seller_has_looked_and_answered(customer: Rehearsal) -> None:
    first = status(customer)
    post(customer, SellerSaw(case=case_of(customer), author="Ann"))
    seen = status(customer)
    post(customer, SellerAnswered(case=case_of(customer), text="Sorry", author="Ann"))

    assert "✓ Delivered." in first
    assert "Delivered and seen" in seen
    assert "The seller has answered" in status(customer)


def test_the_seller_s_files_follow_their_words_each_as_what_it_is(customer: Rehearsal) -> None:
    label = Attachment(
        key=f"{case_of(customer)}/{'a' * 64}", name="label.pdf", mime="application/pdf", size=9
    )
    photo = Attachment(key=f"{case_of(customer)}/{'b' * 64}", name="rim.jpg", mime="image/jpeg", size=9)
    answer = SellerAnswered(case=case_of(customer), text="Use this", files=(label, photo), left_out=1)

    post(customer, answer)

    words, *files, left = customer.messages[-4:]
    assert "Use this" in words.text
    assert [(file.text, file.picture) for file in files] == [("📎 label.pdf", True), ("📎 rim.jpg", True)]
    assert "One file of theirs did not come along." in left.text
    assert customer.conversation.timeline[-1].files == (label, photo)


def test_a_file_without_words_an_example_with_a_wish_and_a_receipt_with_the_end_arrive_too(
    customer: Rehearsal,
) -> None:
    case = case_of(customer)
    file = Attachment(key=f"{case}/{'a' * 64}", name="rim.jpg", mime="image/jpeg", size=9)

    post(customer, SellerAnswered(case=case, text="", files=(file,)))
    alone = [message.text for message in customer.messages[-2:]]
    post(customer, PhotoRequested(case=case, text="Like this", files=(file,)))
    wished = [message.text for message in customer.messages[-2:]]
    post(customer, CaseSettled(case=case, files=(file,)))

    assert alone[0].startswith("Acme sends you:")
    assert alone[1] == wished[0] == customer.messages[-1].text == "📎 rim.jpg"
    assert "Like this" in wished[1]
    assert kinds(customer.conversation)[-3:] == ["answer", "request", "settled"]


def test_looking_assigning_and_notes_among_sellers_say_nothing_to_the_customer(customer: Rehearsal) -> None:
    before = len(customer.messages)
    quiet: list[Event] = [
        SellerSaw(case=case_of(customer), author="Ann"),
        SellerSaw(case=case_of(customer), author="Ben"),
        CaseAssigned(case=case_of(customer), agent="ben", author="Ann"),
        RemarkMade(case=case_of(customer), text="a liar?", author="Ben"),
    ]
    for event in quiet:
        post(customer, event)

    assert len(customer.messages) == before
    assert kinds(customer.conversation) == ["sent", "delivered", "seen", "assigned", "remark"]
    assert customer.conversation.assigned == "ben"


def test_a_wished_shot_is_asked_for_as_in_the_issue_s_own_flow(customer: Rehearsal) -> None:
    label = next(iter(customer.bundles[0].photos)).label

    post(customer, PhotoRequested(case=case_of(customer), text="With the serial number", labels=(label,)))

    assert "With the serial number" in customer.prompt.text
    assert customer.prompt.picture is not None
    customer.photo()
    [again] = customer.bundles[1].photos
    assert again.label == label
    assert customer.bundles[1].number == 2


def test_the_photo_sent_before_is_known_when_the_shot_is_wished_again(customer: Rehearsal) -> None:
    photo = customer.bundles[0].photos[0]

    post(customer, PhotoRequested(case=case_of(customer), labels=(photo.label,)))
    customer.photo()

    judged = [effect for effect in customer.effects if isinstance(effect, JudgePhoto)]
    assert photo.photo.sha256 in judged[-1].shas


def test_a_second_wish_before_the_first_is_answered_keeps_both(customer: Rehearsal) -> None:

    post(customer, PhotoRequested(case=case_of(customer), text="the serial number"))
    post(customer, PhotoRequested(case=case_of(customer), text="the box from below"))

    assert "the serial number" in customer.prompt.text
    assert "the box from below" in customer.prompt.text


def test_a_long_wish_takes_nothing_of_the_next_and_one_that_is_cut_shows_it(customer: Rehearsal) -> None:
    case = case_of(customer)

    post(customer, PhotoRequested(case=case, text="first " * 160))
    post(customer, PhotoRequested(case=case, text="the serial number"))
    both = customer.last.text
    post(customer, PhotoRequested(case=case, text="x" * (LONGEST_WISH + 1)))

    assert "first first" in both
    assert "the serial number" in both
    assert f"{'x' * (LONGEST_WISH - 1)}…" in customer.last.text


def test_a_clock_runs_reminds_the_seller_and_tells_the_customer_the_truth(customer: Rehearsal) -> None:
    timers = {effect.name: effect for effect in customer.effects if isinstance(effect, SetTimer)}
    assert timers["remind_seller"].after == timedelta(hours=18)
    assert "within 24 hours" in status(customer)

    customer.wait(timedelta(hours=18))
    [reminder] = customer.notes
    assert (reminder.customer_name, reminder.text.startswith("Anna wartet")) == ("Clearshot", True)

    customer.wait(timedelta(hours=6))
    assert "has not answered" in customer.last.text
    assert "I have reminded them." in customer.last.text
    assert "Open a case with the marketplace." in customer.last.text
    assert "Open a case with the marketplace." in status(customer)


def test_the_promise_is_told_as_time_on_the_wall_and_grows_shorter(catalogue: Catalogue) -> None:
    sellers = {
        **catalogue.sellers,
        "acme": ACME,
    }  # a day of working time that takes three and a half on the wall
    customer = Rehearsal(
        replace(catalogue, sellers=sellers), known=(MUG,), promise=timedelta(days=3, hours=12)
    )
    sent(customer)

    told = [status(customer)]
    for pause in (timedelta(days=2), timedelta(days=1, hours=11, minutes=30)):
        customer.wait(pause)
        told.append(status(customer))

    spans = [re.search(r"within (.*)\.", text) for text in told]
    assert [span[1] for span in spans if span] == ["4 days", "36 hours", "one hour"]


def test_a_bot_that_was_down_claims_no_reminder_and_sends_none_too_late(customer: Rehearsal) -> None:
    by = customer.conversation.answer_by
    assert by is not None

    for name in ("remind_seller", "overdue"):
        timer = TimerFired(case=case_of(customer), name=name, serial=1)
        customer.post(replace(timer, at=by + timedelta(hours=1)))

    assert customer.notes == []
    assert "has not answered" in customer.last.text
    assert "reminded" not in customer.last.text


def test_a_seller_who_answers_stops_the_clock(customer: Rehearsal) -> None:
    post(customer, SellerAnswered(case=case_of(customer), text="Sorry"))
    before = len(customer.messages)

    customer.wait(timedelta(days=1))

    assert (customer.notes, len(customer.messages)) == ([], before)


def test_a_seller_who_answers_before_the_delivery_is_confirmed_is_on_no_clock(catalogue: Catalogue) -> None:
    sellers = {**catalogue.sellers, "acme": ACME}
    customer = Rehearsal(replace(catalogue, sellers=sellers), known=(MUG,), promise=timedelta(days=1))
    to_review(customer)
    customer.hold = True
    customer.tap("Send")
    post(customer, SellerAnswered(case=case_of(customer), text="Sorry"))
    customer.hold = False
    customer.release()
    before = len(customer.messages)

    customer.wait(timedelta(days=2))

    assert customer.conversation.bundles[0].status == "delivered"
    assert (customer.notes, len(customer.messages)) == ([], before)


def test_settling_twice_is_told_once(customer: Rehearsal) -> None:
    post(customer, CaseSettled(case=case_of(customer)))
    before = len(customer.messages)

    post(customer, CaseSettled(case=case_of(customer)))

    assert len(customer.messages) == before
    assert kinds(customer.conversation).count("settled") == 1


def test_settling_can_be_taken_back_and_the_customer_is_told_once(customer: Rehearsal) -> None:
    post(customer, CaseSettled(case=case_of(customer)))
    post(customer, CaseReopened(case=case_of(customer), author="Ann"))
    told = customer.last.text
    before = len(customer.messages)

    post(customer, CaseReopened(case=case_of(customer), author="Ann"))

    standing = standing_of(customer.conversation)
    assert "opens the matter again" in told
    assert len(customer.messages) == before
    assert (customer.conversation.phase, standing.turn, standing.settled) == ("sent", "seller", None)
    assert kinds(customer.conversation)[-2:] == ["settled", "reopened"]


def test_the_timeline_stays_short_in_lines_and_in_words(customer: Rehearsal) -> None:
    for n in range(FIRST + LAST + 50):
        post(customer, RemarkMade(case=case_of(customer), text=f"{n} {'x' * 2000}"))

    lines = customer.conversation.timeline
    assert len(lines) == FIRST + LAST
    assert (lines[0].kind, lines[-1].text.startswith(f"{FIRST + LAST + 49} ")) == ("sent", True)
    assert sum(len(line.text) for line in lines) <= MOST_TEXT + (FIRST + LAST) * 160


def test_a_thank_you_is_answered_and_not_offered_as_a_matter(customer: Rehearsal) -> None:
    post(customer, SellerAnswered(case=case_of(customer), text="A new one is on its way"))

    customer.say("Thank you very much!")

    assert customer.last.text.startswith("You're welcome")
    assert customer.notes == []
    customer.tap("Tell the seller")
    assert [note.text for note in customer.notes] == ["Thank you very much!"]


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "ok",
        "vielen Dank",
        "Muchas gracias",
        "👍",
        "Perfekt, danke schön",
        "Thank you for your help",
        "Vielen Dank für die schnelle Antwort",
        "Gracias por la ayuda",
    ],
)
def test_courtesies(text: str) -> None:
    assert is_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, but it is the wrong size",
        "ok?",
        "Order 17, thanks",
        "good",
        "",
        "no",
        "danke nein",
        "a" * 50,
        "help",
        "your answer",
    ],
)
def test_more_than_a_courtesy(text: str) -> None:
    assert not is_thanks(text)


def test_what_comes_later_knows_what_the_inbox_calls_the_case(customer: Rehearsal) -> None:
    customer.say("It was a gift")
    customer.tap("Tell the seller")

    assert customer.notes[0].thread == f"ticket {case_of(customer)}"
