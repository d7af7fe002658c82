"""The demo's inbox: what was delivered is there, nothing else can be fetched, nothing a customer types is markup."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from bot.web.bundles import read_cases
from tests.web.conftest import EVIL, Delivery, SellersDesk

Pages = TestClient[web.Request, web.Application]


class Reader(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def links(self, tag: str, attribute: str) -> list[str]:
        return [value for name, attrs in self.tags if name == tag and (value := attrs.get(attribute))]


async def read(pages: Pages, path: str, *, status: int = 200) -> Reader:
    answer = await pages.get(path)
    assert answer.status == status
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return Reader(await answer.text())


async def test_an_empty_inbox_says_what_to_do_and_looks_again_by_itself(pages: Pages) -> None:
    answer = await pages.get("/inbox")

    assert "Nothing delivered yet" in await answer.text()
    assert answer.headers["Refresh"] == "5"


async def test_the_list_names_who_what_and_how_many_newest_first(pages: Pages, desk: SellersDesk) -> None:
    await desk.deliver(Delivery("AAAA22"))
    await desk.deliver(Delivery("BBBB33", customer="Ben", item="Tent", verified=False), seller="bolt")

    page = await read(pages, "/inbox")

    assert page.links("a", "href") == ["/inbox/BBBB33", "/inbox/AAAA22"]
    for words in ("Anna", "Camping mug 0.4 l", "Ben", "Tent", "Shipping damage", "3 photos", "just now"):
        assert words in page.words
    assert page.words.count("not verified") == 1


async def test_a_case_shows_photos_labels_flags_order_and_message(pages: Pages, desk: SellersDesk) -> None:
    await desk.deliver(Delivery("AAAA22", flags=("blur",)))
    await desk.note("AAAA22", "It is the left one.")

    page = await read(pages, "/inbox/AAAA22")

    for words in (
        "ShippingDamage_Packaging", "ShippingDamage_CloseUp", "! blur", "Barcode 4006381333931", "A-1017",
        "Could you please send me a replacement?", "It is the left one.", "The box has none", "640 × 480",
    ):  # fmt: skip
        assert words in page.words


async def test_every_picture_of_a_page_is_there(pages: Pages, desk: SellersDesk) -> None:
    await desk.deliver(Delivery("AAAA22"))
    await desk.deliver(Delivery("AAAA22", number=2, labels=("FollowUp",)))

    for path in ("/inbox", "/inbox/AAAA22"):
        page = await read(pages, path)
        addresses = page.links("img", "src")
        assert addresses
        for address in addresses:
            answer = await pages.get(address)
            assert (answer.status, answer.content_type) == (200, "image/jpeg")
            assert (await answer.read()).startswith(b"\xff\xd8")


async def test_a_follow_up_is_an_addition_of_the_same_case(pages: Pages, desk: SellersDesk) -> None:
    await desk.deliver(Delivery("AAAA22"))
    await desk.deliver(Delivery("AAAA22", number=2, labels=("FollowUp",), message="Here it is."))

    listed, case = await read(pages, "/inbox"), await read(pages, "/inbox/AAAA22")

    assert listed.links("a", "href") == ["/inbox/AAAA22"]
    assert "4 photos, 2 deliveries" in listed.words
    assert "Here it is." in case.words


async def test_the_manifest_can_be_read(pages: Pages, desk: SellersDesk) -> None:
    await desk.deliver(Delivery("AAAA22"))

    answer = await pages.get("/inbox/AAAA22/1/manifest.json")

    assert json.loads(await answer.read())["case"] == "AAAA22"


@pytest.mark.parametrize("path", ["/inbox", "/inbox/AAAA22"])
async def test_what_people_type_never_becomes_markup(pages: Pages, desk: SellersDesk, path: str) -> None:
    plain = await read_shape(pages, desk, "AAAA22", path)
    await desk.deliver(Delivery("CCCC44", customer=EVIL, item=EVIL, message=EVIL, issue=EVIL))
    await desk.note("CCCC44", EVIL)

    evil = await read(pages, path.replace("AAAA22", "CCCC44"))

    assert {tag for tag, _ in evil.tags} <= plain
    assert "alert" in evil.words
    assert not [attrs for _, attrs in evil.tags if any(name.startswith("on") for name in attrs)]


async def read_shape(pages: Pages, desk: SellersDesk, case: str, path: str) -> set[str]:
    await desk.deliver(Delivery(case))
    await desk.note(case, "plain")
    return {tag for tag, _ in (await read(pages, path)).tags}


@pytest.mark.parametrize(
    "path",
    [
        "/inbox/NOSUCH",
        "/inbox/AAAA22/9/manifest.json",
        "/inbox/AAAA22/1/nothing.jpg",
        "/inbox/AAAA22/1/message.txt",
        "/inbox/AAAA22/1/..%2f..%2f..%2fsecret.txt",
        "/inbox/..%2f..%2fsecret.txt",
        "/inbox/AAAA22/1/%2fetc%2fpasswd",
    ],
)
async def test_nothing_but_delivered_photos_can_be_fetched(
    pages: Pages, desk: SellersDesk, path: str
) -> None:
    await desk.deliver(Delivery("AAAA22"))
    (desk.root.parent / "secret.txt").write_text("canary")

    answer = await pages.get(path)

    assert answer.status == 404
    assert "canary" not in await answer.text()


async def test_what_is_half_written_is_left_out(desk: SellersDesk) -> None:
    await desk.deliver(Delivery("AAAA22"))
    for name, text in (("x", "{"), ("y", "[]"), ("z", '{"case": ""}')):
        (desk.root / "acme" / name).mkdir()
        (desk.root / "acme" / name / "manifest.json").write_text(text)

    assert [case.code for case in read_cases(desk.root)] == ["AAAA22"]


async def test_a_photo_named_outside_its_folder_is_not_followed(desk: SellersDesk) -> None:
    await desk.deliver(Delivery("AAAA22"))
    (desk.root / "acme" / "secret.jpg").write_bytes(b"canary")
    manifest = desk.root / "acme" / "AAAA22" / "manifest.json"
    manifest.write_text(re.sub(r'"file": "[^"]+"', '"file": "../secret.jpg"', manifest.read_text()))

    assert read_cases(desk.root)[0].photos == ()


async def test_a_page_is_light(pages: Pages, desk: SellersDesk) -> None:
    for n in range(30):
        await desk.deliver(Delivery(f"CASE{n:02}", labels=("Packaging",), width=64, height=48))

    sizes = [len(await (await pages.get(path)).read()) for path in ("/inbox", "/inbox/style.css")]

    assert sum(sizes) < 60_000


def test_reading_a_folder_that_is_not_there_finds_nothing(tmp_path: Path) -> None:
    assert read_cases(tmp_path / "nowhere") == []
