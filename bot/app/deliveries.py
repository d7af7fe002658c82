"""Performs what goes to sellers: bundles and notes, each to its inbox, with a key that delivers once."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.app.clock import Timepiece
from bot.app.jobs import NotReady, Result
from bot.ports import (
    LabelledFile,
    NotAPicture,
    Parcel,
    PermanentFailure,
    PhotoJudge,
    Preparation,
    SellerInbox,
    TransientFailure,
)
from bot.promptness import REMIND_AFTER, Promptness
from flows.effects import DeliverBundle, ForwardText
from flows.events import Delivered, DeliveryDelayed, DeliveryFailed, Event, LeftToCustomer
from flows.values import Bundle, BundlePhoto, Errand
from storage.ports import BlobStore, OutboxRow

SUPPORT = "support"
"""The inbox of what has no seller's inbox."""

NameFiles = Callable[[Bundle, Sequence[str], str], Sequence[str]]
"""Names the files of a bundle, by the media types that they have after preparation and by the seller's pattern."""
Prepared = tuple[bytes, str, int, int]
"""Content, media type, width and height in pixels."""
WriteManifest = Callable[[Bundle, Sequence[LabelledFile]], bytes]
LinkTo = Callable[[str, str], str]
"""Makes a short-lived address of the blob with this key, under this name; "" where there can be none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A parcel, and the blob keys of what it holds: the copies stay for the case's pages and links."""

    parcel: Parcel
    manifest: str
    copies: tuple[str, ...]


class Packer:
    """Makes a parcel of a bundle: originals are loaded and prepared one at a time, for memory's sake."""

    def __init__(
        self,
        *,
        blobs: BlobStore,
        judge: PhotoJudge,
        name_files: NameFiles,
        write_manifest: WriteManifest,
        preparations: Mapping[str, Preparation],
        link_to: LinkTo,
    ) -> None:
        self._blobs = blobs
        self._judge = judge
        self._name_files = name_files
        self._write_manifest = write_manifest
        self._preparations = preparations
        self._link_to = link_to

    async def pack(self, bundle: Bundle) -> Packed:
        """Prepare, name and list every photo; what is made is kept, so that a link to it can be followed."""
        how = self._preparations.get(bundle.seller.id, Preparation())
        try:
            prepared = [await self._prepared(photo, how) for photo in bundle.photos]
            if how.bundle_bytes:
                prepared = await self._fitted(bundle, prepared, how)
        except TransientFailure as failure:
            raise NotReady(str(failure)) from None
        names = self._name_files(bundle, [mime for _, mime, _, _ in prepared], how.names)
        files = tuple(
            _labelled(photo, name, made)
            for photo, name, made in zip(bundle.photos, names, prepared, strict=True)
        )
        manifest = self._write_manifest(bundle, files)
        copies = [await self._blobs.put(bundle.case, file.content) for file in files]
        manifest_key = await self._blobs.put(bundle.case, manifest)
        linked = tuple(
            replace(file, link=self._link_to(key, file.name)) for file, key in zip(files, copies, strict=True)
        )
        link = self._link_to(manifest_key, "manifest.json")
        parcel = Parcel(bundle=bundle, files=linked, manifest=manifest, manifest_link=link)
        return Packed(parcel=parcel, manifest=manifest_key, copies=tuple(copies))

    async def _fitted(self, bundle: Bundle, made: list[Prepared], how: Preparation) -> list[Prepared]:
        """Prepare the largest photos anew, each with its share of what the whole bundle may weigh."""
        most = fair_share([len(content) for content, _, _, _ in made], how.bundle_bytes)
        smaller = replace(how, max_bytes=max(1, min(most, how.max_bytes or most)))
        return [
            await self._prepared(photo, smaller) if len(one[0]) > most and photo.photo.kind != "pdf" else one
            for photo, one in zip(bundle.photos, made, strict=True)
        ]

    async def _prepared(self, photo: BundlePhoto, how: Preparation) -> Prepared:
        try:
            original = await self._blobs.get(photo.photo.key)
        except KeyError:
            raise PermanentFailure(f"the photo {photo.label} is not in the store") from None
        if photo.photo.kind == "pdf":
            return original, photo.photo.mime, 0, 0
        try:
            return await self._judge.prepare(original, how=how, cover=photo.cards)
        except NotAPicture as refusal:
            raise PermanentFailure(f"the photo {photo.label} cannot be prepared: {refusal.reason}") from None


