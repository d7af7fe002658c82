"""What time brings: whose turn it is to be forgotten, and what stays for sellers, on every store."""

from dataclasses import replace
from datetime import timedelta

from flows.conversation import ChatState, Conversation
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from storage.ports import Arrival
from storage.sql.store import SqlStorage
from tests.contracts.conftest import NOON, Stores
from tests.storage.samples import SAMPLES

SAMPLE = next(one for one in SAMPLES if isinstance(one, Conversation))


def step(state: ChatState, event: Event) -> Outcome:
    """Open the case that is named; "nothing" opens none."""
    code = event.text if isinstance(event, TextReceived) else ""
    if code == "nothing":
        return Outcome(state=replace(state, chat=replace(state.chat, name="Anna")))
    case = replace(SAMPLE, id=code, chat=state.chat.id, revision=0)
    if code.startswith("OPEN"):
        case = replace(case, bundles=())
    return Outcome(state=ChatState(chat=state.chat, conversations={code: case}))


async def said(stores: Stores, store: SqlStorage, chat: int, words: str) -> None:
    arrival = Arrival(
        source="t", id=words + str(chat), chat=chat, event=TextReceived(text=words, at=stores.now)
    )
    await store.streams.post(arrival)


async def test_the_longest_idle_chats_come_first_with_cases_or_without(stores: Stores) -> None:
    store = await stores.open(step)
    for chat, words in ((1, "nothing"), (2, "SENT22"), (3, "SENT33")):
        await said(stores, store, chat, words)
        stores.now += timedelta(days=1)
    await said(stores, store, 2, "OPEN22")

    idle = await store.cases.idle(before=NOON + timedelta(days=2, hours=1))

    assert list(idle) == [1, 3]


async def test_a_record_of_what_a_seller_got_stays_until_its_time_is_over(stores: Stores) -> None:
    store = await stores.open(step)
    await said(stores, store, 1, "SENT11")
    await said(stores, store, 1, "OPEN11")
    until = NOON + timedelta(days=365)

    codes = await store.cases.forget(1, record_until=until)

    assert sorted(codes) == ["OPEN11", "SENT11"]
    [record] = await store.cases.records("acme")
    assert (record.case, record.order_number, record.opened, record.until) == ("SENT11", "A-17", NOON, until)
    assert await store.cases.records("bolt") == []
    assert await store.cases.drop_records(before=until) == 0
    assert await store.cases.drop_records(before=until + timedelta(seconds=1)) == 1


async def test_without_a_term_nothing_stays(stores: Stores) -> None:
    store = await stores.open(step)
    await said(stores, store, 1, "SENT11")

    await store.cases.forget(1)

    assert await store.cases.records("acme") == []
