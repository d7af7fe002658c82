"""Photos on their way into a bundle: claimed, stored, judged, asked for again, replaced, taken back."""

from dataclasses import replace

from flows.catalogue import Catalogue
from flows.definition import QualityRules
from flows.effects import Effect, ForgetPhotos, JudgePhoto, StorePhoto
from flows.events import Delivered, Event
from flows.workbench.rehearsal import CARD, Rehearsal
from tests.flows.conftest import MUG
from tests.flows.driving import Begin, sent, to_photos, to_review


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


def test_photos_of_a_shot_stay_in_the_order_they_were_sent_whoever_is_judged_first(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.photo()
    customer.hold = True
    sent_ids = [customer.photo(album="1") for _ in range(3)]

    customer.release()
    customer.release(backwards=True)

    claims = customer.conversation.shots["ProductDefect_CloseUp"].claims
    assert [claim.photo_id for claim in claims] == sent_ids


def test_enough_waits_for_a_photo_that_is_still_looked_at_and_loses_nothing(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    for _ in range(2):
        customer.photo()
    customer.hold = True
    customer.photo()
    customer.tap("Enough")
    customer.tap("Skip")
    customer.tap("Skip")
    asked = customer.prompt.text

    while customer.waiting:
        customer.release()

    assert "still looking at one photo" in asked
    assert "What would help you?" in customer.prompt.text
    assert [c.status for c in customer.conversation.shots["ProductDefect_CloseUp"].claims] == ["accepted"] * 2


def test_a_photo_that_is_refused_after_enough_is_asked_for_again(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    for _ in range(2):
        customer.photo()
    customer.hold = True
    customer.photo("blur")
    customer.tap("Enough")

    while customer.waiting:
        customer.release()

    assert "The photo is a little blurred." in customer.prompt.text


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


def test_a_barcode_that_cannot_be_read_is_asked_for_again_as_such(chat: Begin) -> None:
    customer = chat()
    customer.start()
    for label in ("A-17", "🔀", "A different item"):
        customer.tap(label)
    customer.photo()

    customer.photo("unreadable")

    assert "I can't read the barcode." in customer.prompt.text


def variant(catalogue: Catalogue, **changes: object) -> Catalogue:
    flow = catalogue.flows["product_defect"]
    return replace(catalogue, flows={**catalogue.flows, "product_defect": flow.model_copy(update=changes)})


def test_originals_are_dropped_once_the_seller_has_them_where_the_flow_says_so(catalogue: Catalogue) -> None:
    customer = Rehearsal(variant(catalogue, originals="drop"), known=(MUG,))
    sent(customer)

    [bundle] = customer.bundles
    dropped = [key for effect in customer.effects if isinstance(effect, ForgetPhotos) for key in effect.keys]
    assert sorted(dropped) == sorted(photo.photo.key for photo in bundle.photos)


class SentAsTheyAre(Rehearsal):
    """A seller's inbox that got the very bytes of the first photo: its copy and its original are one object."""

    def _perform(self, effect: Effect) -> Event | None:
        event = super()._perform(effect)
        if isinstance(event, Delivered):
            return replace(event, copies=(self.bundles[-1].photos[0].photo.key,))
        return event


def test_an_original_that_is_the_sellers_copy_too_is_not_dropped(catalogue: Catalogue) -> None:
    customer = SentAsTheyAre(variant(catalogue, originals="drop"), known=(MUG,))
    sent(customer)

    [bundle] = customer.bundles
    dropped = [key for effect in customer.effects if isinstance(effect, ForgetPhotos) for key in effect.keys]
    assert bundle.photos[0].photo.key not in dropped
    assert sorted(dropped) == sorted(photo.photo.key for photo in bundle.photos[1:])


def test_originals_stay_where_nothing_is_said(chat: Begin) -> None:
    customer = chat()
    sent(customer)

    assert not [effect for effect in customer.effects if isinstance(effect, ForgetPhotos)]


def test_the_tip_fits_the_shot_and_is_another_one_the_second_time(chat: Begin) -> None:
    customer = chat()
    to_photos(customer)
    customer.photo("blur")
    whole = customer.prompt.text
    customer.photo()
    customer.photo("blur")
    close = customer.prompt.text
    customer.photo("blur")
    again = customer.prompt.text

    assert "lean your arms on something" in whole
    assert "macro mode" in close
    assert "Wipe the lens" in again


def test_the_flow_says_how_sharp_is_sharp_enough(catalogue: Catalogue) -> None:
    flow = catalogue.flows["product_defect"]
    rules = QualityRules.model_validate({**flow.quality.model_dump(), "blur": {"below": 0.3}})
    customer = Rehearsal(variant(catalogue, quality=rules), known=(MUG,))
    to_photos(customer)

    customer.photo()

    [judged] = [effect for effect in customer.effects if isinstance(effect, JudgePhoto)]
    assert judged.quality.sharp_from == 0.3
    assert judged.quality.actions["blur"] == "retake"


def test_a_card_number_on_a_photo_is_told_and_covered_in_the_bundle(chat: Begin) -> None:
    customer = chat()
    customer.start()
    customer.tap("A-17")
    customer.tap("🧾")
    customer.tap("Guarantee or repair")

    customer.photo(CARD)

    assert "A card number is on it. I cover it" in customer.prompt.text
    for label in ("Enough", "Skip", "Skip", "Skip", "Use this message"):
        customer.tap(label)
    customer.tap("Send")
    [photo] = customer.bundles[0].photos
    assert len(photo.cards) == 1
