"""Whoever guesses order numbers learns nothing: not by what is said, not by how often they may ask."""

import re

import pytest

from bot.app.finding import TRIES_PER_CHAT
from bot.flow_files import read_flow_files
from bot.testing.customer import Customer, Playground
from flows.values import Item, Order, Seller
from storage.ports import OrderRecord

REAL, UNKNOWN = "A-1234", "A-4321"


@pytest.fixture
def ground() -> Playground:
    catalogue = read_flow_files().load(sellers=[Seller(id="acme", name="Acme")]).catalogue
    assert catalogue is not None
    order = Order(number=REAL, seller="acme", items=(Item(title="Mug"),))
    return Playground(catalogue, orders=[OrderRecord(order=order, facts=("10115",))])


async def shown_after(customer: Customer, number: str, fact: str) -> list[str]:
    """Everything that the chat shows, without what names the chat's own case and the number that was typed."""
    await customer.start()
    await customer.say(number)
    await customer.say(fact)
    shown = [
        f"{m.text} {[(b.text, b.data, b.url) for b in m.buttons]} {m.picture!r}" for m in customer.messages
    ]
    return [re.sub(rf"\b[2-9B-Z]{{6}}\b|{number}", "#", one) for one in shown]


async def test_a_number_that_is_not_theirs_is_answered_byte_for_byte_as_one_that_is_not_there(
    ground: Playground,
) -> None:
    async with ground as playground:
        not_theirs = await shown_after(playground.customer(1), REAL, "99999")
        not_there = await shown_after(playground.customer(2), UNKNOWN, "99999")

        assert not_theirs == not_there
        assert len(not_theirs) >= 3


async def test_whoever_lets_themselves_be_forgotten_may_not_guess_more(ground: Playground) -> None:
    async with ground as playground:
        guesser = playground.customer(1)
        await guesser.start()
        for number in range(TRIES_PER_CHAT):
            await guesser.say(f"A-9{number}")
            await guesser.say("99999")
            if number < TRIES_PER_CHAT - 1:
                await guesser.tap("Try again")
        await guesser.say("/privacy")
        await guesser.tap("Delete everything")
        await guesser.tap("Yes, delete everything")

        shown = await shown_after(guesser, REAL, "10115")

        assert not any("Mug" in one for one in shown)
        assert await playground.storage.orders.linked(1) == []
