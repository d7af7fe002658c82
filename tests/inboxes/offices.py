"""The other side of each inbox, as real as it gets here: what arrived there, and how it breaks down."""

import base64
import hashlib
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.inboxes.email.adapter import EmailInbox
from bot.inboxes.email.settings import EmailSettings
from bot.inboxes.folder.adapter import FolderInbox
from bot.inboxes.folder.settings import FolderSettings
from bot.inboxes.marketplace.adapter import MarketplaceInbox
from bot.inboxes.marketplace.settings import MarketplaceSettings
from bot.inboxes.webhook.adapter import WebhookInbox
from bot.inboxes.webhook.settings import WebhookSettings
from bot.ports import LabelledFile, Parcel, Receipt, SellerInbox
from flows.effects import ForwardText
from tests.inboxes.arrivals import Arrived, Office
from tests.inboxes.chatwoot_server import chatwoot_office
from tests.inboxes.django_helpdesk_server import HelpdeskSite, helpdesk_office
from tests.inboxes.telegram_server import telegram_office
from tests.inboxes.zammad_server import zammad_office
from tests.inboxes.zendesk_server import zendesk_office
from tests.mail_server import Mailbox


def linked(parcel: Parcel) -> Parcel:
    """Give the files addresses, as a bot with a public one does."""
    files = tuple(replace(file, link=f"https://bot.example/copies/{file.name}") for file in parcel.files)
    return replace(parcel, files=files, manifest_link="https://bot.example/copies/manifest.json")


class FolderOffice:
    """A folder; it breaks down when a file takes its place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "in"
        self.inbox: SellerInbox = FolderInbox(FolderSettings(path=self.folder))

    def arrived(self) -> list[Arrived]:
        bundles = [self._bundle(path.parent) for path in sorted(self.folder.rglob("manifest.json"))]
        notes = [
            Arrived(
                key=str(path.relative_to(self.folder)),
                case=path.parts[-3],
                words=path.read_text(encoding="utf-8", errors="replace"),
            )
            for path in sorted(self.folder.rglob("notes/*.txt"))
        ]
        return [*bundles, *notes]

    def _bundle(self, folder: Path) -> Arrived:
        photos = {
            path.name.partition("_")[2]: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.glob("*.jpg"))
        }
        case = folder.relative_to(self.folder).parts[0]
        words = (folder / "message.txt").read_text(encoding="utf-8")
        return Arrived(key=str(folder), case=case, photos=photos, words=words)

    def break_down(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.write_text("in the way")

    def mend(self) -> None:
        self.folder.unlink()


class MailOffice:
    """A mail server."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        settings = EmailSettings(
            host="127.0.0.1", port=mailbox.port, security="none", sender="bot@clearshot.example",
            recipient="claims@acme.example", timeout=5,
        )  # fmt: skip
        self.inbox: SellerInbox = EmailInbox(settings)

    def arrived(self) -> list[Arrived]:
        found = []
        for mail in self.mailbox.mails:
            body = mail.get_body(("plain",))
            photos = {
                str(part.get_filename()): hashlib.sha256(part.get_content()).hexdigest()
                for part in mail.iter_attachments()
                if part.get_content_maintype() == "image"
            }
            words = body.get_content() if body else ""
            found.append(
                Arrived(key=mail["Message-ID"], case=mail["X-Clearshot-Case"], photos=photos, words=words)
            )
        return found

    def break_down(self) -> None:
        self.mailbox.refuse = "451 try later"

    def mend(self) -> None:
        self.mailbox.refuse = ""


