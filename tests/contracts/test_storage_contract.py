"""What every store promises, run on each of them."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from flows.conversation import ChatState, Claim, Conversation, FlowRef, ShotState
from flows.effects import Effect, Say, SetTimer
from flows.events import CommandGiven, Event, TextReceived
from flows.outcome import Outcome
from flows.values import Item, Order, Seller, Span, Upload, Verdict
from storage.ports import Arrival, OrderRecord, OutboxRow, Slot
from tests.contracts.conftest import NOON, Stores, eventually, name_of

MUG = Order(number="A-17", seller="acme", items=(Item(title="Mug"),))


class Poison(Exception):
    pass


def step(state: ChatState, event: Event) -> Outcome:
    """Append each text to the chat's name; `case X` opens a case, `poison` raises, `timer` sets one."""
    if not isinstance(event, TextReceived):
        return Outcome(state=state)
    if event.text == "poison":
        raise Poison
    effects: list[Effect] = [Say(spans=(Span(text=event.text),))]
    chat = replace(state.chat, name=f"{state.chat.name} {event.text}".strip())
    conversations = dict(state.conversations)
    if event.text.startswith("case"):
        code = f"C{event.nonce[:5].upper()}"
        conversations[code] = Conversation(
            id=code, chat=chat.id, flow=FlowRef(name="f", hash="h"), seller=Seller(id="acme", name="Acme")
        )
        chat = replace(chat, open=(*chat.open, code))
    if event.text.startswith("timer"):
        effects.append(
            SetTimer(case="K7F3QX", name="waiting", serial=len(chat.name), after=timedelta(hours=1))
        )
    return Outcome(state=ChatState(chat=chat, conversations=conversations), effects=tuple(effects))


def said(number: int, text: str, *, chat: int = 1, nonce: str = "0" * 16) -> Arrival:
    event = TextReceived(text=text, nonce=nonce, at=NOON)
    return Arrival(source="telegram", id=str(number), chat=chat, event=event, order=number)


async def test_an_arrival_changes_its_chat_and_its_effects_wait_in_the_outbox(stores: Stores) -> None:
    store = await stores.open(step)

    committed = await store.streams.post(said(1, "hello"))

    assert [row.effect for row in committed.rows] == [Say(spans=(Span(text="hello"),))]
    assert (await store.streams.load(1)).chat.name == "hello"
    assert await store.outbox.pending() == 1


async def test_a_repeated_arrival_changes_nothing(stores: Stores) -> None:
    store = await stores.open(step)
    await store.streams.post(said(1, "hello"))

    again = await store.streams.post(said(1, "hello"))

    assert again.repeated
    assert again.rows == ()
    assert (await store.streams.load(1)).chat.name == "hello"


async def test_the_same_arrival_twice_in_one_group_counts_once(stores: Stores) -> None:
    store = await stores.open(step)

    await asyncio.gather(*(store.streams.post(said(1, "hello")) for _ in range(5)))

    assert (await store.streams.load(1)).chat.name == "hello"
    assert await store.outbox.pending() == 1


async def test_arrivals_that_wait_together_are_worked_in_their_order(stores: Stores) -> None:
    store = await stores.open(step)
    numbers = list(range(1, 41))
    random.Random(7).shuffle(numbers)

    await asyncio.gather(*(store.streams.post(said(n, str(n))) for n in numbers))

    assert (await store.streams.load(1)).chat.name.split()[-39:] == sorted(
        (await store.streams.load(1)).chat.name.split()[-39:], key=int
    )


async def test_a_thousand_arrivals_of_many_chats_all_count_once(stores: Stores) -> None:
    store = await stores.open(step)

    await asyncio.gather(*(store.streams.post(said(n, str(n), chat=n % 64 + 1)) for n in range(1000)))

    words = [word for chat in range(1, 65) for word in (await store.streams.load(chat)).chat.name.split()]
    assert sorted(words, key=int) == [str(n) for n in range(1000)]


async def test_a_poisoned_arrival_is_set_aside_and_the_chat_goes_on(stores: Stores) -> None:
    store = await stores.open(step)

    results = await asyncio.gather(
        store.streams.post(said(1, "before")),
        store.streams.post(said(2, "poison")),
        store.streams.post(said(3, "after")),
        store.streams.post(said(4, "elsewhere", chat=2)),
    )

    assert [result.set_aside for result in results] == [False, True, False, False]
    assert (await store.streams.load(1)).chat.name == "before after"
    assert (await store.streams.load(2)).chat.name == "elsewhere"


async def test_a_result_and_the_mark_of_its_row_are_one_commit(stores: Stores) -> None:
    store = await stores.open(step)
    [row] = (await store.streams.post(said(1, "hello"))).rows

    result = TextReceived(text="result")
    await store.streams.post(Arrival(source="outbox", id=row.id, chat=1, event=result, settles=(row.id,)))

    assert await store.outbox.pending() == 1  # the result's own Say
    assert (await store.streams.load(1)).chat.name == "hello result"


