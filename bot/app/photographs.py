"""Performs what concerns pixels: storing, judging and forgetting photos."""

import hashlib
from dataclasses import replace

from bot.app.jobs import GivenUp, Result
from bot.ports import Chat, DeadlyPicture, NotAPicture, PermanentFailure, PhotoJudge
from flows.catalogue import Texts
from flows.effects import ForgetPhotos, JudgePhoto, StorePhoto
from flows.events import Event, PhotoJudged, PhotoRefused, PhotoStored
from flows.values import Photo, Verdict, reason_id
from storage.ports import BlobStore, Cases, OutboxRow

DOWNLOAD_LIMIT = 20 * 1024 * 1024
"""Bytes that the hosted Bot API hands out (Bot API, getFile)."""
PDF_START = b"%PDF-"
PDF_HEADER_WITHIN = 1024
"""A reader accepts the mark within the first kilobyte (ISO 32000, annex H)."""
DEADLY = "a picture ended process after process that looked at it"


class Storer:
    """StorePhoto: fetch, look, store; what is no acceptable picture is refused and nothing is stored."""

    def __init__(self, *, chat: Chat, judge: PhotoJudge, blobs: BlobStore) -> None:
        self._chat = chat
        self._judge = judge
        self._blobs = blobs

    async def __call__(self, row: OutboxRow) -> Result:
        """Fetch and store one upload."""
        effect: StorePhoto = row.effect  # type: ignore[assignment]  # the table of performers pairs them
        if effect.upload.size > DOWNLOAD_LIMIT:
            return Result(event=_refused(effect, "too_big"))
        try:
            content = await self._chat.download(effect.upload, limit=DOWNLOAD_LIMIT)
        except PermanentFailure as failure:
            too_big = "big" in str(failure).lower() or "large" in str(failure).lower()
            return Result(event=_refused(effect, "too_big" if too_big else "download"))
        if len(content) > DOWNLOAD_LIMIT:
            return Result(event=_refused(effect, "too_big"))
        if PDF_START in content[:PDF_HEADER_WITHIN] or effect.upload.kind == "pdf":
            return await self._store_pdf(effect, content)
        return await self._store_picture(effect, content)

    async def _store_pdf(self, effect: StorePhoto, content: bytes) -> Result:
        if "pdf" not in effect.accept:
            return Result(event=_refused(effect, "pdf_not_here"))
        if PDF_START not in content[:PDF_HEADER_WITHIN]:
            return Result(event=_refused(effect, "unreadable"))
        photo = await self._put(effect, content, mime="application/pdf")
        return Result(event=PhotoStored(case=effect.case, photo=replace(photo, kind="pdf")))

    async def _store_picture(self, effect: StorePhoto, content: bytes) -> Result:
        try:
            seen = await self._judge.inspect(content)
        except DeadlyPicture as refusal:
            raise GivenUp(DEADLY, event=_refused(effect, refusal.reason)) from None
        except NotAPicture as refusal:
            return Result(event=_refused(effect, refusal.reason))
        photo = await self._put(effect, content, mime=seen.mime)
        photo = replace(photo, width=seen.width, height=seen.height)
        return Result(event=PhotoStored(case=effect.case, photo=photo))

    async def _put(self, effect: StorePhoto, content: bytes, *, mime: str) -> Photo:
        key = await self._blobs.put(effect.case, content)
        return Photo(
            id=effect.photo_id,
            kind=effect.upload.kind,
            key=key,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            mime=mime,
            width=0,
            height=0,
        )


def _refused(effect: StorePhoto, reason: str) -> PhotoRefused:
    return PhotoRefused(case=effect.case, photo_id=effect.photo_id, reason=reason)


def never_stored(effect: StorePhoto) -> Event:
    """Tell that an upload could not be had."""
    return _refused(effect, "download")


class Judging:
    """JudgePhoto: the verdict, and the picture that shows the worst problem when the photo must be taken again."""

    def __init__(self, *, judge: PhotoJudge, blobs: BlobStore, cases: Cases, texts: Texts) -> None:
        self._judge = judge
        self._blobs = blobs
        self._cases = cases
        self._texts = texts

    async def __call__(self, row: OutboxRow) -> Result:
        """Judge one stored photo."""
        effect: JudgePhoto = row.effect  # type: ignore[assignment]  # the table of performers pairs them
        if effect.photo.kind == "pdf":
            return Result(event=_judged(effect, Verdict()))
        try:
            content = await self._blobs.get(effect.photo.key)
        except KeyError:  # taken back meanwhile: nobody waits for the verdict
            return Result()
        watched = effect.quality.actions.get("seen_before", "ignore") != "ignore"
        earlier = await self._cases.earlier_fingerprints(effect.case) if watched else ()
        try:
            verdict = await self._judge.judge(
                content, quality=effect.quality, others=effect.others, earlier=earlier
            )
        except DeadlyPicture:
            raise GivenUp(DEADLY, event=_judged(effect, Verdict(problems=("unreadable",)))) from None
        except NotAPicture:
            verdict = Verdict(problems=("unreadable",))
        verdict = _with_exact_duplicate(effect, verdict)
        return Result(event=_judged(effect, await self._explained(effect, verdict, content)))

    async def _explained(self, effect: JudgePhoto, verdict: Verdict, content: bytes) -> Verdict:
        actions = effect.quality.actions
        worst = next((problem for problem in verdict.problems if actions.get(problem) == "retake"), None)
        if worst is None:
            return verdict
        told = reason_id(worst, effect.quality.readable)
        caption = self._texts.plain(effect.locale, f"retake.{told}.caption", {})
        try:
            drawn = await self._judge.explain(content, problem=worst, caption=caption)
        except NotAPicture:
            return verdict
        key = await self._blobs.put(effect.case, drawn)
        return replace(verdict, explained=key)


def _with_exact_duplicate(effect: JudgePhoto, verdict: Verdict) -> Verdict:
    """The same bytes are the same picture, whatever a fingerprint says; it is the reason that helps most."""
    if effect.photo.sha256 not in effect.shas:
        return verdict
    others = tuple(problem for problem in verdict.problems if problem != "duplicate")
    return replace(verdict, problems=("duplicate", *others))


def _judged(effect: JudgePhoto, verdict: Verdict) -> PhotoJudged:
    return PhotoJudged(case=effect.case, photo_id=effect.photo.id, verdict=verdict)


def cannot_tell(effect: JudgePhoto) -> Event:
    """Give a photo that could not be judged the benefit of the doubt: a person will see it."""
    return _judged(effect, Verdict())


class Forgetting:
    """ForgetPhotos: delete originals that were taken back."""

    def __init__(self, *, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def __call__(self, row: OutboxRow) -> Result:
        """Delete them; what is gone already is no fault."""
        effect: ForgetPhotos = row.effect  # type: ignore[assignment]  # the table of performers pairs them
        await self._blobs.delete(effect.keys)
        return Result()