class WebhookOffice:
    """A shop's endpoint, which fetches no photos: their links and sums are what arrives."""

    def __init__(self) -> None:
        self.status = 204
        self.events: list[tuple[str, bytes]] = []
        self.inbox: SellerInbox

    async def take(self, request: web.Request) -> web.Response:
        if self.status < 300:
            self.events.append((request.headers["webhook-id"], await request.read()))
        return web.Response(status=self.status)

    def arrived(self) -> list[Arrived]:
        found = []
        for key, body in self.events:
            told = json.loads(body)["data"]
            photos = {photo["file"]: photo["sha256"] for photo in told.get("photos", []) if photo["url"]}
            words = told.get("message") or told.get("text", "")
            if "case" in told:
                found.append(Arrived(key=key, case=told["case"], photos=photos, words=words))
        return found

    def break_down(self) -> None:
        self.status = 503

    def mend(self) -> None:
        self.status = 204


@asynccontextmanager
async def webhook_office() -> AsyncIterator[WebhookOffice]:
    """Serve an endpoint while the block lasts."""
    office = WebhookOffice()
    site = web.Application()
    site.router.add_post("/hook", office.take)
    async with TestServer(site) as server:
        secret = f"whsec_{base64.b64encode(bytes(32)).decode()}"
        settings = WebhookSettings.model_validate(
            {"url": str(server.make_url("/hook")), "secrets": [secret], "allow_private": True, "timeout": 5}
        )
        office.inbox = WebhookInbox(settings)
        yield office
        await office.inbox.aclose()


class MarketplaceOffice:
    """A customer who sends by hand what was prepared, and a marketplace that takes only what its rules allow."""

    def __init__(self) -> None:
        self._prepares = MarketplaceInbox(MarketplaceSettings())
        self._sent: dict[str, Arrived] = {}
        self.inbox: SellerInbox = self

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:
        receipt = await self._prepares.deliver(parcel, idempotency_key=idempotency_key)
        return self._pasted(receipt, case=parcel.bundle.case, files=parcel.files)

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:
        receipt = await self._prepares.forward(note, idempotency_key=idempotency_key)
        return self._pasted(receipt, case=note.case)

    def _pasted(self, receipt: Receipt, *, case: str, files: Sequence[LabelledFile] = ()) -> Receipt:
        assert receipt.errand is not None
        text = receipt.errand.text
        assert len(text) <= 4000
        assert re.search(r"<|>|https?:|www\.|[\w.]@[\w.]+\.\w|[\x00-\x08]", text) is None
        assert sum(len(file.content) for file in files) <= 10_000_000
        assert f"({case})" in text
        self._sent[text] = Arrived(
            key=text, case=case, words=text, photos={file.name: file.sha256 for file in files}
        )
        return receipt

    async def check(self) -> str:
        return await self._prepares.check()

    async def aclose(self) -> None:
        await self._prepares.aclose()

    def arrived(self) -> list[Arrived]:
        return list(self._sent.values())

    def break_down(self) -> None:
        raise NotImplementedError("it reaches nobody by itself: there is nothing to break")

    def mend(self) -> None:
        raise NotImplementedError


@asynccontextmanager
async def office_of(
    kind: str, *, folder: Path, mail_server: Callable[[], Mailbox], helpdesk_site: Callable[[], HelpdeskSite]
) -> AsyncIterator[Office]:
    """Open the office of an inbox by its name in `bot.bootstrap.INBOXES`."""
    if kind == "folder":
        yield FolderOffice(folder)
    elif kind == "email":
        yield MailOffice(mail_server())
    elif kind == "marketplace":
        yield MarketplaceOffice()
    elif kind == "django_helpdesk":
        async with helpdesk_office(helpdesk_site()) as office:
            yield office
    else:
        assert kind in SERVED, f"no office for the inbox {kind!r}: every inbox passes the contract"
        async with SERVED[kind]() as office:
            yield office


SERVED: dict[str, Callable[[], AbstractAsyncContextManager[Office]]] = {
    "webhook": webhook_office,
    "telegram_chat": telegram_office,
    "zammad": zammad_office,
    "zendesk": zendesk_office,
    "chatwoot": chatwoot_office,
}
"""Offices that are servers of their own."""
