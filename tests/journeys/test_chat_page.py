"""All five issues through the chat page, in a real browser, in three languages; screenshots lie in test-output/."""

import io
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page, async_playwright

from bot.sandbox.client import SandboxClient
from tests.conftest import in_ci
from tests.journeys.pictures import blurred, jpeg, scene, sharp
from tests.journeys.running_bot import RunningBot
from tests.journeys.walks import WALKS, Act, See, Send, Tap, Type, Walk

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "test-output"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = ((1280, 800), (390, 844))
PATIENCE = 15_000  # ms
CLIPPED = """() => [...document.querySelectorAll('.mosaic, .keys')].filter((one) => one.scrollWidth > one.clientWidth + 1)
.map((one) => one.outerHTML.slice(0, 80))"""
"""Pictures and rows of buttons that are wider than the place they stand in."""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    chromium = os.environ.get("CLEARSHOT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        if in_ci():
            pytest.fail("browser tests must not be skipped here")
        pytest.skip("no chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield await browser.new_page(viewport={"width": 390, "height": 844})
        await browser.close()


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'clearshot.db'}"


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
        return jpeg(scene(self.pictures), orientation=6) if act.as_file else sharp(self.pictures)

    async def look(self, name: str) -> None:
        """Take screenshots of a desk and of a phone."""
        SHOTS.mkdir(exist_ok=True)
        await self.page.wait_for_timeout(400)  # animations end; nothing depends on it
        for width, height in WIDTHS:
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.wait_for_timeout(150)
            assert await self.page.evaluate(CLIPPED) == [], width
            await self.page.screenshot(path=str(SHOTS / f"{name}-{width}.png"))


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.issue)
@pytest.mark.parametrize("bot", ["webhook"], indirect=True)
async def test_an_issue_through_the_chat_page_ends_in_the_right_bundle(
    bot: RunningBot, client: SandboxClient, page: Page, tmp_path: Path, walk: Walk
) -> None:
    link = (await bot.command("orders", "link", walk.order)).strip().rsplit("start=", 1)[1]
    chat = await client.new_chat("Anna", language_code=walk.language, payload=link)
    visitor = Visitor(page, tmp_path, walk.issue)
    await page.goto(f"{bot.sandbox.address}/?chat={chat['id']}")
    await page.get_by_role("button", name=re.compile("start", re.IGNORECASE)).last.click()

    for act in walk.acts:
        await visitor.do(act)

    [manifest] = (bot.inbox / walk.seller).glob("*/manifest.json")
    bundle = json.loads(manifest.read_bytes())
    assert tuple(photo["label"] for photo in bundle["photos"]) == walk.labels
    assert (bundle["issue"], bundle["locale"]) == (walk.issue, walk.locale)
    for words in walk.message:
        assert words in bundle["message"]
    assert (manifest.parent / "message.txt").read_text(encoding="utf-8").count(walk.message[0]) == 1
    for place, photo in enumerate(bundle["photos"], 1):
        assert photo["file"] == f"{place:02d}_{photo['label']}.jpg"
        check_picture((manifest.parent / photo["file"]).read_bytes(), photo, upright=walk.upright)
    assert "Traceback" not in bot.log


def check_picture(content: bytes, photo: dict[str, Any], *, upright: str) -> None:
    """No metadata; as large as the manifest says; the one that lay on its side stands."""
    image = Image.open(io.BytesIO(content))
    assert not image.getexif()
    assert b"Canary" not in content
    assert image.size == (photo["width"], photo["height"])
    assert (image.height > image.width) == (photo["label"] == upright)
