"""Delivered bundles in folders, put there by the real folder inbox, and the pages served over them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.inboxes.folder.adapter import FolderInbox
from bot.inboxes.folder.settings import FolderSettings
from bot.manifest import file_names, manifest
from bot.ports import LabelledFile, Parcel
from bot.web.inbox import InboxPages
from flows.effects import ForwardText
from flows.values import Bundle, BundlePhoto, Item, MissingShot, Order, Photo, Seller
from tests.cli.picture_files import photograph

EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
MESSAGE = """\
Hello Acme Outdoor,

It is about my order A-1017. My parcel with Camping mug 0.4 l was damaged on its way: box and item are damaged.
I kept the packaging, and 5 photos show the state it came in. Could you please send me a replacement?

Thank you and kind regards
Anna"""


@dataclass
class Delivery:
    """What one test delivers."""

    case: str
    item: str = "Camping mug 0.4 l"
    customer: str = "Anna"
    issue: str = "Shipping damage"
    labels: tuple[str, ...] = ("Packaging", "ShippingLabel", "CloseUp")
    verified: bool = True
    flags: tuple[str, ...] = ()
    number: int = 1
    message: str = MESSAGE
    width: int = 640
    height: int = 480


class SellersDesk:
    """Delivers to folders below one root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def deliver(self, delivery: Delivery, *, seller: str = "acme") -> None:
        """Put one bundle where the inbox puts it."""
        parcel = _parcel(delivery, seller)
        inbox = FolderInbox(FolderSettings(path=self.root / seller))
        await inbox.deliver(parcel, idempotency_key=f"{delivery.case}.{delivery.number}")

    async def note(self, case: str, text: str, *, seller: str = "acme") -> None:
        """Put a note beside them."""
        wrote = ForwardText(
            case=case, number=1, text=text, seller=Seller(id=seller, name=seller), subject="",
            customer_name="Anna", locale="en",
        )  # fmt: skip
        inbox = FolderInbox(FolderSettings(path=self.root / seller))
        await inbox.forward(wrote, idempotency_key=f"{case}.note.1")


def _parcel(delivery: Delivery, seller: str) -> Parcel:
    photo = Photo(
        id="p", kind="photo", key="k", sha256="s", size=1, mime="image/jpeg", width=delivery.width,
        height=delivery.height,
    )  # fmt: skip
    photos = tuple(
        BundlePhoto(label=f"ShippingDamage_{label}", title=f"The {label.lower()}", photo=photo)
        for label in delivery.labels
    )
    item = Item(title=delivery.item) if delivery.item else None
    bundle = Bundle(
        case=delivery.case, number=delivery.number, seller=Seller(id=seller, name=seller),
        order=Order(number="A-1017", seller=seller, items=(item,) if item else (), verified=delivery.verified),
        item=item, issue="shipping_damage", issue_title=delivery.issue, summary=f"{delivery.item}: damaged",
        locale="en", message=delivery.message, customer_name=delivery.customer, customer_locale="en", photos=photos,
        missing=(MissingShot(label="x", title="Box maker's stamp", reason="The box has none"),),
    )  # fmt: skip
    names = file_names(bundle, ["image/jpeg"] * len(photos))
    made = [photograph(n, width=delivery.width, height=delivery.height) for n in range(len(photos))]
    files = tuple(
        LabelledFile(
            name=name, label=one.label, title=one.title, mime="image/jpeg", content=content, sha256="a",
            original_sha256="b", width=delivery.width, height=delivery.height,
            flags=delivery.flags if n == 0 else (), barcode="4006381333931" if n == 1 else "",
        )
        for n, (one, name, content) in enumerate(zip(photos, names, made, strict=True))
    )  # fmt: skip
    return replace(Parcel(bundle=bundle, files=files, manifest=b""), manifest=manifest(bundle, files))


@pytest.fixture
def desk(tmp_path: Path) -> SellersDesk:
    return SellersDesk(tmp_path / "inbox")


@pytest.fixture
async def pages(desk: SellersDesk) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    site = web.Application()
    site.add_routes(InboxPages(folder=desk.root).routes())
    async with TestClient(TestServer(site)) as client:
        yield client
    await asyncio.sleep(0)
