"""What time takes from chats that go on, on every store: a little at a time, while others write."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, insert, select

from flows.conversation import ChatState, Conversation
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from storage.ports import Arrival, OrderRecord, Slot
from storage.sql.group import INBOX, OUTBOX, SEEN, SLOTS
from storage.sql.pruning import PAUSE, SLICE, in_slices, of_no_use
from storage.sql.store import SqlStorage
from tests.contracts.conftest import NOON, Stores, eventually, name_of
from tests.storage.samples import ORDER, SAMPLES

SAMPLE = next(one for one in SAMPLES if isinstance(one, Conversation))
SAID = tuple(one for one in SAMPLES if type(one).__name__ == "Say")[:1]
OLD = NOON - timedelta(days=8)


def step(state: ChatState, event: Event) -> Outcome:
    """Open the case that is named, settle "SENT..", and call the chat by it."""
    code = event.text if isinstance(event, TextReceived) else ""
    if code == "fails":
        raise ValueError("poison")
    phase = "settled" if code.startswith("SENT") else "open"
    case = replace(SAMPLE, id=code, chat=state.chat.id, revision=0, phase=phase)  # type: ignore[arg-type]  # one of them
    if (known := state.conversations.get(code)) is not None:
        case = replace(known, serial=known.serial + 1)
    chat = replace(state.chat, name=code, open=(*state.chat.open, code))
    return Outcome(state=ChatState(chat=chat, conversations={code: case}), effects=SAID)


async def said(
    store: SqlStorage, words: str, *, number: int = 1, chat: int = 1, at: timedelta = timedelta(0)
) -> None:
    event = TextReceived(text=words, at=NOON + at)
    await store.streams.post(Arrival(source="t", id=f"{words}{number}", chat=chat, event=event))


async def count(store: SqlStorage, table: object, *conditions: object) -> int:
    query = select(func.count()).select_from(table).where(*conditions)  # type: ignore[arg-type]  # a Core table
    return int(await store._database.read(lambda c: c.execute(query).scalar_one()))


async def test_cases_that_were_outlived_go_and_their_chat_goes_on(stores: Stores) -> None:
    store = await stores.open(step)
    await said(store, "SENT11")
    await said(store, "OPEN11")
    await store.outbox.settle(
        [], slots={(1, f"prompt:{code}"): Slot(message=7) for code in ("SENT11", "OPEN11")}
    )
    await eventually(lambda: count(store, SLOTS), 2)  # marks ride with a later group
    await said(store, "SENT22", at=timedelta(days=5))
    before = NOON + timedelta(days=1)

    found = await store.archive.outlived(before=before)
    gone = [
        await store.archive.drop(code, before=before, record_until=NOON)
        for code in ("SENT11", "OPEN11", "SENT22")
    ]

    assert [line.case for line in found] == ["SENT11"]
    assert gone == [True, False, False]
    assert await store.archive.known(["SENT11", "OPEN11", "SENT22"]) == {"OPEN11", "SENT22"}
    assert [record.case for record in await store.cases.records("acme")] == ["SENT11"]
    assert await count(store, SLOTS, SLOTS.c.name == "prompt:SENT11") == 0
    assert await count(store, SLOTS, SLOTS.c.name == "prompt:OPEN11") == 1
    await said(store, "OPEN33")
    assert await name_of(store, 1) == "OPEN33"


async def test_a_case_that_came_to_life_meanwhile_stays(stores: Stores) -> None:
    store = await stores.open(step)
    await said(store, "SENT11")
    [line] = await store.archive.outlived(before=NOON + timedelta(days=1))
    await said(store, "SENT11", number=2, at=timedelta(days=2))

    assert not await store.archive.drop(line.case, before=NOON + timedelta(days=1))
    assert await store.archive.known(["SENT11"]) == {"SENT11"}


async def test_what_failed_long_ago_goes_and_what_failed_lately_stays(stores: Stores) -> None:
    store = await stores.open(step)
    for number, day in enumerate((0, 5)):
        stores.now = NOON + timedelta(days=day)
        await said(store, "fails", number=number)
        await said(store, f"OPEN1{number}")
        [row] = [row for row in await store.outbox.claim(now=stores.now) if row.lane]
        await store.outbox.bury(row.id, error="gone")

    dropped = await store.archive.drop_failures(before=NOON + timedelta(days=1))

    assert dropped == 2
    assert await count(store, OUTBOX, OUTBOX.c.dead) == 1
    assert await count(store, INBOX, INBOX.c.aside) == 1


async def test_a_chore_is_one_process_s(stores: Stores) -> None:
    store = await stores.open(step)
    other = await stores.open(step, owner="two") if stores.url.startswith("postgresql") else store

    taken = [await one.archive.begin("round 12", at=NOON) for one in (store, other)]

    assert taken == [True, False]
    assert await other.archive.begin("round 13", at=NOON)


async def old_marks(store: SqlStorage, many: int) -> None:
    rows = [{"source": "old", "id": str(number), "at": OLD} for number in range(many)]
    await store._database.run(lambda c: c.execute(insert(SEEN), rows))


async def test_arrivals_are_committed_between_the_slices_of_what_goes(stores: Stores) -> None:
    store = await stores.open(step)
    await old_marks(store, 6 * SLICE + 1)
    left: list[int] = []

    async def write() -> None:
        for number in range(400):
            await said(store, f"OPEN{number:02}", number=number, chat=number)
            left.append(await count(store, SEEN, SEEN.c.source == "old"))
            await asyncio.sleep(PAUSE / 5)
            if left[-1] == 0:
                return

    writing = asyncio.create_task(write())
    dropped = [await in_slices(store._database, one) for one in of_no_use(NOON)]
    await writing

    assert dropped == [6 * SLICE + 1, 0, 0]
    assert len(set(left)) >= 3  # commits fell between slices, and saw fewer marks each time
    assert await count(store, SEEN, SEEN.c.source == "t") == len(left)


async def test_links_that_have_run_out_go_and_others_stay(stores: Stores) -> None:
    store = await stores.open(step)
    await store.orders.save([OrderRecord(order=ORDER)])
    tokens = [
        await store.orders.mint(
            ORDER.number, seller=ORDER.seller, at=OLD, expires=NOON + timedelta(days=days)
        )
        for days in (-1, 1)
    ]

    dropped = [await in_slices(store._database, one) for one in of_no_use(NOON)]

    assert dropped == [0, 0, 1]
    assert [await store.orders.redeem(token, chat=1, at=NOON) is None for token in tokens] == [True, False]
