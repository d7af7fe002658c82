"""The seller's side of a journey, as a person there works: in the web inbox, by e-mail, with a system of their own."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page
from standardwebhooks.webhooks import Webhook

from tests.imap_server import PASSWORD, USER, ImapServer, imap_server
from tests.journeys.running_bot import RunningBot
from tests.journeys.visitor import PATIENCE, SHOTS
from tests.mail_server import Mailbox, free_port

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
HEAD = """\
sellers:
  acme:
    name: "Acme Outdoor"
    answer: {within: 24h, zone: Europe/Berlin}
"""
TAIL = """
  lumen: {name: "Lumen Leuchten", locale: de}
support: {name: "Support"}
"""
LABEL = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
WAIT = 20.0  # seconds


class SellersPerson(Protocol):
    """Somebody at Acme Outdoor."""

    sellers: str  # the sellers file

    async def begin(self, bot: RunningBot) -> None: ...

    async def got(self, number: int) -> list[str]:
        """Wait for bundle `number` of the case; answers the labels of its photos."""
        ...

    async def ask(self, words: str) -> None: ...

    async def settle(self, words: str) -> None: ...

    async def give(self, words: str) -> None:
        """Answer with a return label (LABEL); a system of the seller's gives words alone."""
        ...


async def until(found: Callable[[], Any]) -> Any:
    """Wait until something is there."""
    async with asyncio.timeout(WAIT):
        while not (result := found()):  # noqa: ASYNC110 - whatever it is, it is looked for
            await asyncio.sleep(0.05)
    return result


class AtTheWebInbox:
    """Signs in with a link, and never reloads a page."""

    sellers = HEAD + TAIL

    def __init__(self, page: Page) -> None:
        self.page = page

    async def begin(self, bot: RunningBot) -> None:
        link = (await bot.command("sellers", "invite", "acme", "Ann Lee")).strip()
        await self.page.goto(link)
        await self.page.get_by_role("button", name="Open the inbox").click()
        await self.page.get_by_text("the case appears here by itself").wait_for()

    async def got(self, number: int) -> list[str]:
        if number == 1:
            await self.page.get_by_text("Camping mug 0.4 l").click(timeout=PATIENCE)
            await self.page.get_by_text("1 of 5").wait_for(timeout=PATIENCE)
            await self.look("web-case")
            return await self.page.locator(".label").all_inner_texts()
        before = 5
        await self.page.get_by_text(f"1 of {before + 1}").wait_for(timeout=PATIENCE)
        return (await self.page.locator(".label").all_inner_texts())[before:]

    async def ask(self, words: str) -> None:
        await self.page.get_by_label("Your words to Anna").fill(words)
        await self.page.get_by_role("button", name="Ask for a photo").click()
        await self.page.get_by_text("Asked. The photo will appear here.").wait_for()

    async def settle(self, words: str) -> None:
        await self.page.get_by_label("Your words to Anna").fill(words)
        await self.page.get_by_role("button", name="Settled").click()
        await self.page.get_by_text("Settled. Anna knows.").wait_for()
        await self.look("web-settled")

    async def give(self, words: str) -> None:
        await self.page.get_by_label("Your words to Anna").fill(words)
        label = {"name": "return label.pdf", "mimeType": "application/pdf", "buffer": LABEL}
        await self.page.get_by_label("Photos or PDFs for the customer").set_input_files(label)  # type: ignore[arg-type]  # its names are those of a payload
        await self.page.get_by_role("button", name="Send").click()
        await self.page.get_by_role("link", name="return_label.pdf").wait_for()
        await self.look("web-label")

    async def look(self, name: str) -> None:
        """Take screenshots of a desk and a phone, light and dark; nothing may be wider than the page."""
        SHOTS.mkdir(exist_ok=True)
        for scheme in ("dark", "light"):
            await self.page.emulate_media(color_scheme=scheme)
            for width, height in ((390, 844), (1280, 900)):
                await self.page.set_viewport_size({"width": width, "height": height})
                await self.page.wait_for_timeout(150)
                assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                    scheme,
                    width,
                )
                await self.page.screenshot(
                    path=str(SHOTS / f"{name}-{scheme}-{width}.png"), full_page=width == 390
                )


