"""What a group promises when something in it goes wrong, on every store."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, delete, text, update

from flows.conversation import Chat, ChatState, Conversation, FlowRef
from flows.effects import Effect, FindOrders, Say, SetTimer
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from flows.values import Span
from storage.codec import encode_back
from storage.ports import Arrival, OutboxRow, Slot, StaleWrite, StorageFailure
from storage.sql import group as groups
from storage.sql.database import Database
from storage.sql.group import CHATS, CONVERSATIONS, OUTBOX
from storage.stepping import Written
from tests.contracts.conftest import NOON, Stores, eventually, name_of
from tests.contracts.test_storage_contract import said, step


def speaking(state: ChatState, event: Event) -> Outcome:
    """Do what the text says, each word one effect."""
    assert isinstance(event, TextReceived)
    chat = replace(state.chat, name=f"{state.chat.name}|{event.text}")
    effects = [effect for word in event.text.split() for effect in said_by(word)]
    return Outcome(state=replace(state, chat=chat), effects=tuple(effects))


def said_by(word: str) -> Sequence[Effect]:
    match word:
        case "timer":
            return [SetTimer(case="K7F3QX", name="waiting", serial=1, after=timedelta(hours=1))]
        case "find":
            return [FindOrders(case="K7F3QX", query="order", what="known")]
        case "unwritable":
            return [Say(spans="no spans")]  # type: ignore[arg-type]
        case _:
            return [Say(spans=(Span(text=word),))]


def counting(state: ChatState, event: Event) -> Outcome:
    """Count what happens in one case."""
    code = "CASE01"
    before = state.conversations.get(code)
    case = before or Conversation(id=code, chat=state.chat.id, flow=FlowRef(name="f", hash="h"))
    case = replace(case, serial=case.serial + 1)
    chat = replace(state.chat, open=(code,))
    return Outcome(state=ChatState(chat=chat, conversations={code: case}))


async def test_an_outcome_that_cannot_be_written_is_set_aside_and_others_go_on(stores: Stores) -> None:
    store = await stores.open(speaking)

    results = await asyncio.gather(
        *(
            store.streams.post(said(n, word, chat=n % 2))
            for n, word in enumerate(["a", "b", "unwritable", "c"])
        )
    )

    assert [result.set_aside for result in results] == [False, False, True, False]
    assert await name_of(store, 0) == "|a"
    assert await name_of(store, 1) == "|b|c"


async def test_a_result_whose_step_fails_is_done_all_the_same(stores: Stores) -> None:
    store = await stores.open(step)
    [row] = (await store.streams.post(said(1, "hello"))).rows

    poisoned = Arrival(
        source="outbox", id=row.id, chat=1, event=TextReceived(text="poison"), settles=(row.id,)
    )
    committed = await store.streams.post(poisoned)

    assert committed.set_aside
    assert await store.outbox.pending() == 0
    assert (await store.streams.post(poisoned)).repeated


async def test_text_that_no_engine_would_keep_is_kept_or_set_aside(stores: Stores) -> None:
    store = await stores.open(step)

    nul = await store.streams.post(said(1, "a\0b"))
    torn = await store.streams.post(said(2, "half \ud83d"))
    odd = await store.streams.post(replace(said(3, "c"), id="3\0"))

    assert not nul.set_aside
    assert torn.set_aside
    assert not odd.set_aside
    assert await name_of(store, 1) == "a\0b c"


async def test_a_chat_that_no_engine_can_number_does_not_take_others_with_it(stores: Stores) -> None:
    store = await stores.open(step)

    results = await asyncio.gather(
        *(store.streams.post(said(n, str(n), chat=n if n != 3 else 2**70)) for n in range(1, 6)),
        return_exceptions=True,
    )

    assert [isinstance(result, Exception) for result in results] == [False, False, True, False, False]
    assert await name_of(store, 5) == "5"


async def test_rows_of_a_chat_sort_by_their_ids_in_commit_order(stores: Stores) -> None:
    store = await stores.open(step)

    rows = [row for n in (5, 99, 100, 7) for row in (await store.streams.post(said(n, str(n)))).rows]

    assert [row.id for row in rows] == sorted(row.id for row in rows)
    assert all(row.id.partition("-")[0] != "1" for row in rows)


async def test_ids_of_a_chat_that_was_forgotten_never_come_again(stores: Stores) -> None:
    store = await stores.open(step)
    [before] = (await store.streams.post(said(1, "hello"))).rows
    await store.cases.forget(1)
    stores.now += timedelta(seconds=1)

    [after] = (await store.streams.post(said(2, "hello"))).rows

    assert before.id != after.id
    assert await name_of(store, 1) == "hello"


async def test_what_a_relay_got_from_memory_is_not_claimed_again(stores: Stores) -> None:
    store = await stores.open(speaking)
    handed: list[OutboxRow] = []
    store.outbox.subscribe(handed.extend)

    await store.streams.post(said(1, "a find timer"))

    assert [type(row.effect) for row in handed] == [Say, FindOrders, SetTimer]
    assert await store.outbox.claim(now=NOON) == []
    assert [type(row.effect) for row in await store.outbox.claim(now=NOON + timedelta(hours=1))] == [SetTimer]


async def test_more_rows_than_one_claim_takes_come_with_the_next_in_order(stores: Stores) -> None:
    store = await stores.open(step)
    for number in range(1, 13):
        await store.streams.post(said(number, str(number), chat=number % 3))

    claims = [await store.outbox.claim(now=NOON, limit=5) for _ in range(4)]

    assert [len(rows) for rows in claims] == [5, 5, 2, 0]
    for chat in range(3):
        mine = [row.effect for rows in claims for row in rows if row.chat == chat]
        assert mine == [Say(spans=(Span(text=str(n)),)) for n in range(1, 13) if n % 3 == chat]


async def test_a_postponed_row_keeps_its_place_in_its_lane_for_the_next_process(stores: Stores) -> None:
    store = await stores.open(step)
    [first] = (await store.streams.post(said(1, "1"))).rows
    await store.outbox.postpone(first.id, due=NOON + timedelta(hours=9), attempts=4, error="Transient")
    [second] = (await store.streams.post(said(2, "2"))).rows

    claimed = await store.outbox.claim(now=NOON)

    assert [row.id for row in claimed] == [first.id, second.id]


async def test_a_relay_that_fails_does_not_end_the_writer(stores: Stores) -> None:
    store = await stores.open(step)

    def refuse(_rows: Sequence[OutboxRow]) -> None:
        raise RuntimeError

    store.outbox.subscribe(refuse)

    await store.streams.post(said(1, "1"))
    await store.streams.post(said(2, "2"))

    assert await name_of(store, 1) == "1 2"


async def test_marks_are_written_though_nothing_else_comes(stores: Stores) -> None:
    store = await stores.open(step)
    [row] = (await store.streams.post(said(1, "1"))).rows

    await store.outbox.settle([row.id], slots={(1, "prompt"): Slot(message=5)})

    await eventually(store.outbox.pending, 0)
    assert await store.outbox.slot(1, "prompt") == Slot(message=5)


async def test_marks_are_written_before_the_store_closes(stores: Stores) -> None:
    if stores.url == "memory:":
        return  # gone with its store
    store = await stores.open(step)
    [row] = (await store.streams.post(said(1, "1"))).rows

    await store.outbox.settle([row.id], slots={(1, "prompt"): Slot(message=5)})
    await stores.close(store)

    again = await stores.open(step)
    assert await again.outbox.pending() == 0
    assert await again.outbox.slot(1, "prompt") == Slot(message=5)


class Deaf:
    """A database that commits as ever, but whose next answer is lost, as when it ends in that moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.loses = True
        self.name = database.name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def run(self, work: Callable[[Connection], Any], **given: Any) -> Any:
        result = await self._database.run(work, **given)
        if self.loses:
            self.loses = False
            raise StorageFailure("the answer was lost")
        return result


