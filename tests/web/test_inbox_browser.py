"""The inbox under the hands of somebody in a hurry: keys, photos, live changes, in a real browser."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from flows.conversation import Conversation, Entry
from tests.web.conftest import Desktop
from tests.web.showcase import dressed, furnish

pytestmark = pytest.mark.browser

UNDER = """([n, x, y]) => {
  const image = document.querySelectorAll('.gallery img')[n];
  const box = image.getBoundingClientRect();
  const fit = Math.min(box.width / image.naturalWidth, box.height / image.naturalHeight);
  return { scale: fit * devicePixelRatio, x: (x - box.left - box.width / 2) / fit, y: (y - box.top - box.height / 2) / fit };
}"""
"""How many dots of the screen a pixel of photo `n` takes, and which place of it lies at a point of the window."""
SHOWN = (
    "() => [...document.querySelectorAll('.strip a')].findIndex((one) => one.hasAttribute('aria-current'))"
)


async def focused(desktop: Desktop) -> str:
    return str(
        await desktop.page.evaluate(
            "document.activeElement.getAttribute('href') ?? document.activeElement.name"
        )
    )


async def photo(desktop: Desktop, n: int, x: float = 0, y: float = 0) -> dict[str, float]:
    """Say where a photo's point lies, once nothing glides any more."""
    found: dict[str, float] = {}
    for _ in range(50):
        before, found = found, await desktop.page.evaluate(UNDER, [n, x, y])
        if found == before:
            break
        await desktop.page.wait_for_timeout(100)
    return found


async def test_a_case_is_read_answered_and_left_for_the_next_by_keys_alone(desktop: Desktop) -> None:
    agent = await desktop.sign_in()
    code = await furnish(desktop.inbox.cases, agent=agent, count=6)
    page, keys = desktop.page, desktop.page.keyboard
    await desktop.open("/inbox")

    for key in ("j", "j", "ArrowDown", "k", "k", "k"):
        await keys.press(key)
    assert await focused(desktop) == f"/inbox/{code}"
    await keys.press("Enter")
    await page.wait_for_url(f"**/inbox/{code}")
    await page.locator(".strip a:nth-child(1)[aria-current]").wait_for()
    await keys.press("ArrowRight")
    await page.locator(".strip a:nth-child(2)[aria-current]").wait_for()
    await keys.press("r")
    await keys.type("j k z n u / ?")  # words, not keys
    assert await page.locator("#compose textarea").input_value() == "j k z n u / ?"
    await keys.press("Control+Enter")
    await page.get_by_text("Sent. Anna reads it in Telegram.").wait_for()
    await keys.press("n")
    await page.wait_for_url("**/inbox/ZZ*")
    await keys.press("u")
    await page.wait_for_url("**/inbox")
    await keys.press("/")
    assert await focused(desktop) == "q"
    await keys.press("Escape")
    await keys.press("?")
    assert await page.get_by_text("next unread case").is_visible()

    assert [kind for kind, *_ in await desktop.inbox.lines(code)][-1] == "answer"
    assert not desktop.looker.faults


async def test_a_photo_grows_to_a_dot_a_pixel_where_it_is_pressed_and_is_moved_and_turned(
    desktop: Desktop,
) -> None:
    await desktop.page.set_viewport_size({"width": 1280, "height": 860})
    await desktop.sign_in()
    code = await desktop.inbox.cases.add(dress=dressed)
    page = desktop.page
    await desktop.open(f"/inbox/{code}")
    await page.locator("body[data-is-live=yes]").wait_for()
    await page.wait_for_timeout(600)  # that it was seen is noted, and the page swaps its parts once
    await page.keyboard.press("ArrowRight")  # the one that stands upright
    await page.locator(".strip a:nth-child(2)[aria-current]").wait_for()
    await page.locator(".gallery img").nth(1).evaluate("(image) => image.decode()")
    await photo(desktop, 1)
    box = await page.locator(".gallery .big").nth(1).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.6
    before = await photo(desktop, 1, x, y)

    await page.mouse.click(x, y)
    grown = await photo(desktop, 1, x, y)
    await page.keyboard.press("ArrowDown")
    moved = await photo(desktop, 1, x, y)
    await page.mouse.click(x, y)
    whole = await photo(desktop, 1, x, y)
    await page.keyboard.press("t")
    turned = await page.locator(".gallery img").nth(1).bounding_box()

    assert before["scale"] < 0.9
    assert grown["scale"] == pytest.approx(1, abs=0.01)
    assert (grown["x"], grown["y"]) == pytest.approx((before["x"], before["y"]), abs=2)
    assert moved["y"] > grown["y"] + 40
    assert whole["scale"] == pytest.approx(before["scale"])
    assert turned is not None
    stood = box["height"] / 1280  # screen dots a pixel before; now its longer side lies along the frame's
    lies = stood * turned["width"] / box["height"]
    assert lies * 1280 <= box["width"] + 1
    assert lies * 960 == pytest.approx(box["height"], abs=1)