async def test_committed_rows_are_handed_over_in_order(stores: Stores) -> None:
    store = await stores.open(step)
    handed: list[OutboxRow] = []
    store.outbox.subscribe(handed.extend)

    for number in range(5):
        await store.streams.post(said(number, str(number)))

    assert [row.effect for row in handed] == [Say(spans=(Span(text=str(n)),)) for n in range(5)]
    assert {row.lane for row in handed} == {"chat:1"}


async def test_settled_rows_and_their_slots_are_kept(stores: Stores) -> None:
    store = await stores.open(step)
    [row] = (await store.streams.post(said(1, "hello"))).rows

    await store.outbox.settle([row.id], slots={(1, "prompt"): Slot(message=7, has_buttons=True)})
    await store.streams.post(said(2, "next"))

    assert await store.outbox.slot(1, "prompt") == Slot(message=7, has_buttons=True)
    await eventually(store.outbox.pending, 1)
    assert await store.outbox.slot(1, "prompt") == Slot(message=7, has_buttons=True)


async def test_a_timer_set_again_replaces_the_one_before(stores: Stores) -> None:
    store = await stores.open(step)
    await store.streams.post(said(1, "timer"))
    await store.streams.post(said(2, "timer again"))

    stores.now += timedelta(hours=2)
    rows = [row for row in await store.outbox.claim(now=stores.now) if isinstance(row.effect, SetTimer)]

    assert [row.effect.serial for row in rows if isinstance(row.effect, SetTimer)] == [
        len("timer timer again")
    ]


async def test_rows_due_later_come_when_their_time_is_near(stores: Stores) -> None:
    store = await stores.open(step)
    [say, *_] = (await store.streams.post(said(1, "timer"))).rows

    early = await store.outbox.claim(now=stores.now)
    late = await store.outbox.claim(now=stores.now + timedelta(minutes=59, seconds=30))

    assert [row.id for row in early] == [say.id]
    assert [type(row.effect) for row in late] == [SetTimer]


async def test_a_dead_letter_is_listed_and_can_be_revived(stores: Stores) -> None:
    store = await stores.open(step)
    [row] = (await store.streams.post(said(1, "hello"))).rows
    await store.outbox.bury(row.id, error="PermanentFailure: gone")

    [dead] = await store.outbox.dead()

    assert (dead.id, dead.error) == (row.id, "PermanentFailure: gone")
    assert await store.outbox.pending() == 0
    assert await store.outbox.revive(row.id)
    assert [again.id for again in await store.outbox.claim(now=stores.now)] == [row.id]
    assert not await store.outbox.revive("nothing")


async def test_a_postponed_row_remembers_its_attempts(stores: Stores) -> None:
    store = await stores.open(step)
    [row] = (await store.streams.post(said(1, "hello"))).rows
    later = stores.now + timedelta(minutes=10)

    await store.outbox.postpone(row.id, due=later, attempts=3, error="TransientFailure")
    await store.outbox.settle([])
    [found] = await store.outbox.claim(now=later)

    assert (found.attempts, found.due, found.error) == (3, later, "TransientFailure")


async def test_a_case_code_that_is_taken_is_drawn_anew(stores: Stores) -> None:
    store = await stores.open(step)
    await store.streams.post(said(1, "case", nonce="abcde00000000000"))

    await store.streams.post(said(2, "case", chat=2, nonce="abcde00000000000"))

    first, second = await store.cases.of_chat(1), await store.cases.of_chat(2)
    assert first[0].id == "CABCDE"
    assert second[0].id != "CABCDE"
    assert await store.streams.chats_of(second[0].id) == 2


async def test_everything_of_a_chat_is_forgotten_and_nothing_else(stores: Stores) -> None:
    store = await stores.open(step)
    await store.streams.post(said(1, "case", nonce="1" * 16))
    await store.streams.post(said(2, "case", chat=2, nonce="2" * 16))

    codes = await store.cases.forget(1)

    assert list(codes) == ["C11111"]
    assert (await store.streams.load(1)).chat.name == ""
    assert await store.streams.chats_of("C22222") == 2
    assert await store.outbox.pending() == 1


