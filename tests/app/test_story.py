"""The whole ring with the real engine, the shipped flows and a store in memory: stories of one customer."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.app.case_actions import CaseActions, NoSuchCase
from bot.flow_files import read_flow_files
from bot.ports import TransientFailure
from bot.testing.customer import Customer, Playground
from flows.values import Item, Order, Seller
from storage.ports import OrderRecord
from tests.every import every

MUG = OrderRecord(
    order=Order(number="A-17", seller="acme", items=(Item(title="Mug"),)), facts=("anna@example.org",)
)
SHOTS = ["Packaging", "ShippingLabel", "InnerPackaging", "Product"]


@pytest.fixture
async def playground() -> AsyncIterator[Playground]:
    sellers = [Seller(id="acme", name="Acme"), Seller(id="bolt", name="Bolt")]
    catalogue = read_flow_files().load(sellers=sellers).catalogue
    assert catalogue is not None
    async with Playground(catalogue, orders=[MUG]) as playground:
        yield playground


async def proven(customer: Customer) -> None:
    await customer.start()
    await customer.say("A-17")
    await customer.say("anna@example.org")


async def up_to_the_photos(customer: Customer) -> None:
    await proven(customer)
    await customer.tap("Shipping damage")
    await customer.tap("Box and item")
    await customer.tap("Skip")


async def up_to_send(customer: Customer) -> None:
    await up_to_the_photos(customer)
    for _ in range(5):
        await customer.photo()
    for label in ("Enough", "Skip", "Skip", "A replacement", "Use this message", "Send"):
        await customer.tap(label)


async def test_a_parcel_damaged_on_its_way_reaches_the_seller_labelled(playground: Playground) -> None:
    customer = playground.customer()

    await up_to_send(customer)

    [parcel] = playground.inboxes["acme"].parcels.values()
    labels = [file.label.removeprefix("ShippingDamage_") for file in parcel.files]
    assert labels == [*SHOTS, "CloseUp_1"]
    assert parcel.bundle.order.verified
    assert "send me a replacement" in parcel.bundle.message
    assert customer.last.text.startswith("✓ Delivered to Acme")
    assert await playground.storage.outbox.dead() == []


async def test_a_blurred_photo_is_asked_for_again_with_the_reason_and_a_picture(
    playground: Playground,
) -> None:
    customer = playground.customer()
    await up_to_the_photos(customer)

    await customer.photo("blur")
    assert "blurred" in customer.last.text
    assert customer.last.picture is not None
    assert b"explains blur" in customer.last.picture
    await customer.photo()

    assert "Shipping label" in customer.last.text


async def test_what_is_no_picture_is_refused_kindly_and_nothing_of_it_is_kept(playground: Playground) -> None:
    customer = playground.customer()
    await up_to_the_photos(customer)

    await customer.photo(content=b"MZ no picture at all")

    assert await every(playground.blobs) == []
    assert "Photo 1 of 7" in customer.last.text


async def test_a_wrong_second_fact_and_an_unknown_order_are_answered_alike(playground: Playground) -> None:
    answers = []
    for chat, (number, fact) in enumerate([("A-17", "eve@example.org"), ("Z-99", "anna@example.org")], 1):
        customer = playground.customer(chat)
        await customer.start()
        await customer.say(number)
        await customer.say(fact)
        answers.append((customer.last.text, customer.buttons))

    assert answers[0] == answers[1]


async def test_after_five_guesses_there_are_no_more_for_an_hour(playground: Playground) -> None:
    customer = playground.customer()
    await customer.start()
    for n in range(6):
        await customer.say("A-17")
        await customer.say(f"guess{n}@example.org")
        if n < 5:
            await customer.tap("Try again")
    tried = customer.last.text

    other = playground.customer(7)
    await proven(other)

    assert "What happened?" not in tried
    assert customer.messages[-1].text != customer.messages[3].text
    assert "What happened?" in other.last.text


async def test_a_link_proves_an_order_once(playground: Playground) -> None:
    now = playground.clock.now()
    token = await playground.storage.orders.mint(
        "A-17", seller="acme", at=now, expires=now + timedelta(days=1)
    )
    anna, eve = playground.customer(1), playground.customer(2, name="Eve")

    await anna.start(token)
    await eve.start(token)

    assert "A-17" in "".join([*(m.text for m in anna.messages), *anna.buttons]) or "Mug" in str(anna.messages)
    assert "Mug" not in str(eve.messages)


async def test_a_seller_out_of_reach_is_told_to_the_customer_and_gets_the_bundle_later(
    playground: Playground,
) -> None:
    customer = playground.customer()
    playground.inboxes["acme"].down = TransientFailure("connection refused")
    await up_to_send(customer)
    told = customer.last.text
    assert playground.bundles == []

    playground.inboxes["acme"].down = None
    await playground.pass_time(timedelta(seconds=30))

    assert len(playground.bundles) == 1
    assert customer.last.text.startswith("✓ Delivered")
    assert told != customer.last.text


async def test_the_seller_asks_for_one_more_photo_and_gets_it_in_the_same_case(
    playground: Playground,
) -> None:
    customer = playground.customer()
    await up_to_send(customer)
    [first] = playground.bundles
    actions = CaseActions(streams=playground.storage.streams, clock=playground.clock)

    await actions.request_photo(first.bundle.case, "The serial number, please", key="wish-1")
    await actions.request_photo(first.bundle.case, "The serial number, please", key="wish-1")
    await playground.pass_time()
    wished = [shown.text for shown in customer.messages if "serial number" in shown.text]
    await customer.photo()
    await customer.tap("Enough")

    assert len(wished) == 1
    assert [(parcel.bundle.case, parcel.bundle.number) for parcel in playground.bundles] == [
        (first.bundle.case, 1),
        (first.bundle.case, 2),
    ]


async def test_the_sellers_words_reach_the_customer_and_settling_is_told(playground: Playground) -> None:
    customer = playground.customer()
    await up_to_send(customer)
    case = playground.bundles[0].bundle.case
    actions = CaseActions(streams=playground.storage.streams, clock=playground.clock)

    await actions.answer(case, "We are sorry. A new mug is on its way.")
    await playground.pass_time()
    assert "A new mug is on its way." in customer.last.text
    await actions.settle(case)
    await playground.pass_time()

    assert customer.last.text != ""
    state = await playground.storage.streams.load(42)
    assert case not in state.conversations or state.conversations[case].phase == "settled"


async def test_an_unknown_case_is_refused(playground: Playground) -> None:
    actions = CaseActions(streams=playground.storage.streams, clock=playground.clock)

    with pytest.raises(NoSuchCase, match="NOSUCH"):
        await actions.answer("NOSUCH", "hello")
