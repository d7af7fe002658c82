"""The chat page in Chromium, with a small echo bot behind it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, async_playwright, expect

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import library_bot
from tests.sandbox.echo_bot import EchoBot, picture

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        await opened.close()


class Visit:
    """One open page; what it complains of is kept."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)


@pytest.fixture(params=["phone", "desk"])
async def visit(request: pytest.FixtureRequest, sandbox: Sandbox, browser: Browser) -> AsyncIterator[Visit]:
    context: BrowserContext = await browser.new_context(**(PHONE if request.param == "phone" else DESK))
    context.set_default_timeout(10_000)
    opened = Visit(await context.new_page())
    async with EchoBot(library_bot(sandbox)):
        yield opened
    assert opened.complaints == []
    await context.close()


def bubble(page: Page, text: str) -> Any:
    return page.locator(".unit", has_text=text).last


async def begin(visit: Visit, sandbox: Sandbox, *, name: str = "Anna", link: str = "/") -> Page:
    """Open the page, make a chat, press START, wait for the greeting."""
    page = visit.page
    await page.goto(sandbox.address + link)
    if link == "/":
        await page.get_by_role("button", name="Start a chat").click()
    await page.get_by_label("First name").fill(name)
    await page.get_by_label("Language of the app").select_option("de")
    await page.get_by_role("button", name="Open chat").click()
    await page.locator("#start").click()
    await expect(bubble(page, f"Hello {name}")).to_be_visible()
    return page


async def test_a_customer_starts_chooses_and_sees_the_edit_in_place(visit: Visit, sandbox: Sandbox) -> None:
    page = await begin(visit, sandbox)
    greeting = bubble(page, "Hello Anna")

    await greeting.get_by_role("button", name="Something is broken").click()

    await expect(bubble(page, "What happened? Something is broken")).to_be_visible()
    await expect(page.locator(".keys")).to_have_count(0)
    await expect(bubble(page, "Please take a photo of the whole item.")).to_be_visible()


async def test_a_link_offers_start_with_its_payload(visit: Visit, sandbox: Sandbox) -> None:
    page = await begin(visit, sandbox, link="/t.me/clearshot_demo_bot?start=order_A-17")

    await expect(bubble(page, "(order_A-17)")).to_be_visible()
    await expect(page.locator(".own .words")).to_have_text(
        ["/start" + await page.locator(".own .meta").inner_text()]
    )


async def test_toasts_and_alerts_answer_a_press(visit: Visit, sandbox: Sandbox) -> None:
    page = await begin(visit, sandbox)

    await page.get_by_role("button", name="Toast").click()
    await expect(page.locator("#toasts")).to_have_text("Noted.")
    await page.get_by_role("button", name="Alert").click()

    await expect(page.locator("#alert-text")).to_have_text("This needs a moment of your attention.")
    await page.get_by_role("button", name="OK", exact=True).click()
    await expect(page.locator(".key.waiting")).to_have_count(0)


async def test_photos_are_picked_previewed_and_sent_as_an_album(visit: Visit, sandbox: Sandbox) -> None:
    page = await begin(visit, sandbox)
    files: list[FilePayload] = [
        {
            "name": f"{one}.jpg",
            "mimeType": "image/jpeg",
            "buffer": picture("#678", size=(1600, 1200), words=one),
        }
        for one in ("front", "back", "side")
    ]

    await page.set_input_files("#files", files)
    await expect(page.locator("#strip li")).to_have_count(3)
    await page.get_by_role("button", name="Leave side.jpg out").click()
    await page.get_by_label("Message", exact=True).fill("both sides")
    await page.get_by_role("button", name="Send", exact=True).click()

    album = bubble(page, "both sides")
    await expect(album.locator(".mosaic img")).to_have_count(2)
    await expect(page.locator("#picked")).to_be_hidden()
    await expect(bubble(page, "a little blurred").locator("img")).to_be_visible()
    widths = await album.locator("img").evaluate_all("all => all.map((one) => one.naturalWidth)")
    assert widths == [1280, 1280]


async def test_a_picture_goes_as_a_file_when_told_so(
    visit: Visit, sandbox: Sandbox, client: SandboxClient
) -> None:
    page = await begin(visit, sandbox)
    original = picture("#987", size=(2000, 1500))
    label: FilePayload = {"name": "label.jpg", "mimeType": "image/jpeg", "buffer": original}

    await page.set_input_files("#files", label)
    await page.locator(".switch").get_by_text("As file").click()
    await page.get_by_role("button", name="Send", exact=True).click()

    await expect(bubble(page, "Thank you for label.jpg.")).to_be_visible()
    (chat,) = await client.chats()
    sent = next(one for one in await client.messages(chat) if "document" in one)
    assert await client.download(sent["document"]["file_id"]) == original