async def test_fingerprints_are_those_of_the_same_seller_s_other_cases(stores: Stores) -> None:
    def accepting(state: ChatState, event: Event) -> Outcome:
        code = f"C{event.nonce[:5].upper()}"
        claim = Claim(
            photo_id="p", upload=Upload(file_id="f", unique_id="u", kind="photo"), status="accepted",
            verdict=Verdict(fingerprint=event.nonce),
        )  # fmt: skip
        conversation = Conversation(
            id=code, chat=state.chat.id, flow=FlowRef(name="f", hash="h"), shots={"A": ShotState(claims=(claim,))},
            seller=Seller(id="acme" if state.chat.id < 3 else "other", name=""),
        )  # fmt: skip
        chat = replace(state.chat, open=(*state.chat.open, code))
        return Outcome(state=ChatState(chat=chat, conversations={code: conversation}))

    store = await stores.open(accepting)
    for chat, nonce in ((1, "1" * 16), (2, "2" * 16), (3, "3" * 16)):
        await store.streams.post(said(chat, "x", chat=chat, nonce=nonce))

    assert list(await store.cases.earlier_fingerprints("C11111")) == ["2" * 16]
    assert list(await store.cases.earlier_fingerprints("C33333")) == []
    assert list(await store.cases.earlier_fingerprints("gone")) == []


async def test_an_order_is_found_by_number_and_any_of_its_facts(stores: Stores) -> None:
    store = await stores.open(step)
    await store.orders.save([OrderRecord(order=MUG, facts=("Anna@Example.com", "10 115"))])

    found = await store.orders.find("#a-17 ", " anna@example.COM")

    assert found is not None
    assert found.verified
    assert await store.orders.find("A-17", "10115") is not None
    assert await store.orders.find("A-17", "10116") is None
    assert await store.orders.find("A-18", "10115") is None
    assert await store.orders.find("A-17", "") is None


async def test_a_link_works_once_and_again_for_the_chat_that_used_it(stores: Stores) -> None:
    store = await stores.open(step)
    await store.orders.save([OrderRecord(order=MUG)])
    token = await store.orders.mint(
        "A-17", seller="acme", at=stores.now, expires=stores.now + timedelta(days=30)
    )

    mine = await store.orders.redeem(token, chat=1, at=stores.now)

    assert mine is not None
    assert mine.verified
    assert await store.orders.redeem(token, chat=1, at=stores.now) == mine
    assert await store.orders.redeem(token, chat=2, at=stores.now) is None
    assert [order.number for order in await store.orders.linked(1)] == ["A-17"]
    assert await store.orders.redeem("nothing", chat=1, at=stores.now) is None


async def test_an_old_link_is_refused(stores: Stores) -> None:
    store = await stores.open(step)
    await store.orders.save([OrderRecord(order=MUG)])
    token = await store.orders.mint(
        "A-17", seller="acme", at=stores.now, expires=stores.now + timedelta(days=1)
    )

    assert await store.orders.redeem(token, chat=1, at=stores.now + timedelta(days=2)) is None


async def test_minting_for_an_unknown_order_is_refused(stores: Stores) -> None:
    store = await stores.open(step)

    with pytest.raises(KeyError):
        await store.orders.mint("nothing", seller="", at=stores.now, expires=stores.now)


async def test_tries_are_counted_in_a_sliding_window(stores: Stores) -> None:
    store = await stores.open(step)

    allowed = [
        await store.orders.count_try("chat:1", at=stores.now, limit=3, per_seconds=3600) for _ in range(4)
    ]

    assert allowed == [True, True, True, False]
    later = stores.now + timedelta(hours=2)
    assert await store.orders.count_try("chat:1", at=later, limit=3, per_seconds=3600)


async def test_revisions_are_kept_as_they_were(stores: Stores) -> None:
    store = await stores.open(step)
    await store.revisions.save({"h1": "{}"})

    await store.revisions.save({"h1": "other", "h2": "{}"})

    assert dict(await store.revisions.all()) == {"h1": "{}", "h2": "{}"}


async def test_what_was_committed_is_there_after_a_restart_and_its_rows_are_claimed(stores: Stores) -> None:
    if stores.url == "memory:":
        return  # memory lives as long as its object: nothing to restart
    store = await stores.open(step)
    await store.streams.post(said(1, "hello"))
    await stores.close(store)

    again = await stores.open(step, owner="two")

    assert (await again.streams.load(1)).chat.name == "hello"
    assert [row.effect for row in await again.outbox.claim(now=stores.now)] == [
        Say(spans=(Span(text="hello"),))
    ]
    assert (await again.streams.post(said(1, "hello"))).repeated


async def test_a_guest_leaves_its_arrival_and_the_bot_works_it_soon(stores: Stores) -> None:
    if stores.url == "memory:":
        return  # nobody else can reach it
    bot = await stores.open(step)
    guest = await stores.open(step, owner="guest", exclusive=False)

    committed = await guest.streams.post(said(9, "from outside"))

    assert committed.waiting
    await eventually(lambda: name_of(bot, 1), "from outside")
    assert (await guest.streams.post(said(9, "from outside"))).repeated


async def test_events_that_concern_nobody_are_worked_too(stores: Stores) -> None:
    store = await stores.open(step)

    committed = await store.streams.post(
        Arrival(source="x", id="1", chat=5, event=CommandGiven(command="help"))
    )

    assert committed.rows == ()