def fair_share(sizes: Sequence[int], whole: int) -> int:
    """Return the most that one file may weigh for all to fit: what small ones leave over goes to the large ones."""
    left, ordered = whole, sorted(sizes)
    for index, size in enumerate(ordered):
        share = left // (len(ordered) - index)
        if size > share:
            return share
        left -= size
    return max(sizes, default=0)


def _labelled(photo: BundlePhoto, name: str, made: Prepared) -> LabelledFile:
    content, mime, width, height = made
    return LabelledFile(
        name=name,
        label=photo.label,
        title=photo.title,
        mime=mime,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        original_sha256=photo.photo.sha256,
        width=width,
        height=height,
        flags=photo.flags,
        barcode=photo.barcode,
        text=photo.text,
    )


class Deliverer:
    """DeliverBundle and ForwardText: what has no inbox of its own goes to support."""

    def __init__(
        self,
        *,
        inboxes: Mapping[str, SellerInbox],
        packer: Packer,
        promptness: Mapping[str, Promptness],
        clock: Timepiece,
    ) -> None:
        self._inboxes = inboxes
        self._packer = packer
        self._promptness = promptness
        self._clock = clock

    def gate(self, effect: DeliverBundle | ForwardText) -> str:
        """Name the inbox that an effect goes to."""
        seller = effect.bundle.seller if isinstance(effect, DeliverBundle) else effect.seller
        wanted = effect.inbox or seller.id
        return wanted if wanted in self._inboxes else SUPPORT

    def _inbox(self, effect: DeliverBundle | ForwardText) -> SellerInbox:
        inbox = self._inboxes.get(self.gate(effect))
        if inbox is None:
            raise PermanentFailure("there is no inbox for this case, and none called support")
        return inbox

    async def deliver(self, row: OutboxRow) -> Result:
        """Deliver one bundle."""
        effect: DeliverBundle = row.effect  # type: ignore[assignment]  # the table of performers pairs them
        bundle = effect.bundle
        inbox = self._inbox(effect)
        packed = await self._packer.pack(bundle)
        receipt = await inbox.deliver(packed.parcel, idempotency_key=f"{bundle.case}.{bundle.number}")
        if receipt.errand is not None:
            return Result(event=_left(packed, receipt.errand))
        event = Delivered(
            case=bundle.case,
            number=bundle.number,
            place=receipt.place,
            manifest=packed.manifest,
            copies=packed.copies,
            reference=receipt.reference,
        )
        return Result(event=self._timed(event, effect))

    def _timed(self, event: Delivered, effect: DeliverBundle) -> Delivered:
        """Tell when the seller's time to answer ends; a case that people of ours have is on no seller's clock."""
        promptness = self._promptness.get(effect.bundle.seller.id)
        if promptness is None or effect.inbox:
            return event
        now = self._clock.now()
        remind_at = promptness.due(now, share=REMIND_AFTER) if promptness.remind else None
        return replace(event, answer_by=promptness.due(now), remind_at=remind_at)

    async def forward(self, row: OutboxRow) -> Result:
        """Pass the customer's words on."""
        effect: ForwardText = row.effect  # type: ignore[assignment]  # the table of performers pairs them
        key = f"{effect.case}.note.{effect.number}"
        receipt = await self._inbox(effect).forward(effect, idempotency_key=key)
        if receipt.errand is None:
            return Result()
        return Result(
            event=LeftToCustomer(case=effect.case, number=0, errand=receipt.errand, note=effect.number)
        )


def _left(packed: Packed, errand: Errand) -> Event:
    """Tell that the customer has to send the bundle by hand, and what."""
    bundle = packed.parcel.bundle
    return LeftToCustomer(
        case=bundle.case,
        number=bundle.number,
        errand=errand,
        manifest=packed.manifest,
        copies=packed.copies,
        names=tuple(file.name for file in packed.parcel.files),
    )


def delayed(effect: DeliverBundle) -> Event:
    """Tell that the inbox is out of reach for now."""
    return DeliveryDelayed(case=effect.bundle.case, number=effect.bundle.number)


def failed(effect: DeliverBundle) -> Event:
    """Tell that the bundle could not be delivered."""
    return DeliveryFailed(case=effect.bundle.case, number=effect.bundle.number)
