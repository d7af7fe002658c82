"""`clearshot demo` as a newcomer meets it: its addresses, the chat page, the sellers' page, light and dark.

With CLEARSHOT_PICTURES=FOLDER the README's pictures are made anew.
"""

import asyncio
import io
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page

from tests.journeys.visitor import SHOTS, WIDTHS, Visitor, browser_page
from tests.journeys.walks import SHIPPING_DAMAGE, See
from tests.mail_server import free_port

pytestmark = pytest.mark.browser
ADDRESS = re.compile(r"http://\S+")
STAGES = {
    "The box from outside": "shot",
    "The photo is a little blurred.": "retake",
    "Shall I send it?": "review",
}
"""What the chat shows when a picture for the README is taken."""


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[list[str]]:
    """Run it as its own process; the addresses in the order in which they are printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", str(free_port()), "--data", str(folder),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    addresses: list[str] = []
    try:
        async with asyncio.timeout(30):
            while b"Ctrl-C" not in (line := await process.stdout.readline()):
                addresses += ADDRESS.findall(line.decode())
        yield addresses
    finally:
        process.terminate()
        await process.wait()


async def test_a_newcomer_sends_a_case_and_finds_it_in_the_sellers_inbox(tmp_path: Path) -> None:
    pictures: dict[str, bytes] = {}
    async with demo(tmp_path / "demo") as addresses, browser_page(scale=1.5) as page:
        chat, link, inbox, *_ = addresses
        assert (await page.request.get(chat)).ok
        await page.goto(link)
        await page.get_by_label("First name").fill("Anna")
        await page.get_by_role("button", name="Open chat").click()
        await page.locator("#start").click()
        visitor = Visitor(page, tmp_path, "demo")
        for act in SHIPPING_DAMAGE.acts:
            await visitor.do(act if not isinstance(act, See) else See(act.words))
            if isinstance(act, See) and act.words in STAGES:
                await page.wait_for_timeout(400)  # animations end; nothing depends on it
                pictures.setdefault(STAGES[act.words], await page.screenshot())

        await page.goto(inbox)
        await page.get_by_text("Camping mug 0.4 l").wait_for()
        await look(page, "inbox-list")
        await page.get_by_text("Camping mug 0.4 l").click()
        await page.get_by_text("ShippingDamage_Packaging").wait_for()
        pictures["inbox"] = await look(page, "inbox-case")
        labels = await page.locator(".label").all_inner_texts()
        broken = await page.evaluate(
            "() => [...document.images].filter((one) => one.complete && !one.naturalWidth).map((one) => one.src)"
        )

    assert tuple(labels) == SHIPPING_DAMAGE.labels
    assert broken == []
    if folder := os.environ.get("CLEARSHOT_PICTURES"):
        keep(pictures, Path(folder))


async def look(page: Page, name: str) -> bytes:
    """Take screenshots of a desk and of a phone, light and dark; nothing may be wider than the page."""
    shot = b""
    for scheme in ("dark", "light"):
        await page.emulate_media(color_scheme=scheme)
        for width, height in reversed(WIDTHS):
            await page.set_viewport_size({"width": width, "height": height})
            await page.wait_for_timeout(150)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (scheme, width)
            SHOTS.mkdir(exist_ok=True)
            shot = await page.screenshot(path=str(SHOTS / f"{name}-{scheme}-{width}.png"))
    return shot


def keep(pictures: dict[str, bytes], folder: Path) -> None:
    """Write the README's pictures: three moments of a chat side by side, and the seller's page."""
    folder.mkdir(parents=True, exist_ok=True)
    moments = [Image.open(io.BytesIO(pictures[name])).convert("RGB") for name in STAGES.values()]
    gap = 24
    width = sum(one.width for one in moments) + gap * (len(moments) - 1)
    sheet = Image.new("RGB", (width, moments[0].height), (255, 255, 255))
    for place, one in enumerate(moments):
        sheet.paste(one, (place * (one.width + gap), 0))
    sheet.quantize(128).save(folder / "chat.png", optimize=True)
    inbox = Image.open(io.BytesIO(pictures["inbox"])).convert("RGB").resize(WIDTHS[0])
    inbox.quantize(128).save(folder / "inbox.png", optimize=True)
