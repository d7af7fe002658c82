"""An operator's figures, on each store."""

from dataclasses import replace
from datetime import datetime, timedelta

from flows.conversation import Bundled, ChatState, Conversation, Entry, FlowRef
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from flows.values import Seller
from storage.overview import Day
from tests.contracts.conftest import NOON, Stores
from tests.contracts.test_storage_contract import said

LATE = NOON - timedelta(hours=30)


def sent(code: str, chat: int, *, at: datetime) -> Conversation:
    lines = (Entry(at=at, kind="sent", number=1), Entry(at=at, kind="delivered", number=1))
    bundle = Bundled(number=1, photo_ids=("p",), status="delivered")
    return Conversation(
        id=code, chat=chat, flow=FlowRef(name="f", hash="h"), seller=Seller(id="acme", name="Acme"), phase="sent",
        bundles=(bundle,), timeline=lines,
    )  # fmt: skip


def step(state: ChatState, event: Event) -> Outcome:
    """Put one conversation into the chat, by what is said."""
    assert isinstance(event, TextReceived)
    code = f"K7F3Q{state.chat.id}"
    fresh = sent(code, state.chat.id, at=NOON if event.text == "today" else LATE)
    if event.text == "open":
        fresh = replace(fresh, phase="open", bundles=(), timeline=())
    if event.text == "overdue":
        fresh = replace(fresh, answer_by=NOON - timedelta(hours=1))
    if event.text == "answered":
        fresh = replace(fresh, timeline=(*fresh.timeline, Entry(at=NOON, kind="answer")))
    return Outcome(state=ChatState(chat=state.chat, conversations={code: fresh}))


async def test_an_overview_counts_chats_waiting_cases_and_each_day_s_moments(stores: Stores) -> None:
    store = await stores.open(step)
    for number, what in enumerate(("open", "today", "overdue", "answered"), 2):
        await store.streams.post(said(number, what, chat=number))

    found = await store.overviews.overview(now=NOON + timedelta(hours=1), days=3)

    assert (found.open_chats, found.waiting, found.overdue) == (1, 2, 1)
    assert list(found.days) == [
        Day(day=NOON.date(), sent=1, answered=1),
        Day(day=NOON.date() - timedelta(days=1), sent=2),
        Day(day=NOON.date() - timedelta(days=2)),
    ]
