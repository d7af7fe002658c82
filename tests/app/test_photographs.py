"""Storing and judging photos: what is no picture leaves nothing behind, what is judged names its claim."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from bot.app.jobs import GivenUp
from bot.app.photographs import DOWNLOAD_LIMIT, Forgetting, Judging, Storer
from bot.ports import DeadlyPicture, PermanentFailure, TransientFailure
from bot.testing import NOON, FakeJudge, RecordingChat, picture
from flows.catalogue import Texts
from flows.conversation import Conversation
from flows.effects import Effect, ForgetPhotos, JudgePhoto, StorePhoto
from flows.events import PhotoJudged, PhotoRefused, PhotoStored
from flows.values import Photo, Quality, Upload, Verdict
from storage.blobs import MemoryBlobs
from storage.ports import CaseLine, CaseRecord, OutboxRow
from tests.every import every

CASE = "K7F3QX"
PDF = b"%PDF-1.7\n% a receipt"


def row(effect: Effect, *, attempts: int = 0) -> OutboxRow:
    return OutboxRow(id="r", chat=1, lane="photo:p", effect=effect, due=NOON, created=NOON, attempts=attempts)


@dataclass
class Shelf:
    """A chat with uploads, a judge and a blob store."""

    chat: RecordingChat = field(default_factory=RecordingChat)
    judge: FakeJudge = field(default_factory=FakeJudge)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)

    async def store(
        self,
        content: bytes,
        *,
        accept: Sequence[str] = ("photo", "file"),
        attempts: int = 0,
        **upload: object,
    ) -> PhotoStored | PhotoRefused:
        self.chat.uploads["f1"] = content
        described = Upload(file_id="f1", unique_id="u1", **{"kind": "photo", **upload})  # type: ignore[arg-type]
        effect = StorePhoto(case=CASE, photo_id="p1", upload=described, accept=tuple(accept))
        storer = Storer(chat=self.chat, judge=self.judge, blobs=self.blobs)
        event = (await storer(row(effect, attempts=attempts))).event
        assert isinstance(event, PhotoStored | PhotoRefused)
        return event


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_a_picture_is_stored_with_its_size_and_fingerprint_under_its_case(shelf: Shelf) -> None:
    stored = await shelf.store(picture("ok"))

    assert isinstance(stored, PhotoStored)
    photo = stored.photo
    assert (photo.id, photo.width, photo.height, photo.mime) == ("p1", 1280, 960, "image/jpeg")
    assert photo.key.startswith(f"{CASE}/")
    assert await shelf.blobs.get(photo.key) == picture("ok")


async def test_what_is_no_picture_is_refused_and_not_stored(shelf: Shelf) -> None:
    refused = await shelf.store(b"GIF89a but not really")

    assert refused == PhotoRefused(case=CASE, photo_id="p1", reason="unreadable")
    assert await every(shelf.blobs) == []


async def test_a_file_announced_as_too_big_is_not_even_fetched(shelf: Shelf) -> None:
    refused = await shelf.store(picture("ok"), size=DOWNLOAD_LIMIT + 1)

    assert isinstance(refused, PhotoRefused)
    assert refused.reason == "too_big"
    assert shelf.chat.calls == []


async def test_a_file_that_proves_too_big_is_refused_as_such(shelf: Shelf) -> None:
    refused = await shelf.store(b"x" * (DOWNLOAD_LIMIT + 1))

    assert isinstance(refused, PhotoRefused)
    assert refused.reason == "too_big"


async def test_a_file_that_is_gone_is_asked_for_again(shelf: Shelf) -> None:
    storer = Storer(chat=shelf.chat, judge=shelf.judge, blobs=shelf.blobs)
    gone = Upload(file_id="gone", unique_id="u", kind="photo")

    result = await storer(row(StorePhoto(case=CASE, photo_id="p1", upload=gone)))

    assert result.event == PhotoRefused(case=CASE, photo_id="p1", reason="download")


@pytest.mark.parametrize("kind", ["pdf", "file"])
async def test_a_pdf_counts_where_the_shot_accepts_it(shelf: Shelf, kind: str) -> None:
    stored = await shelf.store(PDF, kind=kind, accept=("photo", "file", "pdf"))

    assert isinstance(stored, PhotoStored)
    assert (stored.photo.kind, stored.photo.mime) == ("pdf", "application/pdf")


@pytest.mark.parametrize("kind", ["pdf", "file"])
async def test_a_pdf_is_refused_where_the_shot_does_not_accept_it(shelf: Shelf, kind: str) -> None:
    refused = await shelf.store(PDF, kind=kind)

    assert isinstance(refused, PhotoRefused)
    assert refused.reason == "pdf_not_here"
    assert await every(shelf.blobs) == []


async def test_a_pdf_by_name_only_is_refused(shelf: Shelf) -> None:
    refused = await shelf.store(b"MZ not a pdf", kind="pdf", accept=("pdf",))

    assert isinstance(refused, PhotoRefused)
    assert refused.reason == "unreadable"


async def test_a_photo_is_not_refused_because_telegram_and_the_workers_were_busy_before(shelf: Shelf) -> None:
    shelf.judge.failures = [TransientFailure("too many photos wait")]

    with pytest.raises(TransientFailure):
        await shelf.store(picture("ok"), attempts=7)
    stored = await shelf.store(picture("ok"), attempts=8)

    assert isinstance(stored, PhotoStored)


async def test_a_picture_that_ends_its_workers_is_kept_for_a_person_and_its_customer_asked_for_another(
    shelf: Shelf,
) -> None:
    shelf.judge.failures = [DeadlyPicture("unreadable")]

    with pytest.raises(GivenUp) as aside:
        await shelf.store(picture("ok"))

    assert isinstance(aside.value, PermanentFailure)
    assert aside.value.event == PhotoRefused(case=CASE, photo_id="p1", reason="unreadable")


# -- judging -------------------------------------------------------------------------------------------------


class EarlierCases:
    """Knows that one photo was sent before, to one of two sellers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.seller = "acme"

    async def of_seller(
        self, seller: str, *, limit: int = 100, before: datetime | None = None
    ) -> Sequence[CaseLine]:
        raise NotImplementedError

    async def of_chat(self, chat: int) -> Sequence[Conversation]:
        raise NotImplementedError

    async def earlier_fingerprints(self, case: str, *, limit: int = 5000) -> Sequence[str]:
        self.asked.append(case)
        sharp = (await FakeJudge().judge(picture("ok"), quality=Quality(), others=())).fingerprint
        return ([sharp] if self.seller == "bolt" else [])[:limit]

    async def idle(self, *, before: datetime, limit: int = 100) -> Sequence[int]:
        raise NotImplementedError

    async def records(self, seller: str) -> Sequence[CaseRecord]:
        raise NotImplementedError

    async def drop_records(self, *, before: datetime) -> int:
        raise NotImplementedError

    async def forget(self, chat: int, *, record_until: datetime | None = None) -> Sequence[str]:
        raise NotImplementedError