async def test_two_clicks_settle_a_case_and_two_more_take_it_back(desktop: Desktop) -> None:
    agent = await desktop.sign_in()
    code = await furnish(desktop.inbox.cases, agent=agent, count=2)
    await desktop.open("/inbox")

    await desktop.page.locator(f"[href='/inbox/{code}']").click()
    await desktop.page.get_by_role("button", name="Settled").click()
    await desktop.page.get_by_text("Settled. Anna knows.").wait_for()
    settled = (await desktop.inbox.case(code)).phase
    await desktop.page.get_by_role("button", name="Take it back").click()
    await desktop.page.get_by_text("Open again. Anna knows.").wait_for()

    assert (settled, (await desktop.inbox.case(code)).phase) == ("settled", "sent")
    assert [kind for kind, *_ in await desktop.inbox.lines(code)][-2:] == ["settled", "reopened"]


async def test_ticked_photos_are_asked_for_with_the_words(desktop: Desktop) -> None:
    await desktop.sign_in()
    code = await desktop.inbox.cases.add()
    await desktop.open(f"/inbox/{code}")

    await desktop.page.get_by_label("Back view").check()
    await desktop.page.locator("#compose textarea").fill("in daylight, please")
    assert not await desktop.page.get_by_role("button", name="Send", exact=True).is_visible()
    await desktop.page.keyboard.press("Control+Enter")
    await desktop.page.get_by_text("Asked. The photo will appear here.").wait_for()

    case = await desktop.inbox.case(code)
    assert (case.wished, case.request) == (("ProductDefect_BackView",), "in daylight, please")


async def test_words_that_were_begun_wait_and_go_when_they_are_sent(desktop: Desktop) -> None:
    await desktop.sign_in()
    code = await desktop.inbox.cases.add()
    words = desktop.page.locator("#compose textarea")
    await desktop.open(f"/inbox/{code}")
    await words.fill("We are looking into it")

    await desktop.open("/inbox")
    await desktop.open(f"/inbox/{code}")
    kept = await words.input_value()
    await desktop.page.get_by_role("button", name="Send", exact=True).click()
    await desktop.page.get_by_text("Sent. Anna reads it").wait_for()
    await desktop.open(f"/inbox/{code}")

    assert (kept, await words.input_value()) == ("We are looking into it", "")


async def test_words_that_were_begun_stay_whatever_else_is_done_on_the_page(desktop: Desktop) -> None:
    await desktop.sign_in()
    code = await desktop.inbox.cases.add()
    page = desktop.page
    words, note = page.locator("#compose textarea"), page.locator("form[action$='/remark'] textarea")
    found = []
    await desktop.open(f"/inbox/{code}")

    await words.fill("half an answer")
    await page.get_by_text("Internal note").click()
    await note.fill("half a note")
    await page.get_by_role("button", name="Take it").click()
    await page.wait_for_url("**?done=assigned")
    found += [await words.input_value(), await note.input_value()]
    await page.get_by_role("button", name="Keep the note").click()
    await page.wait_for_url("**?done=remark")
    found += [await words.input_value(), await note.input_value()]
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.wait_for_url("**?done=answer")
    await words.fill("a second one")
    await page.reload()
    found.append(await words.input_value())

    assert found == ["half an answer", "half a note", "half an answer", "", "a second one"]


async def test_words_typed_after_a_mistake_wait_too_and_the_page_goes_on_living(desktop: Desktop) -> None:
    await desktop.sign_in()
    code = await desktop.inbox.cases.add()
    page, words = desktop.page, desktop.page.locator("#compose textarea")
    await desktop.open(f"/inbox/{code}")
    await page.get_by_role("button", name="Ask for a photo").click()
    await page.get_by_text("Choose a photo, or say what it should show.").wait_for()
    await words.fill("the underside")
    await page.locator("body[data-is-live=yes]").wait_for()

    await desktop.inbox.cases.change(code, with_another_bundle)
    await page.get_by_text("Bundle 2 arrived").wait_for()
    await desktop.open(f"/inbox/{code}")

    assert await words.input_value() == "the underside"


async def test_photos_that_came_later_are_in_the_zip_of_whoever_had_it_before(desktop: Desktop) -> None:
    await desktop.sign_in()
    code = await desktop.inbox.cases.add()
    await desktop.open(f"/inbox/{code}")
    size = f"async () => (await (await fetch('/inbox/{code}/photos.zip')).arrayBuffer()).byteLength"

    before = await desktop.page.evaluate(size)
    await desktop.inbox.cases.change(code, with_another_bundle)

    assert await desktop.page.evaluate(size) > before


