"""Order look-ups over the real store: unknown and not yours alike, guesses limited, a silent shop tried again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.app.finding import TRIES_PER_CHAT, TRIES_PER_NUMBER, Finder, Redeemer
from bot.ports import PermanentFailure, TransientFailure
from bot.testing import NOON, FixedClock
from flows.effects import Effect, FindOrders, RedeemLink
from flows.events import OrderLinked, OrdersFound
from flows.values import Item, Order
from storage.open import open_storage
from storage.ports import OrderRecord, Orders, OutboxRow

MUG = Order(number="A-17", seller="acme", items=(Item(title="Mug"),))
TENT = Order(number="T-1", seller="bolt", items=(Item(title="Tent"),))


class Shop:
    """A shop's order source whose answer a test decides."""

    def __init__(self, answer: Order | Exception | None) -> None:
        self.answer = answer
        self.asked = 0

    async def find(self, *, number: str, fact: str) -> Order | None:  # noqa: ARG002 - answers as told
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def aclose(self) -> None:
        return


@pytest.fixture
async def orders() -> AsyncIterator[Orders]:
    storage = open_storage("memory:", owner="test", now=lambda: NOON)
    await storage.open(lambda _state, _event: pytest.fail("no chat is worked here"))
    await storage.orders.save([OrderRecord(order=MUG, facts=("anna@example.org", "10115"))])
    yield storage.orders
    await storage.close()


def row(effect: Effect, *, chat: int = 1, attempts: int = 0) -> OutboxRow:
    return OutboxRow(id="r", chat=chat, lane="", effect=effect, due=NOON, created=NOON, attempts=attempts)


def asking(number: str = "A-17", fact: str = "anna@example.org", **fields: Any) -> FindOrders:
    wanted = FindOrders(case="C", query="lookup", what="number", number=number, fact=fact)
    return replace(wanted, **fields)


def finder(orders: Orders, *shops: Shop, clock: FixedClock | None = None) -> Finder:
    return Finder(orders=orders, sources=shops, clock=clock or FixedClock(), answer_takes=0)


async def found(finder: Finder, effect: FindOrders, **where: Any) -> OrdersFound:
    event = (await finder(row(effect, **where))).event
    assert isinstance(event, OrdersFound)
    return event


@pytest.mark.parametrize("fact", ["anna@example.org", "ANNA@example.org ", "10115", "101 15"])
async def test_a_number_and_a_second_fact_find_the_order_and_link_it(orders: Orders, fact: str) -> None:
    event = await found(finder(orders), asking(fact=fact))

    assert event.orders == (replace(MUG, verified=True),)
    assert [order.number for order in await orders.linked(1)] == ["A-17"]
    assert await orders.linked(2) == []


async def test_wrong_and_unknown_are_answered_alike(orders: Orders) -> None:
    wrong = await found(finder(orders), asking(fact="eve@example.org"))
    unknown = await found(finder(orders), asking(number="Z-99"), chat=2)

    assert wrong == unknown == OrdersFound(case="C", query="lookup")
    assert await orders.linked(1) == []


async def test_what_a_chat_proved_before_is_known(orders: Orders) -> None:
    known = asking(what="known", number="", fact="")
    assert (await found(finder(orders), known)).orders == ()

    await found(finder(orders), asking())

    assert [order.number for order in (await found(finder(orders), known)).orders] == ["A-17"]


async def test_a_chat_has_a_few_guesses_an_hour(orders: Orders) -> None:
    clock = FixedClock()
    look = finder(orders, clock=clock)
    events = [await found(look, asking(number=f"Z-{n}")) for n in range(TRIES_PER_CHAT)]

    refused = await found(look, asking())
    clock.advance(timedelta(hours=1, seconds=1))
    later = await found(look, asking())

    assert not any(event.exhausted for event in events)
    assert refused == OrdersFound(case="C", query="lookup", exhausted=True)
    assert len(later.orders) == 1


async def test_a_number_can_be_guessed_at_a_few_times_an_hour_by_all_chats_together(orders: Orders) -> None:
    look = finder(orders)
    for chat in range(TRIES_PER_NUMBER):
        await found(look, asking(fact="x@y.z"), chat=chat)

    refused = await found(look, asking(number=" a-17"), chat=999)

    assert refused.exhausted


async def test_a_second_attempt_of_the_same_question_is_no_second_guess(orders: Orders) -> None:
    look = finder(orders)
    for _ in range(TRIES_PER_CHAT * 2):
        await found(look, asking(number="Z-1"), attempts=1)

    assert not (await found(look, asking())).exhausted


async def test_a_shop_that_knows_the_order_answers_though_another_is_down(orders: Orders) -> None:
    event = await found(finder(orders, Shop(TransientFailure("down")), Shop(TENT)), asking(number="T-1"))

    assert event.orders == (replace(TENT, verified=True),)


async def test_a_shop_that_is_down_leaves_the_question_open(orders: Orders) -> None:
    with pytest.raises(TransientFailure):
        await finder(orders, Shop(TransientFailure("down")))(row(asking(number="T-1")))


async def test_a_shop_that_refuses_for_good_does_not_keep_the_chat_waiting(orders: Orders) -> None:
    assert (await found(finder(orders, Shop(PermanentFailure("no"))), asking(number="T-1"))).orders == ()


async def test_every_shop_is_asked_also_when_the_store_knows(orders: Orders) -> None:
    shop = Shop(None)

    await found(finder(orders, shop), asking())

    assert shop.asked == 1


async def test_an_answer_takes_its_time_whatever_it_is(orders: Orders) -> None:
    look = Finder(orders=orders, sources=[], clock=FixedClock(), answer_takes=0.05)
    loop = asyncio.get_running_loop()
    for effect in (asking(), asking(number="Z-1"), asking(fact="no")):
        begun = loop.time()
        await look(row(effect))

        assert loop.time() - begun >= 0.049  # a lower bound only: it was not answered at once


async def test_a_link_works_once_and_for_the_same_chat_again(orders: Orders) -> None:
    token = await orders.mint("A-17", seller="acme", at=NOON, expires=NOON + timedelta(days=1))
    redeem = Redeemer(orders=orders, clock=FixedClock())

    events = [(await redeem(row(RedeemLink(token=token), chat=chat))).event for chat in (1, 1, 2)]

    linked = OrderLinked(order=replace(MUG, verified=True))
    assert events == [linked, linked, OrderLinked(order=None)]
    assert [order.number for order in await orders.linked(1)] == ["A-17"]


async def test_a_link_that_is_too_old_is_unknown(orders: Orders) -> None:
    token = await orders.mint("A-17", seller="acme", at=NOON, expires=NOON + timedelta(minutes=1))
    clock = FixedClock(NOON + timedelta(minutes=2))

    event = (await Redeemer(orders=orders, clock=clock)(row(RedeemLink(token=token)))).event

    assert event == OrderLinked(order=None)
