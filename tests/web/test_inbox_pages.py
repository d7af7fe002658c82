"""What sellers read and do in their inbox, over HTTP, without script."""

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from bot.seller_words import LONGEST
from bot.web.inbox.desk import Visit
from bot.web.inbox.figures import line
from bot.web.inbox.words import LOCALES, texts
from flows.conversation import EntryKind
from flows.engine.sellers_side import LONGEST_WISH
from tests.inboxes.test_email import hostile_strings
from tests.web.conftest import Inbox, Reader

EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


async def test_a_list_reads_like_mail_newest_first(inbox: Inbox) -> None:
    first, second = await inbox.cases.add(customer="Anna"), await inbox.cases.add(customer="Ben", item="Tent")
    ann = await inbox.person()

    page = await ann.open("/inbox")

    rows = [href for href in page.values("a", "href") if re.fullmatch(r"/inbox/[0-9A-Z]{6}", href)]
    assert sorted(rows) == sorted([f"/inbox/{first}", f"/inbox/{second}"])
    for words in ("Anna", "Camping mug", "Ben", "Tent", "Product defect", "Waits for you"):
        assert words in page.words
    assert page.values("b", "aria-label") == ["2 photos", "2 photos"]
    assert page.values("i", "aria-label").count("unread") == 2


async def test_an_empty_list_says_what_will_come_and_a_fruitless_search_what_to_do(inbox: Inbox) -> None:
    ann = await inbox.person()

    assert "the case appears here by itself" in (await ann.open("/inbox")).words
    assert "Try fewer words" in (await ann.open("/inbox?q=nothing+like+it")).words


async def test_views_filters_and_search_narrow_the_list(inbox: Inbox) -> None:
    anna, ben = await inbox.cases.add(customer="Anna"), await inbox.cases.add(customer="Ben", item="Tent")
    ann = await inbox.person()
    await ann.send(f"/inbox/{anna}/settle", key="k1")
    await ann.send(f"/inbox/{ben}/assign", agent=ann.agent.id, key="k2")

    async def listed(query: str) -> set[str]:
        page = await ann.open(f"/inbox?{query}")
        return {code for code in (anna, ben) if f"/inbox/{code}" in page.values("a", "href")}

    assert await listed("view=open") == {ben}
    assert await listed("view=settled") == {anna}
    assert await listed("view=all") == {anna, ben}
    assert await listed("view=mine") == {ben}
    assert await listed("view=all&q=tent") == {ben}
    assert await listed(f"view=all&q={anna.lower()}") == {anna}
    assert await listed(f"view=all&q=%5B{anna}%5D") == {anna}  # as it stands in a subject
    assert await listed("view=all&q=%23A-17+(tent),") == {ben}  # as shops and people write it
    assert await listed("view=all&q=%23") == set()
    assert await listed("view=all&issue=shipping_damage") == set()
    assert await listed("view=all&assigned=-") == {anna}
    assert await listed("view=nonsense&after=nonsense") == {ben}


async def test_opening_a_case_marks_it_seen_once(inbox: Inbox) -> None:
    code = await inbox.cases.add(words="It was a gift")
    ann = await inbox.person()

    page = await ann.open(f"/inbox/{code}")
    await ann.open(f"/inbox/{code}")

    assert [kind for kind, *_ in await inbox.lines(code)] == ["note", "seen"]
    for words in (
        "ProductDefect_FrontView",
        "1 of 2",
        "A-17",
        "Camping mug",
        "It was a gift",
        "Order verified",
    ):
        assert words in page.words


async def test_every_act_reaches_the_case_once_with_its_author(inbox: Inbox) -> None:
    code = await inbox.cases.add()
    ann = await inbox.person()
    acts = [
        ("answer", {"text": "Sorry\r\nAnn"}), ("ask", {"text": "the serial number"}), ("remark", {"text": "third time"}),
        ("assign", {"agent": ann.agent.id}), ("settle", {"text": "A new one comes"}),
    ]  # fmt: skip

    for n, (act, fields) in enumerate(acts):
        for _ in range(2):  # pressed twice
            answer = await ann.send(f"/inbox/{code}/{act}", key=f"key{n}", **fields)
            assert answer.status == 303, act

    assert await inbox.lines(code) == [
        ("answer", "Ann", "Sorry\nAnn"),
        ("request", "Ann", "the serial number"),
        ("remark", "Ann", "third time"),
        ("assigned", "Ann", ann.agent.id),
        ("settled", "Ann", "A new one comes"),
    ]
    assert (await inbox.case(code)).phase == "settled"


async def test_shots_can_be_picked_by_name(inbox: Inbox) -> None:
    code = await inbox.cases.add()
    ann = await inbox.person(locale="de")
    page = await ann.open(f"/inbox/{code}")
    labels = page.values("input", "value")

    await ann.send(f"/inbox/{code}/ask", labels="ProductDefect_CloseUp", key="k")

    assert "ProductDefect_CloseUp" in labels
    assert (await inbox.case(code)).wished == ("ProductDefect_CloseUp",)


