"""All five issues through the chat page, in a real browser, in three languages; screenshots lie in test-output/."""

import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page

from bot.sandbox.client import SandboxClient
from tests.journeys.running_bot import RunningBot
from tests.journeys.visitor import Visitor, browser_page
from tests.journeys.walks import WALKS, Walk

pytestmark = pytest.mark.browser


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browser_page() as found:
        yield found


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'clearshot.db'}"


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
