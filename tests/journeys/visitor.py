"""A customer at the chat page, in a real browser: taps, types, sends, looks, and takes screenshots."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.conftest import in_ci
from tests.journeys.pictures import blurred, lying, sharp
from tests.journeys.walks import Act, See, Send, Tap, Type

SHOTS = Path(__file__).resolve().parents[2] / "test-output"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = ((1280, 800), (390, 844))
PATIENCE = 15_000  # ms
CLIPPED = """() => [...document.querySelectorAll('.mosaic, .keys')].filter((one) => one.scrollWidth > one.clientWidth + 1)
.map((one) => one.outerHTML.slice(0, 80))"""
"""Pictures and rows of buttons that are wider than the place they stand in."""


@asynccontextmanager
async def browser_page(*, scale: float = 1.0) -> AsyncIterator[Page]:
    """Open a page as wide as a phone; skip, visibly, where there is no Chromium."""
    chromium = os.environ.get("CLEARSHOT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        if in_ci():
            pytest.fail("browser tests must not be skipped here")
        pytest.skip("no chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield await browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=scale)
        await browser.close()


@dataclass
class Visitor:
    """A customer at the chat page; `pictures` numbers what was sent, so that no two are alike."""

    page: Page
    folder: Path
    name: str
    pictures: int = 0

    async def do(self, act: Act) -> None:
        """Carry out one act of a walk."""
        match act:
            case Tap(label):
                starting = re.compile(rf"^\W*{re.escape(label)}")
                button = self.page.locator("#log").get_by_role("button", name=starting).last
                await button.click(timeout=PATIENCE)
            case See(words, photo):
                await self.page.locator("#log").get_by_text(words).last.wait_for(timeout=PATIENCE)
                if photo:
                    await self.look(f"{self.name}-{photo}")
            case Type(words):
                await self.page.get_by_role("textbox").last.fill(words)
                await self.page.keyboard.press("Enter")
            case Send():
                await self.send(act)

    async def send(self, act: Send) -> None:
        """Choose pictures, perhaps as files, and send them."""
        paths = []
        for _ in range(act.count):
            self.pictures += 1
            path = self.folder / f"photo{self.pictures}.jpg"
            path.write_bytes(self.picture(act))
            paths.append(str(path))
        await self.page.locator("input[type=file]").first.set_input_files(paths)
        if act.as_file:
            await self.page.get_by_text("As file", exact=True).click()
        await self.page.get_by_role("button", name=re.compile("^Send")).last.click()

    def picture(self, act: Send) -> bytes:
        """Make the next picture."""
        if act.blurred:
            return blurred(self.pictures)
        return lying(self.pictures) if act.as_file else sharp(self.pictures)

    async def look(self, name: str) -> None:
        """Take screenshots of a desk and of a phone."""
        SHOTS.mkdir(exist_ok=True)
        await self.page.wait_for_timeout(400)  # animations end; nothing depends on it
        for width, height in WIDTHS:
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.wait_for_timeout(150)
            assert await self.page.evaluate(CLIPPED) == [], width
            await self.page.screenshot(path=str(SHOTS / f"{name}-{width}.png"))
