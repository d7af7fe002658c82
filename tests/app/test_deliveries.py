"""What a seller gets: prepared, labelled files with both checksums, and the manifest."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.app.deliveries import Deliverer, Packer
from bot.app.jobs import NotReady
from bot.ports import PermanentFailure, Preparation, TransientFailure
from bot.promptness import Promptness
from bot.testing import NOON, FakeJudge, FixedClock, RecordingInbox, picture
from flows.effects import DeliverBundle, Effect, ForwardText
from flows.events import Delivered
from flows.values import Bundle, BundlePhoto, Photo, Seller
from storage.blobs import MemoryBlobs
from storage.ports import OutboxRow
from tests.app.conftest import delivery


class Desk:
    """A deliverer over memory."""

    def __init__(self) -> None:
        self.blobs = MemoryBlobs()
        self.judge = FakeJudge()
        self.inboxes = {"acme": RecordingInbox(), "support": RecordingInbox()}
        self.deliverer = Deliverer(
            inboxes=self.inboxes,
            packer=Packer(
                blobs=self.blobs,
                judge=self.judge,
                name_files=lambda bundle, mimes, _pattern: [
                    f"{photo.label}.{mime.rpartition('/')[2]}"
                    for photo, mime in zip(bundle.photos, mimes, strict=True)
                ],
                write_manifest=lambda bundle, files: f"{bundle.case}: {len(files)}".encode(),
                preparations={"acme": Preparation(longest_side=640)},
                link_to=lambda key, name: f"https://bot.example/copies/{key}/{name}",
            ),
            promptness={"acme": Promptness(within=timedelta(hours=24), zone=ZoneInfo("UTC"))},
            clock=FixedClock(),
        )

    async def bundle(self, *contents: bytes, kind: str = "photo") -> Bundle:
        photos = []
        for n, content in enumerate(contents):
            key = await self.blobs.put("K7F3QX", content)
            sha = hashlib.sha256(content).hexdigest()
            photo = Photo(
                id=f"p{n}",
                kind=kind,  # type: ignore[arg-type]
                key=key,
                sha256=sha,
                size=len(content),
                mime="application/pdf" if kind == "pdf" else "image/png",
                width=9,
                height=9,
            )
            photos.append(BundlePhoto(label=f"Shot_{n}", title=f"Shot {n}", photo=photo, flags=("blur",)))
        return replace(delivery().bundle, photos=tuple(photos))


def row(effect: Effect) -> OutboxRow:
    return OutboxRow(id="r", chat=1, lane="case:K7F3QX", effect=effect, due=NOON, created=NOON)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_bundle_is_prepared_as_its_seller_wants_and_labelled(desk: Desk) -> None:
    bundle = await desk.bundle(picture("ok"), picture("glare"))

    result = await desk.deliverer.deliver(row(DeliverBundle(bundle=bundle)))

    parcel = desk.inboxes["acme"].parcels["K7F3QX.1"]
    first = parcel.files[0]
    assert isinstance(result.event, Delivered)
    assert (result.event.case, result.event.number, result.event.place) == ("K7F3QX", 1, "memory")
    assert [file.name for file in parcel.files] == ["Shot_0.jpeg", "Shot_1.jpeg"]
    assert (first.width, first.height, first.mime, first.flags) == (640, 480, "image/jpeg", ("blur",))
    assert first.sha256 == hashlib.sha256(first.content).hexdigest()
    assert first.original_sha256 == hashlib.sha256(picture("ok")).hexdigest() != first.sha256
    assert parcel.manifest == b"K7F3QX: 2"


async def test_a_card_number_is_covered_in_what_the_seller_gets(desk: Desk) -> None:
    bundle = await desk.bundle(picture("ok"))
    photo = replace(bundle.photos[0], cards=((0.1, 0.1, 0.5, 0.2),))

    await desk.deliverer.deliver(row(DeliverBundle(bundle=replace(bundle, photos=(photo,)))))

    assert desk.inboxes["acme"].parcels["K7F3QX.1"].files[0].content.endswith(b"covered")


async def test_what_a_seller_got_is_kept_and_linked(desk: Desk) -> None:
    bundle = await desk.bundle(picture("ok"), picture("glare"))

    result = await desk.deliverer.deliver(row(DeliverBundle(bundle=bundle)))

    parcel, event = desk.inboxes["acme"].parcels["K7F3QX.1"], result.event
    assert isinstance(event, Delivered)
    assert [await desk.blobs.get(key) for key in event.copies] == [file.content for file in parcel.files]
    assert await desk.blobs.get(event.manifest) == parcel.manifest
    assert parcel.files[0].link == f"https://bot.example/copies/{event.copies[0]}/Shot_0.jpeg"
    assert parcel.manifest_link == f"https://bot.example/copies/{event.manifest}/manifest.json"


async def test_a_pdf_goes_out_as_it_came(desk: Desk) -> None:
    bundle = await desk.bundle(b"%PDF-1.7 receipt", kind="pdf")

    await desk.deliverer.deliver(row(DeliverBundle(bundle=bundle)))

    [file] = desk.inboxes["acme"].parcels["K7F3QX.1"].files
    assert (file.content, file.mime, file.name) == (b"%PDF-1.7 receipt", "application/pdf", "Shot_0.pdf")


async def test_a_bundle_whose_photo_is_gone_is_given_up_rather_than_sent_without(desk: Desk) -> None:
    bundle = await desk.bundle(picture("ok"))
    await desk.blobs.delete_case("K7F3QX")

    with pytest.raises(PermanentFailure, match="Shot_0"):
        await desk.deliverer.deliver(row(DeliverBundle(bundle=bundle)))
    assert desk.inboxes["acme"].attempts == []


async def test_a_worker_that_dies_says_nothing_about_the_inbox(desk: Desk) -> None:
    bundle = await desk.bundle(picture("ok"))
    desk.judge.failures = [TransientFailure("worker died")]

    with pytest.raises(NotReady):
        await desk.deliverer.deliver(row(DeliverBundle(bundle=bundle)))


async def test_a_named_inbox_gets_what_is_handed_over(desk: Desk) -> None:
    bundle = await desk.bundle(picture("ok"))

    await desk.deliverer.deliver(row(DeliverBundle(bundle=bundle, inbox="support")))

    assert list(desk.inboxes["support"].parcels) == ["K7F3QX.1"]


async def test_words_are_passed_on_under_a_key_of_their_own(desk: Desk) -> None:
    note = ForwardText(
        case="K7F3QX",
        number=3,
        text="It is the left one",
        seller=Seller(id="acme", name="Acme"),
        subject="Mug",
        customer_name="Anna",
        locale="en",
    )

    await desk.deliverer.forward(row(note))

    assert desk.inboxes["acme"].notes == {"K7F3QX.note.3": note}


async def test_a_delivery_starts_the_seller_s_clock_and_none_when_people_of_ours_have_the_case(
    desk: Desk,
) -> None:
    bundle = await desk.bundle()

    to_seller = (await desk.deliverer.deliver(row(DeliverBundle(bundle=bundle)))).event
    to_support = (await desk.deliverer.deliver(row(DeliverBundle(bundle=bundle, inbox="support")))).event

    assert isinstance(to_seller, Delivered)
    assert isinstance(to_support, Delivered)
    assert to_seller.answer_by == NOON + timedelta(hours=24)
    assert to_seller.remind_at == NOON + timedelta(hours=18)
    assert to_support.answer_by is None
