"""A parcel to deliver."""

import hashlib
import io
from typing import Any

from PIL import Image

from bot.manifest import file_names, manifest
from bot.ports import LabelledFile, Parcel
from flows.values import Bundle, BundlePhoto, Item, MissingShot, Order, Photo, Seller


def picture(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 120)).save(buffer, "JPEG")
    return buffer.getvalue()


def parcel_with(
    *, labels: tuple[str, ...] = ("ShippingDamage_Packaging", "ShippingDamage_CloseUp_1"), **changes: Any
) -> Parcel:
    pictures = [picture(20 * place) for place in range(len(labels))]
    photos = tuple(
        BundlePhoto(
            label=label,
            title=f"Title of {label}",
            photo=Photo(
                id=f"p{place}", kind="photo", key=f"K7F3QX/{'a' * 64}", sha256=hashlib.sha256(content).hexdigest(),
                size=len(content), mime="image/jpeg", width=64, height=48,
            ),
            flags=("blur",) if place == 1 else (),
        )
        for place, (label, content) in enumerate(zip(labels, pictures, strict=True))
    )  # fmt: skip
    given: dict[str, Any] = {
        "case": "K7F3QX", "number": 1, "seller": Seller(id="acme", name="Acme"), "issue": "shipping_damage",
        "order": Order(number="A-17", seller="acme", items=(Item(title="Mug"),), verified=True), "item": Item(title="Mug"),
        "issue_title": "Shipping damage", "summary": "Mug: damaged in transit", "locale": "en", "customer_locale": "de",
        "message": "Hello Acme,\n\nmy mug broke.\n\nAnna", "customer_name": "Anna", "photos": photos,
        "missing": (MissingShot(label="X", title="Box", reason="thrown away"),), "answers": (("Damage", "Box and item"),),
    }  # fmt: skip
    bundle = Bundle(**{**given, **changes})
    names = file_names(bundle, ["image/jpeg"] * len(photos))
    files = tuple(
        LabelledFile(
            name=name, label=photo.label, title=photo.title, mime="image/jpeg", content=content,
            sha256=hashlib.sha256(content).hexdigest(), original_sha256=photo.photo.sha256, width=64, height=48,
            flags=photo.flags,
        )
        for name, photo, content in zip(names, photos, pictures, strict=True)
    )  # fmt: skip
    return Parcel(bundle=bundle, files=files, manifest=manifest(bundle, files))
