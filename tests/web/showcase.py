"""An inbox as a busy seller has it: forty cases, long names, every state, photos upright and lying; for looking at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.ports import LabelledFile
from flows.conversation import Conversation, Entry
from flows.values import Bundle, MissingShot
from tests.cli.picture_files import photograph
from tests.web.cases import Cases

NAMES = (
    "Anna",
    "Ben",
    "Chloé",
    "Maximiliane-Friederike",
    "李小龍",
    "Ólafur",
    "Zoë",
    "محمد",
    "Wolfeschlegelsteinhausenbergerdorff",
)
ITEMS = (
    "Camping mug 0.4 l", "Trekking tent for two, green", "Desk lamp “Lumen” with a folding arm, brass, E27, 40 W",
    "Socks", "Rückenpolsterhalterungsverstellschraube", "Wool blanket", "Bicycle bell",
)  # fmt: skip
ISSUES = (
    ("product_defect", "Product defect"),
    ("shipping_damage", "Shipping damage"),
    ("missing_parts", "Missing parts"),
)
MESSAGE = (
    "Hello Acme Outdoor,\nmy camping mug arrived with a crack below the handle; it leaks. I attach 4 photos. "
    "Could you please send a replacement?\nKind regards, Anna"
)


def now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def ago(**length: float) -> datetime:
    """Name a moment in the past."""
    return now() - timedelta(**length)


def dressed(number: int, file: LabelledFile) -> LabelledFile:
    """Every second photo stands upright; the first looks soft, the second has a barcode and print on it."""
    if number % 2:
        content = photograph(number + 70, width=960, height=1280)
        file = replace(file, content=content, width=960, height=1280, barcode="4006381333931")
        return replace(file, text="Order A-17\n2026-11-20\nTotal 23.90 EUR")
    return replace(file, flags=("blur", "glare"), content=photograph(number + 70))


def told(bundle: Bundle) -> Bundle:
    """Fill in what a customer said."""
    return replace(
        bundle, message=MESSAGE, answers=(("What is wrong?", "It is broken"), ("Since when?", "On arrival")),
        missing=(MissingShot(label="ProductDefect_Serial", title="The serial number", reason="There is none on it"),),
    )  # fmt: skip


def _timeline(n: int) -> tuple[Entry, ...]:
    sent = Entry(at=ago(hours=3 + 7 * n), kind="delivered", number=1)
    after = (
        (), (Entry(at=ago(hours=2 + 7 * n), kind="seen", author="Ann"),),
        (Entry(at=ago(hours=1 + 7 * n), kind="answer", author="Ann", text="We are looking into it."),),
    )  # fmt: skip
    return (sent, *after[n % 3])


def changes(n: int, *, agent: str) -> dict[str, Any]:
    """Make case `n` one of its own."""
    name, title = ISSUES[n % 3]
    due = now() + timedelta(hours=(n * 5) % 60 - 6)
    return {
        "customer_name": NAMES[n % len(NAMES)], "flow_title": title, "timeline": _timeline(n), "name": name,
        "item": ITEMS[n % len(ITEMS)], "phase": "settled" if n % 9 == 8 else "sent",
        "answer_by": due if n % 2 == 0 else None, "assigned": agent if n % 4 == 1 else "",
    }  # fmt: skip


def told_of(case: Conversation, *, agent: str) -> Conversation:
    """Give the case that is looked at a course of its own."""
    lines = (
        Entry(at=ago(days=2), kind="sent", number=1), Entry(at=ago(days=2, seconds=-5), kind="delivered", number=1),
        Entry(at=ago(days=1, hours=20), kind="seen", author="Ann Lee"),
        Entry(at=ago(days=1, hours=19), kind="assigned", author="Ann Lee", text=agent),
        Entry(at=ago(days=1, hours=18), kind="remark", author="Ann Lee", text="Third one of this batch. Ask the warehouse."),
        Entry(at=ago(days=1, hours=1), kind="answer", author="Ann Lee", text="Sorry about that. A new mug is on its way."),
        Entry(at=ago(hours=2), kind="note", text="Thank you. Do I have to send the broken one back?"),
    )  # fmt: skip
    return replace(case, timeline=lines, assigned=agent, answer_by=now() + timedelta(hours=3, minutes=30))


async def furnish(cases: Cases, *, agent: str, count: int = 42) -> str:
    """Fill the inbox of acme; returns the code of the case to look at."""
    model = await cases.add(customer="Anna Maria", item="Camping mug 0.4 l", dress=dressed, amend=told)
    await cases.change(model, lambda case: told_of(case, agent=agent))
    made = []
    for n in range(count - 1):
        given = changes(n, agent=agent)
        title, name, item = given.pop("flow_title"), given.pop("name"), given.pop("item")
        base = await cases.storage.seller_cases.case("acme", model)
        assert base is not None
        assert base.item is not None
        made.append({**given, "issue_title": title, "origin": name, "item": replace(base.item, title=item)})
    await cases.add_like(model, made)
    return model