async def test_rows_of_a_commit_that_nobody_heard_of_are_given_out_though_nothing_else_comes(
    stores: Stores,
) -> None:
    store = await stores.open(step)
    handed: list[OutboxRow] = []
    store.outbox.subscribe(handed.extend)
    writer: Any = store._writers[0]
    writer._database = Deaf(store._database)

    with pytest.raises(StorageFailure):
        await store.streams.post(said(1, "1"))
    given: list[OutboxRow] = []
    async with asyncio.timeout(30):
        while not given:
            given += await store.outbox.claim(now=NOON)
            await asyncio.sleep(0.02)

    assert handed == []
    assert len(given) == 1
    assert await store.outbox.claim(now=NOON) == []


async def test_rows_given_out_by_a_commit_that_nobody_heard_of_are_given_out_again(stores: Stores) -> None:
    store = await stores.open(step)
    [row] = (await store.streams.post(said(1, "1"))).rows  # no relay takes it yet
    outbox: Any = store.outbox
    outbox._database = Deaf(store._database)

    with pytest.raises(StorageFailure):
        await store.outbox.claim(now=NOON)

    assert [again.id for again in await store.outbox.claim(now=NOON)] == [row.id]
    assert await store.outbox.claim(now=NOON) == []


async def test_only_the_case_s_own_chat_is_shown_a_case_that_an_event_names(stores: Stores) -> None:
    seen: list[tuple[int, list[str]]] = []

    def looking(state: ChatState, event: Event) -> Outcome:
        seen.append((state.chat.id, sorted(state.conversations)))
        code = f"CODE{state.chat.id}"
        known = state.conversations.get(code)
        conversation = known or Conversation(id=code, chat=state.chat.id, flow=FlowRef(name="f", hash="h"))
        return Outcome(state=ChatState(chat=state.chat, conversations={code: conversation}))

    store = await stores.open(looking)
    await store.streams.post(said(1, "x", chat=1))
    from flows.events import ChoiceMade  # noqa: PLC0415 - beside its only use

    for number, chat in ((2, 1), (3, 2)):
        press = ChoiceMade(data="CODE1.3.keep", at=NOON)
        await store.streams.post(Arrival(source="t", id=str(number), chat=chat, event=press))

    assert seen == [(1, []), (1, ["CODE1"]), (2, [])]


