"""`clearshot demo` as a process of its own: a customer over HTTP, and the bundle that the seller finds."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from PIL import Image

from bot.sandbox.client import SandboxClient
from tests.cli.picture_files import photograph

SHOTS = ["Packaging", "ShippingLabel", "InnerPackaging", "Product", "CloseUp_1"]


class Running:
    """A demo under way: its process and the addresses that it printed."""

    def __init__(self, process: asyncio.subprocess.Process, addresses: dict[str, str]) -> None:
        self.process = process
        self.addresses = addresses

    @property
    def chat(self) -> str:
        return self.addresses["Chat with the bot"].rstrip("/")

    @property
    def token(self) -> str:
        link = next(address for name, address in self.addresses.items() if name.startswith("..."))
        return parse_qs(urlsplit(link).query)["start"][0]

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 20)


@asynccontextmanager
async def demo(data: Path) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", "0", "--data", str(data),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    addresses: dict[str, str] = {}
    async with asyncio.timeout(30):
        async for raw in process.stdout:
            line = raw.decode().strip()
            if line.startswith("Ctrl-C"):
                break
            found = re.match(r"(.+?):\s+(http\S+)$", line)
            assert found, line
            addresses[found[1]] = found[2]
    try:
        yield Running(process, addresses)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Anna:
    """A customer who reads before she taps."""

    def __init__(self, client: SandboxClient, chat: int) -> None:
        self._client = client
        self.chat = chat

    async def tap(self, label: str) -> None:
        message = await self._client.wait_for(self.chat, lambda one: _has_button(one, label))
        await self._client.press(self.chat, message, _button(message, label))

    async def sees(self, words: str) -> str:
        message = await self._client.wait_for(self.chat, lambda one: words in _words(one))
        return _words(message)

    async def photo(self, content: bytes, *, then: str) -> None:
        await self._client.send_photos(self.chat, [content])
        await self.sees(then)


def _words(message: dict[str, object]) -> str:
    return str(message.get("text") or message.get("caption") or "")


def _labels(message: dict[str, object]) -> list[str]:
    markup = message.get("reply_markup")
    rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else []
    return [button["text"] for row in rows for button in row]


def _button(message: dict[str, object], label: str) -> str:
    return next(text for text in _labels(message) if label in text)


def _has_button(message: dict[str, object], label: str) -> bool:
    return any(label in text for text in _labels(message))


async def up_to_send(running: Running, client: SandboxClient) -> Anna:
    chat = (await client.new_chat("Anna", language_code="en"))["id"]
    anna = Anna(client, chat)
    await client.start(chat, running.token)
    await anna.tap("Shipping damage")
    await anna.tap("Box and item")
    await anna.tap("Skip")
    await anna.sees("Photo 1 of 7")
    await anna.photo(photograph(1, blurred=True), then="blurred")
    for n, then in enumerate(
        ("Photo 2 of 7", "Photo 3 of 7", "Photo 4 of 7", "Photo 5 of 7", "1 of up to 3"), 2
    ):
        await anna.photo(photograph(n), then=then)
    for label in ("Enough", "Skip"):
        await anna.tap(label)
    await anna.sees("Photo 7 of 7")
    for label in ("Skip", "A replacement", "Use this message", "Send"):
        await anna.tap(label)
    await anna.sees("Delivered to Acme Outdoor")
    return anna


@pytest.mark.slow
async def test_a_customer_of_the_demo_gets_a_labelled_bundle_to_the_seller(tmp_path: Path) -> None:
    async with demo(tmp_path) as running:
        async with SandboxClient(running.chat) as client:
            await up_to_send(running, client)
        async with (
            aiohttp.ClientSession() as session,
            session.get(running.addresses["Sellers' inbox"]) as page,
        ):
            listed = await page.text()
        assert await running.stop() == 0

    [manifest_file] = (tmp_path / "inbox" / "acme").glob("*/manifest.json")
    manifest = json.loads(manifest_file.read_bytes())
    labels = [photo["label"].removeprefix("ShippingDamage_") for photo in manifest["photos"]]
    assert labels == SHOTS
    assert manifest["order"]["verified"] is True
    assert manifest["case"] in listed
    assert "5 photos" in listed
    for photo in manifest["photos"]:
        path = manifest_file.parent / photo["file"]
        assert b"canary" not in path.read_bytes()
        with Image.open(path) as picture:
            assert not picture.getexif()
            assert picture.format == "JPEG"


@pytest.mark.slow
async def test_a_demo_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    async with demo(tmp_path) as running, SandboxClient(running.chat) as client:
        chat = (await client.new_chat("Anna", language_code="en"))["id"]
        anna = Anna(client, chat)
        await client.start(chat, running.token)
        await anna.tap("Shipping damage")
        await anna.tap("Box and item")
        await anna.tap("Skip")
        await anna.photo(photograph(1), then="Photo 2 of 7")
        running.process.kill()
        await running.process.wait()

    async with demo(tmp_path) as again, SandboxClient(again.chat) as client:
        anna = Anna(client, chat)
        await anna.photo(photograph(2), then="Photo 3 of 7")
        assert await again.stop() == 0
