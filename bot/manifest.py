"""The manifest of a bundle, and how its files are named; the schema beside it is the published promise."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson

from bot.label_patterns import DEFAULT, fields_of, stem_of
from bot.ports import LabelledFile
from bot.printed import facts, masked
from flows.values import Bundle

VERSION = 1
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}


def file_names(bundle: Bundle, mimes: Sequence[str], pattern: str = DEFAULT) -> tuple[str, ...]:
    """Name each file by the seller's pattern: ASCII letters, digits and underscores; no name stands twice."""
    taken: set[str] = set()
    names = []
    for place, (photo, mime) in enumerate(zip(bundle.photos, mimes, strict=True), 1):
        stem, ending = stem_of(pattern, fields_of(bundle, photo.label, place)), ENDINGS.get(mime, "bin")
        name, count = f"{stem}.{ending}", 1
        while name.casefold() in taken:
            count += 1
            name = f"{stem}_{count}.{ending}"
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def manifest(bundle: Bundle, files: Sequence[LabelledFile]) -> bytes:
    """Write the manifest as JSON; its shape is bot/manifest.schema.json."""
    order = bundle.order
    told: dict[str, Any] = {
        "version": VERSION,
        "case": bundle.case,
        "bundle": bundle.number,
        "follow_up_to": bundle.follow_up_to,
        "seller": {"id": bundle.seller.id, "name": bundle.seller.name},
        "order": {
            "number": order.number,
            "verified": order.verified,
            "items": [
                {
                    "title": item.title,
                    "sku": item.sku,
                    "quantity": item.quantity,
                    "personalization": item.personalization,
                }
                for item in order.items
            ],
        },
        "item": {"title": bundle.item.title, "sku": bundle.item.sku} if bundle.item else None,
        "issue": bundle.issue,
        "issue_title": bundle.issue_title,
        "summary": bundle.summary,
        "locale": bundle.locale,
        "message": bundle.message,
        "customer": {"first_name": bundle.customer_name, "locale": bundle.customer_locale},
        "answers": [{"question": question, "answer": answer} for question, answer in bundle.answers],
        "photos": [_photo(file, bundle) for file in files],
        "missing": [{"label": one.label, "title": one.title, "reason": one.reason} for one in bundle.missing],
    }
    return orjson.dumps(_writable(told), option=orjson.OPT_INDENT_2)


def _writable(value: Any) -> Any:
    """Replace what UTF-8 cannot write (lone halves of a character)."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _writable(inner) for key, inner in value.items()}
    return [_writable(inner) for inner in value] if isinstance(value, list) else value


def _photo(file: LabelledFile, bundle: Bundle) -> dict[str, Any]:
    told: dict[str, Any] = {
        "file": file.name,
        "label": file.label,
        "title": file.title,
        "mime": file.mime,
        "sha256": file.sha256,
        "original_sha256": file.original_sha256,
        "width": file.width,
        "height": file.height,
        "flags": list(file.flags),
    }
    ordered = bundle.item.barcode if bundle.item else ""
    if file.barcode:
        told["barcode"] = file.barcode
    if file.barcode and ordered:
        told["barcode_as_ordered"] = _bare(file.barcode) == _bare(ordered)
    if file.text:
        text = masked(file.text)
        found = asdict(facts(text.splitlines(), order_number=bundle.order.number))
        told |= {
            "text": text,
            "printed": {name: fact for name, fact in found.items() if fact not in {"", None}},
        }
    return told


def _bare(code: str) -> str:
    """What two writings of one product code share: a UPC is an EAN without its leading nought."""
    return "".join(sign for sign in code if sign.isalnum()).lstrip("0").upper()