async def test_marks_of_chats_that_are_forgotten_meanwhile_leave_no_trace(stores: Stores) -> None:
    store = await stores.open(speaking)
    chats = range(4200, 4220)
    for chat in chats:
        [row] = (await store.streams.post(said(chat, "hello", chat=chat))).rows
        await store.outbox.settle([row.id], slots={(chat, "prompt"): Slot(message=5)})

    await asyncio.gather(*map(store.cases.forget, chats), store.streams.post(said(2, "other", chat=8)))
    await store.streams.post(said(3, "other", chat=8))

    for chat in chats:
        await eventually(partial(store.outbox.slot, chat, "prompt"), None)


async def test_the_fence_refuses_a_write_on_a_state_that_is_not_the_one_loaded(stores: Stores) -> None:
    store = await stores.open(step)
    await store.streams.post(said(1, "1"))
    loaded = (await store.streams.load(1)).chat
    body, value = encode_back(replace(loaded, name="late", revision=loaded.revision + 1))
    late: Written[Chat] = Written(value=value, body=body, at=NOON, before=loaded)

    def overtaken(connection: Connection) -> None:
        connection.execute(update(CHATS).where(CHATS.c.id == 1).values(revision=loaded.revision + 1))
        groups._write_chats(connection, [late], now=NOON)

    with pytest.raises(StaleWrite):
        await store._database.run(overtaken)

    assert await name_of(store, 1) == "1"


async def test_a_chat_that_is_forgotten_meanwhile_begins_anew(stores: Stores) -> None:
    store = await stores.open(speaking)
    await store.streams.post(said(1, "before"))
    await store.cases.forget(1)

    result = await store.streams.post(said(2, "after"))

    assert [row.effect for row in result.rows] == [Say(spans=(Span(text="after"),))]
    assert await name_of(store, 1) == "|after"


async def test_a_case_that_somebody_else_lets_go_meanwhile_is_not_written_on(stores: Stores) -> None:
    store = await stores.open(counting)
    for number in (1, 2):
        await store.streams.post(said(number, "x"))
    await store._database.run(lambda c: c.execute(delete(CONVERSATIONS)))

    await store.streams.post(said(3, "x"))

    assert (await store.streams.load(1)).conversations["CASE01"].serial == 1


async def test_two_guesses_at_once_do_not_both_take_the_last_try(stores: Stores) -> None:
    store = await stores.open(step)

    allowed = await asyncio.gather(
        *(store.orders.count_try("number:A", at=NOON, limit=5, per_seconds=3600) for _ in range(12))
    )

    assert sum(allowed) == 5


async def test_old_marks_are_pruned_and_young_ones_kept(stores: Stores) -> None:
    store = await stores.open(step)
    await store.streams.post(said(1, "old"))
    stores.now += timedelta(days=6)
    await store.streams.post(said(2, "young"))
    stores.now += timedelta(days=1, seconds=1)
    assert store._chores is not None

    await store._chores._prune()

    marks = await store._database.read(lambda c: c.execute(text("SELECT id FROM seen")).scalars().all())
    assert list(marks) == ["2"]
    assert (await store.streams.post(said(2, "young"))).repeated


async def test_nothing_of_a_forgotten_chat_is_left_in_any_table(stores: Stores) -> None:
    store = await stores.open(step)
    for number, words in enumerate(("case zebra", "timer", "poison")):
        await store.streams.post(said(number, words, chat=4242, nonce="abcde00000000000"))
    await store.outbox.settle([], slots={(4242, "prompt"): Slot(message=5)})
    await store.orders.count_try("chat:4242", at=NOON, limit=5, per_seconds=3600)

    async def slots_kept() -> int:
        return int(await store._database.read(lambda c: c.execute(count).scalar_one()))

    count = text("SELECT count(*) FROM slots")
    await eventually(slots_kept, 1)

    await store.cases.forget(4242)

    dump = await store._database.read(_dump)
    assert "4242" not in dump
    assert "zebra" not in dump


def _dump(connection: Connection) -> str:
    tables: list[Any] = list(OUTBOX.metadata.sorted_tables)
    return "\n".join(str(row) for table in tables for row in connection.execute(table.select()))