async def test_data_never_becomes_markup(visit: Visit, sandbox: Sandbox) -> None:
    page = await begin(visit, sandbox)

    await page.get_by_label("Message", exact=True).fill("<img src=x onerror=alert(1)>")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(bubble(page, "You wrote: <img src=x onerror=alert(1)>")).to_be_visible()
    await page.get_by_label("Message", exact=True).fill("/styles")
    await page.get_by_role("button", name="Send", exact=True).click()

    styled = bubble(page, "<b>plain</b>")
    await expect(styled.locator("b")).to_have_text("bold")
    await expect(styled.locator("i")).to_have_text("italic")
    await expect(styled.locator("a")).to_have_attribute("href", "https://example.org")
    await expect(page.locator("#log img")).to_have_count(0)


async def test_a_message_is_replied_to_edited_and_deleted(visit: Visit, sandbox: Sandbox) -> None:
    page = await begin(visit, sandbox)
    text, send = page.get_by_label("Message", exact=True), page.get_by_role("button", name="Send", exact=True)

    async def choose(words: str, option: str) -> None:
        await (
            page.locator(".unit")
            .filter(has=page.locator(".words", has_text=words))
            .first.locator(".options")
            .focus()
        )
        await page.keyboard.press("Enter")
        await page.get_by_role("menuitem", name=option).click()

    await choose("Hello Anna", "Reply")
    await text.fill("the mug")
    await send.click()
    await expect(page.locator(".own .quote")).to_contain_text("Hello Anna")
    await expect(bubble(page, "You wrote: the mug")).to_be_visible()
    await choose("the mug", "Edit")
    await text.fill("the blue mug")
    await send.click()
    own = page.locator(".own", has_text="the blue mug")
    await expect(own).to_contain_text("edited")
    await own.locator(".options").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("menuitem", name="Delete").click()

    await expect(own).to_have_count(0)


async def test_commands_are_offered_in_the_customers_language(visit: Visit, sandbox: Sandbox) -> None:
    page = await begin(visit, sandbox)

    await page.get_by_role("button", name="Commands").click()

    await expect(page.locator("#commands button")).to_have_text(["/helpWas ich kann"])
    await page.keyboard.press("Escape")
    await expect(page.locator("#commands")).to_be_hidden()


async def test_a_photo_opens_large_and_the_keys_go_on(visit: Visit, sandbox: Sandbox) -> None:
    page = await begin(visit, sandbox)
    await page.get_by_label("Message", exact=True).fill("/album")
    await page.get_by_role("button", name="Send", exact=True).click()

    await page.get_by_role("button", name="Open the photo").first.click()
    await expect(page.locator("#light")).to_be_visible()
    first = await page.locator("#light-img").get_attribute("src")
    await page.keyboard.press("ArrowRight")

    assert await page.locator("#light-img").get_attribute("src") != first
    await page.keyboard.press("Escape")
    await expect(page.locator("#light")).to_be_hidden()


async def test_a_chat_beside_counts_what_is_unread(
    visit: Visit, sandbox: Sandbox, client: SandboxClient
) -> None:
    page = await begin(visit, sandbox)
    other = await client.new_chat("Ben")

    await client.start(other)
    if await page.locator("#back").is_visible():
        await page.locator("#back").click()

    card = page.locator(".card", has_text="Ben")
    await expect(card.locator("em")).to_have_text("1")
    await card.click()
    await expect(bubble(page, "Hello Ben")).to_be_visible()
    await expect(card.locator("em")).to_have_count(0)


async def test_the_drawer_shows_the_calls_live_and_filters_them(visit: Visit, sandbox: Sandbox) -> None:
    page = await begin(visit, sandbox)

    await page.get_by_role("button", name="Bot API traffic").click()
    await expect(page.locator(".call b", has_text="sendMessage").first).to_be_visible()
    await page.get_by_label("Filter").fill("sendMessage What happened")
    await expect(page.locator(".call")).to_have_count(1)
    await page.locator(".call summary").click()

    await expect(page.locator(".call pre").first).to_contain_text("Hello Anna")
    assert sandbox.token not in await page.content()
    await page.get_by_role("button", name="Close").first.click()
    await expect(page.locator("#drawer")).to_be_hidden()


async def test_the_page_goes_on_after_the_sandbox_was_away(
    visit: Visit, sandbox: Sandbox, client: SandboxClient
) -> None:
    page = await begin(visit, sandbox)
    (chat,) = await client.chats()
    await page.context.set_offline(offline=True)
    await client.send_text(chat, "sent from elsewhere")

    await page.context.set_offline(offline=False)

    await expect(bubble(page, "You wrote: sent from elsewhere")).to_be_visible(timeout=15_000)
    visit.complaints.clear()


async def test_controls_are_large_enough_and_have_names(visit: Visit, sandbox: Sandbox) -> None:
    page = await begin(visit, sandbox)

    small = await page.evaluate(
        """() => [...document.querySelectorAll('button, .key, textarea')]
        .filter((one) => one.checkVisibility() && !one.closest('.words'))
        .filter((one) => Math.round(one.getBoundingClientRect().height) < 44 || Math.round(one.getBoundingClientRect().width) < 44)
        .map((one) => one.outerHTML.slice(0, 80))"""
    )
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll('button, a, textarea, input:not([hidden])')]
        .filter((one) => one.checkVisibility() && !(one.ariaLabel || one.innerText || one.labels?.length))
        .map((one) => one.outerHTML.slice(0, 80))"""
    )

    assert small == []
    assert nameless == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
