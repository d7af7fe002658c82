"""The bundles of a case as a seller may see them: manifests and copies, as they were delivered; pure but for blobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from flows.conversation import Bundled, Conversation
from flows.standing import bundles_for
from storage.ports import BlobStore

PICTURES = ("image/jpeg", "image/png", "image/webp")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredPhoto:
    """One file of a bundle."""

    bundle: int
    name: str
    key: str  # of its bytes
    label: str
    title: str
    mime: str
    width: int
    height: int
    flags: tuple[str, ...]
    barcode: str
    barcode_as_ordered: bool | None  # None = not known
    sha256: str
    printed: Mapping[str, Any]  # facts read on it, as the manifest names them

    @property
    def is_picture(self) -> bool:
        """Whether a browser shows it as a picture."""
        return self.mime in PICTURES


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredBundle:
    """One bundle; without a manifest when it is no longer kept."""

    number: int
    sent: datetime | None
    manifest: Mapping[str, Any]
    manifest_key: str
    photos: tuple[DeliveredPhoto, ...]

    def text(self, *path: str) -> str:
        """Read a text of the manifest, "" when it is not there."""
        value: Any = self.manifest
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value if isinstance(value, str) else ""

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """Read a list of the manifest."""
        found = self.manifest.get(name)
        return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


async def bundles_of(case: Conversation, seller: str, blobs: BlobStore) -> tuple[DeliveredBundle, ...]:
    """Read every bundle of a case that was for this seller and has been made ready, oldest first."""
    sent = {line.number: line.at for line in case.timeline if line.kind == "sent"}
    ready = [one for one in bundles_for(case, seller) if one.manifest]
    return tuple([await _bundle(one, sent.get(one.number), blobs) for one in ready])


async def _bundle(one: Bundled, sent: datetime | None, blobs: BlobStore) -> DeliveredBundle:
    try:
        manifest = orjson.loads(await blobs.get(one.manifest))
    except (KeyError, orjson.JSONDecodeError):
        manifest = None
    manifest = manifest if isinstance(manifest, dict) else {}
    entries = [entry for entry in manifest.get("photos", []) if isinstance(entry, dict)]
    photos = tuple(_photo(one.number, key, entry) for key, entry in zip(one.copies, entries, strict=False))
    return DeliveredBundle(
        number=one.number, sent=sent, manifest=manifest, manifest_key=one.manifest, photos=photos
    )


def _photo(bundle: int, key: str, entry: Mapping[str, Any]) -> DeliveredPhoto:
    return DeliveredPhoto(
        bundle=bundle,
        name=str(entry.get("file", "")),
        key=key,
        label=str(entry.get("label", "")),
        title=str(entry.get("title", "")),
        mime=str(entry.get("mime", "")),
        width=int(entry.get("width") or 0),
        height=int(entry.get("height") or 0),
        flags=tuple(str(flag) for flag in entry.get("flags", [])),
        barcode=str(entry.get("barcode") or ""),
        barcode_as_ordered=entry.get("barcode_as_ordered"),
        sha256=str(entry.get("sha256", "")),
        printed=dict(entry.get("printed") or {}),
    )


def photos_of(bundles: Sequence[DeliveredBundle]) -> list[DeliveredPhoto]:
    """Every photo of a case, in the order of its bundles."""
    return [photo for bundle in bundles for photo in bundle.photos]
