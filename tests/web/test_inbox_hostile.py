"""Every hostile string through every field that a customer or a seller fills, read by a real browser: words stay words."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.manifest import manifest
from bot.ports import LabelledFile
from bot.web.inbox.figures import inert
from flows.conversation import Entry, EntryKind
from flows.values import MissingShot
from storage.seller_ports import Canned, CaseFilter
from tests.web.conftest import Desktop
from tests.web.hostile import hostile_words

pytestmark = [pytest.mark.browser, pytest.mark.sample_data]
TOGETHER = 5
"""Strings in one field: each is there in full, and there are fewer pages to read."""
ROWS = 100
KINDS: tuple[EntryKind, ...] = (
    "note",
    "answer",
    "request",
    "settled",
    "remark",
    "assigned",
    "seen",
    "reopened",
)

SKELETONS = """async ([paths, part]) => {
  const found = {}, strange = [];
  const bones = (one) => one.tagName + '[' + [...one.attributes].map((at) => at.name).sort() + ']' + '('
    + [...one.children].map(bones).join() + ')';
  const read = async (path) => {
    const answer = await fetch(path), page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const one of page.querySelectorAll(part)) (found[answer.status + bones(one)] ??= []).push(path);
    for (const one of page.querySelectorAll('[href], [src], [action], [formaction]'))
      for (const name of ['href', 'src', 'action', 'formaction'])
        if (one.hasAttribute(name) && !/^(\\/inbox|#)/.test(one.getAttribute(name))) strange.push(one.outerHTML.slice(0, 200));
  };
  while (paths.length) await Promise.all(paths.splice(0, 6).map(read));
  return [found, strange];
}"""
"""Fetches pages and parses them as a browser does; answers what elements and attributes each is made of."""


def bundles_of(strings: Sequence[str]) -> Iterator[str]:
    """Put several strings into one."""
    for at in range(0, len(strings), TOGETHER):
        yield " ".join(strings[at : at + TOGETHER])


async def written(desktop: Desktop, model: str, text: str) -> dict[str, Any]:
    """Make of a case one whose every word is `text`."""
    cases = desktop.inbox.cases
    bundle, case = cases.sent[model], await desktop.inbox.case(model)
    file = LabelledFile(
        name=f"{text[:60]}.jpg", label=text, title=text, mime="image/jpeg", content=b"", sha256=text, original_sha256="",
        width=4, height=3, flags=(text,), barcode=text, text=text,
    )  # fmt: skip
    said = replace(
        bundle, message=text, issue_title=text, answers=((text, text),), customer_name=text, locale="en",
        missing=(MissingShot(label=text, title=text, reason=text), MissingShot(label=text, title="", reason=text)),
    )  # fmt: skip
    [first] = case.bundles
    key = await cases.blobs.put(model, manifest(said, [file]))
    assert case.order is not None
    assert case.item is not None
    at = datetime.now(UTC)
    return {
        "customer_name": text, "issue_title": text, "summary": text, "assigned": text, "item": replace(case.item, title=text),
        "order": replace(case.order, number=text), "bundles": (replace(first, manifest=key, copies=first.copies[:1]),),
        "timeline": (
            Entry(at=at, kind="delivered", number=1), *(Entry(at=at, kind=kind, author=text, text=text) for kind in KINDS),
        ),
    }  # fmt: skip


async def add_all(desktop: Desktop, model: str, changed: Sequence[dict[str, Any]]) -> list[str]:
    codes = []
    for at in range(0, len(changed), ROWS):
        codes += await desktop.inbox.cases.add_like(model, changed[at : at + ROWS])
    return codes


async def skeletons(desktop: Desktop, paths: list[str], part: str) -> dict[str, list[str]]:
    found, strange = await desktop.page.evaluate(SKELETONS, [paths, part])
    assert strange == []
    return dict(found)


async def test_no_string_makes_an_element_or_an_attribute_of_a_case_page(
    desktop: Desktop, sample_data: Path
) -> None:
    model = await desktop.inbox.cases.add()
    texts = list(bundles_of(hostile_words(sample_data)))
    [plain, *codes] = await add_all(
        desktop, model, [await written(desktop, model, text) for text in ("plain words", *texts)]
    )
    await desktop.sign_in()

    found = await skeletons(desktop, [f"/inbox/{code}" for code in [plain, *codes]], "html")

    assert [len(paths) for paths in found.values()] == [len(texts) + 1], json.dumps(found)[:3000]


async def test_no_string_makes_an_element_or_an_attribute_of_the_list_or_a_cell_of_the_export(
    desktop: Desktop, sample_data: Path
) -> None:
    model = await desktop.inbox.cases.add()
    case = await desktop.inbox.case(model)
    assert case.order is not None
    assert case.item is not None
    changed = [
        {
            "customer_name": text, "issue_title": text, "summary": text, "item": replace(case.item, title=text),
            "order": replace(case.order, number=text), "timeline": case.timeline[:2],
        }
        for text in (*hostile_words(sample_data), "plain words")
    ]  # fmt: skip
    codes = await add_all(desktop, model, changed)
    await desktop.sign_in()
    pages, after = [], ""
    while True:
        found = await desktop.inbox.desk.cases.page(
            "acme", chosen=CaseFilter(view="all"), after=after, limit=40
        )
        pages.append(f"/inbox?view=all&after={after}")
        after = found.next
        if not after:
            break

    rows = await skeletons(desktop, pages, ".list li")
    export = desktop.inbox.server.make_url("/inbox/figures.csv?until=2030-01-01")
    sheet = await (await desktop.page.request.get(str(export))).text()

    assert sum(len(paths) for paths in rows.values()) == len(codes) + 1
    assert len(rows) <= 2, list(rows)  # hostile ones and plain ones alike; the model has a clock of its own
    assert sheet.count("\r\n") == len(codes) + 2
    cells = [cell for line in sheet.split("\r\n")[1:] for cell in line.strip('"').split('","')]
    assert len(cells) > 14 * len(codes)
    assert not [cell for cell in cells if cell.lstrip()[:1] in set("=+-@|%\t") and cell.strip()]


async def test_nothing_that_people_write_is_run(desktop: Desktop, sample_data: Path) -> None:
    strings = hostile_words(sample_data)
    inbox, agents = desktop.inbox, desktop.inbox.desk.agents
    model = await inbox.cases.add()
    await add_all(desktop, model, [await written(desktop, model, text) for text in strings[::37]])
    for n, text in enumerate(bundles_of(strings)):
        await agents.save_canned(Canned(seller="acme", title=text[:200], text=text))
        if n % 5 == 0:
            await agents.invite("acme", name=text[:60], role="agent", locale="en", at=inbox.desk.now())
    await desktop.sign_in()
    met: list[str] = []
    desktop.page.on("dialog", lambda dialog: met.append(dialog.message))
    asked = "/inbox?q={0}&issue={0}&assigned={0}&view={0}&after={0}"
    hostile = "%22%3E%3Csvg%20onload=alert(1)%3E%27%3Cscript%3Ealert(1)%3C/script%3E"

    for path in (
        "/inbox?view=all",
        f"/inbox/{model}",
        "/inbox/settings",
        "/inbox/figures",
        asked.format(hostile),
    ):
        await desktop.open(path)
        await desktop.page.wait_for_load_state("load")
        handlers = await desktop.page.evaluate(
            "() => [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes]).filter((at) => /^on/i.test(at.name)).length"
        )
        scripts = await desktop.page.evaluate(
            "() => [...document.scripts].map((one) => one.getAttribute('src'))"
        )
        assert (handlers, scripts) == (0, ["/inbox/script.js"]), path

    assert met == []
    assert not [fault for fault in desktop.looker.faults if "404" not in fault]


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        " =1",
        "\t=1",
        "+49",
        "-2",
        "@a",
        "\u00a0=1",
        "|x",
        "%00",
        "\uff1dcmd",
        "\u200b=1",
        "a;=1",
        'a",=1',
        "x\t+1",
    ],
)
def test_no_cell_is_a_formula_in_any_country(cell: str) -> None:
    parted = [part for separator in ",;\t" for part in inert(cell).split(separator)]

    assert "'" in inert(cell)
    assert not [
        part
        for part in parted
        if part.strip(' \u00a0\u200b"')[:1] in set("=+-@|%\uff1d\uff0b") and part.strip()
    ]