RETAKE_ALL = Quality(
    actions={"blur": "retake", "duplicate": "retake", "seen_before": "warn", "glare": "warn"}
)


@dataclass
class Bench:
    """A judging performer over one stored photo."""

    shelf: Shelf = field(default_factory=Shelf)
    cases: EarlierCases = field(default_factory=EarlierCases)

    async def judged(self, content: bytes, **fields: object) -> Verdict:
        key = await self.shelf.blobs.put(CASE, content)
        photo = Photo(
            id="p1", kind="photo", key=key, sha256="sha", size=1, mime="image/jpeg", width=1, height=1
        )
        wanted = JudgePhoto(case=CASE, photo=photo, quality=RETAKE_ALL, locale="de")
        event = await self.event(replace(wanted, **fields))  # type: ignore[arg-type]
        assert isinstance(event, PhotoJudged)
        assert event.photo_id == "p1"
        return event.verdict

    async def event(self, effect: JudgePhoto) -> object:
        texts = Texts({"en": {"retake.blur.caption": "Blurred"}, "de": {"retake.blur.caption": "Unscharf"}})
        judging = Judging(
            judge=self.shelf.judge,
            blobs=self.shelf.blobs,
            cases=self.cases,
            texts=texts,
        )
        return (await judging(row(effect))).event


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_good_photo_has_no_problems_and_nothing_to_explain(bench: Bench) -> None:
    verdict = await bench.judged(picture("ok"))

    assert (verdict.problems, verdict.explained) == ((), "")


async def test_a_photo_to_take_again_comes_with_a_picture_that_shows_why_in_the_customers_words(
    bench: Bench,
) -> None:
    verdict = await bench.judged(picture("blur"))

    assert await bench.shelf.blobs.get(verdict.explained) == picture("ok").replace(
        b"ok:0", b"ok:explains blur, Unscharf"
    )


async def test_what_only_warns_is_not_explained(bench: Bench) -> None:
    verdict = await bench.judged(picture("glare"))

    assert (verdict.problems, verdict.explained) == (("glare",), "")


async def test_the_same_file_twice_is_a_duplicate_whatever_else_is_wrong(bench: Bench) -> None:
    verdict = await bench.judged(picture("blur"), shas=("sha",))

    assert verdict.problems == ("duplicate", "blur")


async def test_photos_are_compared_with_earlier_cases_of_their_seller(bench: Bench) -> None:
    assert (await bench.judged(picture("ok"))).problems == ()

    bench.cases.seller = "bolt"
    assert (await bench.judged(picture("ok"))).problems == ("seen_before",)
    assert bench.cases.asked == [CASE, CASE]


async def test_nothing_is_compared_where_the_flow_ignores_it(bench: Bench) -> None:
    await bench.judged(picture("ok"), quality=Quality(actions={"seen_before": "ignore"}))

    assert bench.cases.asked == []


async def test_a_pdf_needs_no_verdict(bench: Bench) -> None:
    photo = Photo(
        id="p1",
        kind="pdf",
        key=f"{CASE}/{'0' * 64}",
        sha256="s",
        size=1,
        mime="application/pdf",
        width=0,
        height=0,
    )

    event = await bench.event(JudgePhoto(case=CASE, photo=photo, quality=RETAKE_ALL, locale="en"))

    assert event == PhotoJudged(case=CASE, photo_id="p1", verdict=Verdict())


async def test_a_photo_taken_back_meanwhile_is_not_judged(bench: Bench) -> None:
    photo = Photo(
        id="p1",
        kind="photo",
        key=f"{CASE}/{'0' * 64}",
        sha256="s",
        size=1,
        mime="image/jpeg",
        width=1,
        height=1,
    )

    assert await bench.event(JudgePhoto(case=CASE, photo=photo, quality=RETAKE_ALL, locale="en")) is None


async def test_forgetting_photos_deletes_them_and_only_them(bench: Bench) -> None:
    blobs = bench.shelf.blobs
    keys = [await blobs.put(CASE, picture("ok", serial=n)) for n in range(3)]

    await Forgetting(blobs=blobs)(row(ForgetPhotos(case=CASE, keys=tuple(keys[:2]))))

    assert [blob.key for blob in await every(blobs)] == keys[2:]