async def test_who_is_chosen_for_a_case_stays_chosen_while_others_write(desktop: Desktop) -> None:
    await desktop.sign_in()
    bob, _ = await desktop.invite(name="Bob")
    code = await desktop.inbox.cases.add()
    page, choice = desktop.page, desktop.page.locator("#assign select")
    await desktop.open(f"/inbox/{code}")
    await page.locator("body[data-is-live=yes]").wait_for()
    await page.get_by_role("button", name="Take it").focus()
    await desktop.inbox.cases.change(code, with_another_bundle)
    await page.get_by_text("Bundle 2 arrived").wait_for()
    held = await page.evaluate("document.activeElement.textContent")

    await choice.focus()
    await choice.select_option(label="Bob")
    await page.keyboard.press("Tab")
    await desktop.inbox.cases.change(code, lambda case: replace(case, assigned="somebody else"))
    await page.wait_for_timeout(2500)  # two looks for changes
    await page.keyboard.press("Enter")
    await page.wait_for_url("**?done=assigned")

    assert (held, (await desktop.inbox.case(code)).assigned) == ("Take it", bob)


async def test_the_arrow_keys_come_to_the_last_of_a_list_that_is_closed(desktop: Desktop) -> None:
    agent = await desktop.sign_in()
    await furnish(desktop.inbox.cases, agent=agent, count=6)
    page, choice = desktop.page, desktop.page.locator("select[name=issue]")
    await desktop.open("/inbox")
    wanted = await choice.locator("option").nth(2).get_attribute("value")

    await choice.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.wait_for_url(f"**issue={wanted}*")

    assert await focused(desktop) == "issue"


def with_another_bundle(case: Conversation) -> Conversation:
    """Let the photos come once more."""
    [first] = case.bundles
    line = Entry(at=datetime.now(UTC), kind="delivered", number=2)
    return replace(case, bundles=(first, replace(first, number=2)), timeline=(*case.timeline, line))


async def test_what_changes_appears_and_takes_nothing_from_under_the_hands(desktop: Desktop) -> None:
    agent = await desktop.sign_in()
    inbox, page = desktop.inbox, desktop.page
    code = await furnish(inbox.cases, agent=agent, count=4)
    await desktop.open(f"/inbox/{code}")
    await page.locator("body[data-is-live=yes]").wait_for()
    await page.keyboard.press("ArrowRight")
    await page.locator(".strip a:nth-child(2)[aria-current]").wait_for()
    await page.locator("#compose textarea").fill("half a sen")

    await inbox.cases.change(code, with_another_bundle)
    await page.get_by_text("1 of 4").wait_for(state="attached")
    shown = await page.evaluate(SHOWN)
    words = await page.locator("#compose textarea").input_value()

    await desktop.open("/inbox")
    await page.locator("body[data-is-live=yes]").wait_for()
    for _ in range(3):
        await page.keyboard.press("j")
    before = await focused(desktop)
    await inbox.cases.add(customer="Newcomer")
    await page.get_by_text("Newcomer").wait_for()

    assert (shown, words) == (1, "half a sen")
    assert before.startswith("/inbox/")
    assert await focused(desktop) == before
    assert not desktop.looker.faults


async def test_the_reader_chooses_day_or_night(desktop: Desktop) -> None:
    await desktop.sign_in()
    page = desktop.page
    await page.emulate_media(color_scheme="light")
    await desktop.open("/inbox/settings")
    ground = "getComputedStyle(document.body).backgroundColor"
    light: Any = await page.evaluate(ground)

    await page.locator("select[name=look]").select_option("dark")
    await page.get_by_role("button", name="Save: Look").click()
    await page.wait_for_selector("html[data-look=dark]")

    assert await page.evaluate(ground) != light


async def test_files_go_without_words_and_too_many_are_told_before_they_are_sent(desktop: Desktop) -> None:
    await desktop.sign_in()
    code = await desktop.inbox.cases.add()
    page = desktop.page
    await desktop.open(f"/inbox/{code}")
    chosen, send = page.locator("input[type=file]"), page.get_by_role("button", name="Send")
    label: Any = {"name": "label.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}

    await chosen.set_input_files([label] * 6)
    told = await chosen.evaluate("(one) => one.validationMessage")
    await send.click()
    await page.wait_for_timeout(300)
    refused = await desktop.inbox.lines(code)
    await chosen.set_input_files(label)
    await send.click()
    await page.get_by_role("link", name="label.pdf").wait_for()

    assert "at most 5 at once" in told
    assert [kind for kind, _, _ in refused] == ["seen"]
    assert [kind for kind, _, _ in await desktop.inbox.lines(code)] == ["seen", "answer"]