class ByMail:
    """Answers the mails that come; the answers lie in a mailbox that the bot asks."""

    def __init__(self, mailbox: Mailbox, imap: ImapServer) -> None:
        self.mailbox = mailbox
        self.imap = imap
        self.sellers = HEAD + (
            "    inbox: email\n    settings:\n"
            f"      {{host: 127.0.0.1, port: {mailbox.port}, security: none, sender: clearshot@shop.example,\n"
            "       recipient: claims@acme.example, reply_domain: bot.example, reply_secret: a secret of sixteen and more,\n"
            f"       imap: {{host: 127.0.0.1, port: {imap.port}, security: none, username: {USER}, password: {PASSWORD},"
            " every: 1}}\n".replace("}}", "}}")
            + TAIL.lstrip("\n")
        )

    async def begin(self, bot: RunningBot) -> None:
        assert bot.port

    async def got(self, number: int) -> list[str]:
        mails = await until(lambda: self.mailbox.mails if len(self.mailbox.mails) >= number else [])
        mail = mails[number - 1]
        if number > 1:
            assert mails[0]["Message-ID"] in str(mail["References"])
        names = [
            part.get_filename() for part in mail.iter_attachments() if part.get_content_maintype() == "image"
        ]
        return [name.removesuffix(".jpg") for name in names]

    def _reply(self, words: str, label: bytes = b"") -> None:
        sent = self.mailbox.mails[-1]
        mail = EmailMessage()
        mail["From"], mail["To"] = "Ann Lee <claims@acme.example>", str(sent["Reply-To"])
        mail["Subject"] = f"Re: {sent['Subject']}"
        mail["Message-ID"] = f"<{len(words)}.{id(mail)}@acme.example>"
        quoted = "\n".join(f"> {line}" for line in sent.get_body(("plain",)).get_content().splitlines())  # type: ignore[union-attr]
        mail.set_content(f"{words}\n\nOn Mon, Clearshot <{sent['Reply-To']}> wrote:\n{quoted}\n")
        if label:
            mail.add_attachment(label, maintype="application", subtype="pdf", filename="return label.pdf")
        self.imap.put(mail.as_bytes())

    async def ask(self, words: str) -> None:
        self._reply(f"/photo {words}")

    async def settle(self, words: str) -> None:
        self._reply(f"/settled {words}")

    async def give(self, words: str) -> None:
        self._reply(words, LABEL)


class ByWebhook:
    """A system of the seller's: takes signed events, fetches the photos, and sends signed events back."""

    def __init__(self, url: str, events: list[dict[str, Any]]) -> None:
        self.events = events
        self.sellers = (
            HEAD
            + f"    inbox: webhook\n    settings: {{url: '{url}', secrets: ['{SECRET}'], allow_private: true}}"
            + TAIL
        )
        self.hook = ""
        self.count = 0

    async def begin(self, bot: RunningBot) -> None:
        self.hook = f"http://127.0.0.1:{bot.port}/hooks/acme"

    async def got(self, number: int) -> list[str]:
        told = await until(
            lambda: next((one["data"] for one in self.events if one["data"].get("bundle") == number), None)
        )
        async with aiohttp.ClientSession() as session:
            for photo in told["photos"]:
                async with session.get(photo["url"]) as answer:
                    assert (answer.status, (await answer.read())[:2]) == (200, b"\xff\xd8")
        return [photo["label"] for photo in told["photos"]]

    async def _tell(self, kind: str, words: str) -> None:
        self.count += 1
        case = self.events[-1]["data"]["case"]
        body = json.dumps({"type": kind, "data": {"case": case, "text": words, "author": "Ann Lee"}})
        now = datetime.now(UTC)
        key = f"evt_{self.count}"
        headers = {
            "webhook-id": key, "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(key, now, body),
        }  # fmt: skip
        async with aiohttp.ClientSession() as session:
            for _ in range(2):  # sent twice, as such systems do
                async with session.post(self.hook, data=body, headers=headers) as answer:
                    assert answer.status == 200, await answer.text()

    async def ask(self, words: str) -> None:
        await self._tell("case.photo_wished", words)

    async def settle(self, words: str) -> None:
        await self._tell("case.settled", words)

    async def give(self, words: str) -> None:
        await self._tell("case.answered", words)


@asynccontextmanager
async def person(way: str, *, page: Page, folder: Path) -> AsyncIterator[SellersPerson]:
    """Find somebody who works this way."""
    async with AsyncExitStack() as stack:
        if way == "web inbox":
            yield AtTheWebInbox(page)
        elif way == "e-mail":
            mailbox = Mailbox(port=free_port())
            stack.enter_context(mailbox.serving())
            yield ByMail(mailbox, stack.enter_context(imap_server(folder)))
        else:
            events: list[dict[str, Any]] = []

            async def take(request: web.Request) -> web.Response:
                told = Webhook(SECRET).verify(await request.read(), dict(request.headers))
                events.append(told)
                return web.Response(status=204)

            site = web.Application()
            site.router.add_post("/in", take)
            server = await stack.enter_async_context(TestServer(site))
            yield ByWebhook(str(server.make_url("/in")), events)


def code_in(text: str) -> str:
    """Find a case's code."""
    found = re.search(r"\b[2-9B-DF-HJ-NP-TV-XZ]{6}\b", text)
    assert found, text
    return found[0]
