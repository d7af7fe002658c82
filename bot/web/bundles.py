"""Reads delivered bundles back from the folders of the folder inbox; shows them, and changes nothing."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MANIFEST = "manifest*.json"
DEEPEST = 3
"""Folders below a seller's in which a manifest may lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredPhoto:
    """One file of a bundle."""

    path: Path
    label: str
    title: str
    width: int
    height: int
    flags: tuple[str, ...]
    barcode: str
    barcode_as_ordered: bool | None  # None = not known
    printed: Mapping[str, Any]  # facts read on it, as the manifest names them

    @property
    def is_picture(self) -> bool:
        """Whether a browser shows it as a picture."""
        return self.path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredBundle:
    """One bundle as its manifest and its files tell it."""

    case: str
    number: int
    seller: str
    delivered: datetime
    manifest: dict[str, Any]
    photos: tuple[DeliveredPhoto, ...]

    def text(self, *path: str) -> str:
        """Read a text of the manifest, "" when it is not there."""
        value: Any = self.manifest
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        return str(value) if value not in (None, [], {}) else ""

    @property
    def customer(self) -> str:
        """The customer's first name."""
        name = self.text("customer", "first_name") or self.text("customer", "name")
        return name.split(" ")[0] if name else "A customer"

    @property
    def seller_name(self) -> str:
        """The seller in words."""
        return self.text("seller", "name") or self.seller

    @property
    def item(self) -> str:
        """What it is about."""
        named = self.text("item", "title") or self.text("order", "item")
        items = self.manifest.get("order", {}).get("items") or []
        first = items[0] if items else ""
        return named or (str(first.get("title", "")) if isinstance(first, dict) else str(first))

    @property
    def issue(self) -> str:
        """The issue in words."""
        return self.text("issue_title") or self.text("issue").replace("_", " ").capitalize()

    @property
    def verified(self) -> bool:
        """Whether the customer proved that the order is theirs."""
        return bool(self.manifest.get("order", {}).get("verified"))

    @property
    def flags(self) -> tuple[str, ...]:
        """Every flag of its photos, once."""
        return tuple(dict.fromkeys(flag for photo in self.photos for flag in photo.flags))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredCase:
    """All bundles of one case, oldest first."""

    code: str
    bundles: tuple[DeliveredBundle, ...]
    notes: tuple[str, ...] = ()  # what the customer wrote later

    @property
    def first(self) -> DeliveredBundle:
        """The bundle that opened the case."""
        return self.bundles[0]

    @property
    def changed(self) -> datetime:
        """When the newest bundle came."""
        return max(bundle.delivered for bundle in self.bundles)

    @property
    def photos(self) -> tuple[DeliveredPhoto, ...]:
        """Every photo of the case."""
        return tuple(photo for bundle in self.bundles for photo in bundle.photos)


def read_cases(root: Path) -> Sequence[DeliveredCase]:
    """Read every case below a folder of sellers' folders, newest first; what is half written is left out."""
    bundles: dict[str, list[DeliveredBundle]] = {}
    for manifest in _manifests(root):
        bundle = _read(root, manifest)
        if bundle is not None:
            bundles.setdefault(bundle.case, []).append(bundle)
    cases = [
        DeliveredCase(
            code=code,
            bundles=tuple(sorted(found, key=lambda one: one.number)),
            notes=_notes(root / found[0].seller / code),
        )
        for code, found in bundles.items()
    ]
    return sorted(cases, key=lambda case: case.changed, reverse=True)


def _notes(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(path.read_text(encoding="utf-8") for path in sorted(folder.glob("notes/*.txt")))
    except (OSError, UnicodeDecodeError):
        return ()


def _manifests(root: Path) -> Iterable[Path]:
    for depth in range(DEEPEST + 1):
        yield from root.glob("*/" * depth + MANIFEST)


def _read(root: Path, path: Path) -> DeliveredBundle | None:
    try:
        manifest = json.loads(path.read_bytes())
        delivered = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or not manifest.get("case"):
        return None
    photos = [_photo(path.parent, entry) for entry in manifest.get("photos", []) if isinstance(entry, dict)]
    return DeliveredBundle(
        case=str(manifest["case"]),
        number=int(manifest.get("bundle", 1)),
        seller=path.relative_to(root).parts[0] if path.parent != root else "",
        delivered=delivered,
        manifest=manifest,
        photos=tuple(photo for photo in photos if photo.path.is_file()),
    )


def _photo(folder: Path, entry: dict[str, Any]) -> DeliveredPhoto:
    return DeliveredPhoto(
        path=folder / Path(str(entry.get("file", ""))).name,
        label=str(entry.get("label", "")),
        title=str(entry.get("title", "")),
        width=int(entry.get("width") or 0),
        height=int(entry.get("height") or 0),
        flags=tuple(str(flag) for flag in entry.get("flags", [])),
        barcode=str(entry.get("barcode") or ""),
        barcode_as_ordered=entry.get("barcode_as_ordered"),
        printed=dict(entry.get("printed") or {}),
    )
