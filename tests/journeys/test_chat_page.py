"""All five issues through the chat page, in a real browser, in three languages; screenshots lie in test-output/."""

import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from bot.sandbox.client import SandboxClient
from tests.conftest import in_ci
from tests.journeys.conftest import RunningBot
from tests.journeys.pictures import blurred, sharp

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "test-output"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


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


async def tap(page: Page, label: str) -> None:
    """Press the newest inline button whose name holds `label`."""
    button = page.locator("#log").get_by_role("button", name=re.compile(re.escape(label))).last
    await button.wait_for(timeout=30_000)
    await button.click()


async def sees(page: Page, text: str) -> None:
    await page.get_by_text(text).last.wait_for(timeout=30_000)


async def send(page: Page, folder: Path, *pictures: bytes) -> None:
    paths = []
    for place, picture in enumerate(pictures):
        path = folder / f"photo{place}.jpg"
        path.write_bytes(picture)
        paths.append(path)
    await page.locator("input[type=file]").first.set_input_files([str(path) for path in paths])
    await page.get_by_role("button", name=re.compile("^Send")).last.click()


async def look(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    for width, height in ((390, 844), (1280, 800)):
        await page.set_viewport_size({"width": width, "height": height})
        await page.screenshot(path=str(SHOTS / f"{name}-{width}.png"))
    await page.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.parametrize("bot", ["webhook"], indirect=True)
async def test_shipping_damage_through_the_chat_page(
    bot: RunningBot, client: SandboxClient, page: Page, tmp_path: Path
) -> None:
    link = (await bot.command("orders", "link", "A-1017")).strip().rsplit("start=", 1)[1]
    chat = await client.new_chat("Anna", language_code="en", payload=link)
    await page.goto(f"{bot.sandbox.address}/?chat={chat['id']}")
    await page.get_by_role("button", name=re.compile("start", re.IGNORECASE)).last.click()
    await sees(page, "What happened?")
    await look(page, "issue")
    await tap(page, "Shipping damage")
    await tap(page, "Box and item")
    await tap(page, "Skip")
    await sees(page, "The box from outside")
    await look(page, "shot")
    await send(page, tmp_path, blurred(1))
    await sees(page, "The photo is a little blurred.")
    await look(page, "retake")
    await send(page, tmp_path, sharp(2))
    await sees(page, "The shipping label, the tracking number readable")
    await send(page, tmp_path, sharp(3), sharp(4), sharp(5), sharp(6))
    await tap(page, "Enough")
    await look(page, "album")
    await tap(page, "Skip")
    await sees(page, "Fill the picture with the stamp.")
    await tap(page, "Skip")
    await tap(page, "A replacement")
    await sees(page, "Could you please send me a replacement?")
    await tap(page, "‹ Back")
    await tap(page, "My money back")
    await sees(page, "Could you please refund me?")
    await look(page, "message")
    await tap(page, "Use this message")
    await sees(page, "Shall I send it?")
    await look(page, "review")
    await tap(page, "Edit: Wish")
    await tap(page, "A replacement")
    await sees(page, "Could you please send me a replacement?")
    await tap(page, "Use this message")
    await page.get_by_role("button", name="Edit: Wish").wait_for(timeout=30_000)
    await page.locator("#log").get_by_role("button", name=re.compile("^Send$")).last.click()
    await sees(page, "Delivered to Acme Outdoor")
    await look(page, "sent")

    [manifest] = (bot.inbox / "acme").glob("*/manifest.json")
    told = json.loads(manifest.read_bytes())
    assert told["photos"][0]["label"] == "ShippingDamage_Packaging"
    assert "send me a replacement" in told["message"]