@pytest.mark.parametrize(
    ("act", "fields", "said"),
    [
        ("answer", {"text": "  "}, "Write a few words first."),
        ("answer", {"text": "x" * (LONGEST + 1)}, "too long"),
        ("ask", {"text": ""}, "Choose a photo, or say what it should show."),
        ("ask", {"text": "x" * (LONGEST_WISH + 1)}, "too long: 1000 characters at most"),
        ("remark", {"text": ""}, "Write a few words first."),
        ("assign", {"agent": "nobody-known"}, "does not read here any more"),
    ],
)
async def test_what_cannot_be_sent_is_said_and_what_was_typed_stays(
    inbox: Inbox, act: str, fields: dict[str, str], said: str
) -> None:
    code = await inbox.cases.add()
    ann = await inbox.person()

    answer = await ann.send(f"/inbox/{code}/{act}", **fields)

    text = await answer.text()
    assert answer.status == 422
    assert said in Reader(text).words
    assert await inbox.lines(code) == []
    if act in {"answer", "ask"}:
        assert fields["text"].strip() in text


async def test_photos_small_ones_manifest_and_zip_are_the_very_files(inbox: Inbox) -> None:
    code = await inbox.cases.add()
    ann = await inbox.person()
    page = await ann.open(f"/inbox/{code}")
    sources = [one for one in page.values("img", "src") if "small" not in one]

    photos = [await (await ann.client.get(one)).read() for one in sources]
    small = Image.open(io.BytesIO(await (await ann.client.get(f"{sources[0]}?small")).read()))
    manifest = json.loads(await (await ann.client.get(f"/inbox/{code}/1/manifest.json")).read())
    archive = zipfile.ZipFile(io.BytesIO(await (await ann.client.get(f"/inbox/{code}/photos.zip")).read()))

    assert max(small.size) == 320
    names = [photo["file"] for photo in manifest["photos"]]
    assert archive.namelist() == [f"{code}/manifest.json", *(f"{code}/{name}" for name in names)]
    assert [archive.read(f"{code}/{name}") for name in names] == photos
    assert (await ann.client.get(f"/inbox/{code}/1/..%2f..%2fmanifest.json")).status == 404
    assert (await ann.client.get(f"/inbox/{code}/9/{names[0]}")).status == 404


async def test_photos_that_are_no_longer_kept_leave_a_page_that_says_so(inbox: Inbox) -> None:
    code = await inbox.cases.add()
    await inbox.cases.blobs.delete_case(code)
    ann = await inbox.person()

    page = await ann.open(f"/inbox/{code}")
    archive = await ann.client.get(f"/inbox/{code}/photos.zip")

    assert "no longer kept" in page.words
    assert archive.status == 200
    await ann.open("/inbox")


async def test_pages_speak_the_reader_s_language(inbox: Inbox) -> None:
    code = await inbox.cases.add()
    spoken = {locale: await inbox.person(name=locale, locale=locale) for locale in LOCALES}

    words = {
        locale: (await one.open("/inbox")).words + (await one.open(f"/inbox/{code}")).words
        for locale, one in spoken.items()
    }

    assert "Waits for you" in words["en"]
    assert "Wartet auf Sie" in words["de"]
    assert "Le espera a usted" in words["es"]
    assert not [text for text in words.values() if re.search(r"\b(list|case|act|line|turn)\.[a-z_]+\b", text)]


@pytest.mark.parametrize("kind", get_args(EntryKind))
def test_every_line_of_a_timeline_has_words(kind: str) -> None:
    assert f"line.{kind}" in texts().ids("en")


async def test_exact_times_are_those_of_the_seller_s_clock(inbox: Inbox) -> None:
    agent = (await inbox.person()).agent
    there = replace(inbox.desk, zones={"acme": ZoneInfo("America/Lima")})
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)

    said = [Visit(desk=desk, agent=agent, token="").exact(noon) for desk in (inbox.desk, there)]

    assert said == ["2026-11-27 12:00 UTC", "2026-11-27 07:00 America/Lima"]


async def test_a_german_export_is_parted_as_german_spreadsheets_want_it(inbox: Inbox) -> None:
    await inbox.cases.add(item="Becher; =1+1")
    ann = await inbox.person(locale="de")

    sheet = await (await ann.client.get("/inbox/figures.csv?until=2030-01-01")).text()

    assert sheet.startswith('\ufeff"case";"created"')
    assert "Becher;' =1+1" in sheet


def test_every_language_has_every_word() -> None:
    english = texts().ids("en")

    assert english
    assert {locale: texts().ids(locale) ^ english for locale in LOCALES} == dict.fromkeys(
        LOCALES, frozenset()
    )


async def test_prepared_answers_are_kept_filled_in_changed_and_deleted(inbox: Inbox) -> None:
    code = await inbox.cases.add(customer="Anna {order}", item="Mug & co")
    ann = await inbox.person()

    await ann.send(
        "/inbox/settings/canned", name="Sorry", text="{name}, your {item} of {order}: {what}. {me}"
    )
    await ann.send("/inbox/settings/canned", name="Lo siento", text="Lo siento.", locale="es")
    offered = (await ann.open(f"/inbox/{code}")).values("option", "value")
    sorry = next(one for one in await inbox.desk.agents.canned("acme") if one.title == "Sorry")
    await ann.send(
        "/inbox/settings/canned", canned=sorry.id, name="Sorry", text="We are sorry & send a new one."
    )
    changed = (await ann.open(f"/inbox/{code}")).values("option", "value")
    for one in await inbox.desk.agents.canned("acme"):
        await ann.send("/inbox/settings/forget-canned", canned=one.id)

    assert "Anna, your Mug & co of A-17: {what}. Ann" in offered
    assert "Lo siento." not in offered  # neither she nor the customer speaks Spanish
    assert "We are sorry & send a new one." in changed
    assert "There are none yet." in (await ann.open("/inbox/settings")).words


async def test_a_prepared_answer_that_is_deleted_while_somebody_changes_it_is_kept(inbox: Inbox) -> None:
    ann, bob = await inbox.person(), await inbox.person(name="Bob")
    await ann.send("/inbox/settings/canned", name="Sorry", text="We are sorry.")
    [sorry] = await inbox.desk.agents.canned("acme")

    await bob.send("/inbox/settings/forget-canned", canned=sorry.id)
    await ann.send("/inbox/settings/canned", canned=sorry.id, name="Sorry", text="Typed for ten minutes.")

    assert [one.text for one in await inbox.desk.agents.canned("acme")] == ["Typed for ten minutes."]


async def test_figures_count_and_the_csv_holds_every_case(inbox: Inbox) -> None:
    first = await inbox.cases.add()
    await inbox.cases.add(customer="=cmd|' /C calc'!A0", item="@SUM(1+1)")
    ann = await inbox.person()
    await ann.send(f"/inbox/{first}/settle", key="k")

    page = await ann.open("/inbox/figures?since=2026-11-01&until=2030-01-01")
    sheet = await (await ann.client.get("/inbox/figures.csv?since=2026-11-01&until=2030-01-01")).text()

    assert "Product defect" in page.words
    assert sheet.count("\r\n") == 3
    assert "\"'=cmd|' /C calc'!A0\"" in sheet
    assert '"\'@SUM(1+1)"' in sheet
    assert "No case came" in (await ann.open("/inbox/figures?since=2020-01-01&until=2020-02-01")).words


@pytest.mark.parametrize("cell", ["=1+1", " =1", "\t=1", "+49", "-2", "@a", "\u00a0=1", "|x", "%00"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert line((cell,)).decode().startswith("\"'")


async def test_hostile_words_in_every_field_stay_words(inbox: Inbox, sample_data: Path) -> None:
    given = (one.encode("utf-8", "replace").decode() for one in hostile_strings(sample_data)[::23])
    strings = [EVIL, *(one for one in given if one.strip())]
    ann = await inbox.person()
    code = await inbox.cases.add(customer=EVIL, item=EVIL, words=EVIL)
    for n, text in enumerate(strings):
        await ann.send(f"/inbox/{code}/remark", text=text, key=f"r{n}")
        await ann.client.get(
            "/inbox", params={"q": text, "issue": text, "assigned": text, "after": text, "view": text}
        )
    await ann.send("/inbox/settings/canned", name=EVIL, text=EVIL)
    await ann.send("/inbox/settings/invite", name=EVIL)

    for path in ("/inbox", f"/inbox/{code}", "/inbox/settings", "/inbox/figures?until=2030-01-01"):
        page = await ann.open(path)
        scripts = [attrs for tag, attrs in page.tags if tag == "script"]
        assert [one.get("src") for one in scripts] == ["/inbox/script.js"], path
        assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)], path
        assert "alert" in page.words, path
    noted = [text for kind, _, text in await inbox.lines(code) if kind == "remark"]
    assert len(noted) > 0.9 * len(strings)


async def test_no_page_is_heavy(inbox: Inbox) -> None:
    for _ in range(3):
        code = await inbox.cases.add()
    ann = await inbox.person()
    shared = sum(
        [len(await (await ann.client.get(f"/inbox/{name}")).read()) for name in ("style.css", "script.js")]
    )

    for path in ("/inbox", f"/inbox/{code}", "/inbox/settings", "/inbox/figures?until=2030-01-01"):
        assert shared + len(await (await ann.client.get(path)).read()) < 60_000, path


async def test_an_open_page_is_told_when_something_changes(inbox: Inbox) -> None:
    code = await inbox.cases.add()
    ann = await inbox.person()

    stream = await ann.client.get("/inbox/live")
    assert (await stream.content.readuntil(b"\n\n")).startswith(b"event: begin")
    await ann.send(f"/inbox/{code}/answer", text="Sorry", key="k")

    assert (await stream.content.readuntil(b"\n\n")).startswith(b"event: change")
    stream.close()
