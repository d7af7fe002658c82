"""What customers ask for themselves: a copy of all that is kept, and that it goes."""

import io
import zipfile
from datetime import timedelta

import orjson
import pytest

from bot.app.erasing import Eraser
from bot.flow_files import read_flow_files
from bot.testing import picture
from bot.testing.customer import Customer, Playground
from flows.values import Item, Order, Seller
from storage.ports import OrderRecord
from tests.every import every

CANARY = "Zebedee Canary"


@pytest.fixture
def ground() -> Playground:
    catalogue = read_flow_files().load(sellers=[Seller(id="acme", name="Acme")]).catalogue
    assert catalogue is not None
    order = Order(number="A-17", seller="acme", items=(Item(title="Mug"),))
    return Playground(catalogue, orders=[OrderRecord(order=order, facts=("10115",))])


async def sent(customer: Customer) -> None:
    """Send a bundle with three photos of a missing item."""
    await customer.start()
    await customer.say("A-17")
    await customer.say("10115")
    await customer.tap("Proof of purchase")
    await customer.tap("Guarantee or repair")
    for _ in range(2):
        await customer.photo()
    await customer.tap("Enough")
    for button in ("Skip", "Skip", "Skip", "Use this message", "Send"):
        await customer.tap(button)


def archives(customer: Customer) -> list[zipfile.ZipFile]:
    """The files that the chat shows."""
    contents = [message.picture or b"" for message in customer.messages]
    return [zipfile.ZipFile(io.BytesIO(content)) for content in contents if content.startswith(b"PK")]


async def rows_about(playground: Playground, words: str) -> set[str]:
    """Every table in which some words can be found."""
    found: set[str] = set()
    await playground.storage.copy_out(
        lambda table, rows: found.update(table for row in rows if words in str(row))
    )
    return found


async def test_a_customer_gets_a_copy_of_everything_that_is_kept(ground: Playground) -> None:
    async with ground as playground:
        anna = playground.customer(name=CANARY)
        await sent(anna)
        await anna.say("/privacy")

        await anna.tap("Send me a copy")

        [archive] = archives(anna)
        told = orjson.loads(archive.read("data.json"))
        assert told["chat"]["name"] == CANARY
        [case] = told["cases"]
        photos = [one for one in archive.namelist() if f"{case['id']}/ProofOfPurchase" in one]
        assert len(photos) == 2
        assert sum("/sent-1/" in one for one in archive.namelist()) >= 3  # the manifest and two photos
        assert {archive.read(one) for one in photos} <= set(playground.chat.uploads.values())


async def test_a_copy_too_large_for_telegram_comes_in_several_files(ground: Playground) -> None:
    async with ground as playground:
        anna = playground.customer()
        await anna.start()
        for number in range(3):
            await anna.photo(content=picture("ok", serial=number) + bytes(15 * 1024 * 1024))
        await anna.say("/privacy")

        await anna.tap("Send me a copy")

        assert [len(one.namelist()) for one in archives(anna)] == [3, 1]


async def test_everything_of_a_person_is_deleted_and_sellers_are_named(ground: Playground) -> None:
    async with ground as playground:
        anna, ben = playground.customer(42, name=CANARY), playground.customer(43, name="Ben")
        await sent(anna)
        await ben.start()
        await ben.photo()
        assert {"chats", "conversations"} <= await rows_about(playground, CANARY)
        [case] = await playground.storage.cases.of_chat(42)
        await anna.say("/privacy")
        await anna.tap("Delete everything")
        asked = anna.last.text

        await anna.tap("Yes, delete everything")
        await playground.pass_time(timedelta(days=3))

        assert "cannot be undone" in asked
        assert f"{case.id} · Acme: 2 photos" in anna.last.text
        assert await rows_about(playground, CANARY) == await rows_about(playground, case.id) == set()
        assert len({blob.key.partition("/")[0] for blob in await every(playground.blobs)}) == 1
        assert len(await playground.storage.cases.of_chat(43)) == 1


async def test_what_a_seller_must_keep_stays_and_ends_in_time(ground: Playground) -> None:
    async with ground as playground:
        anna = playground.customer(name=CANARY)
        await sent(anna)
        [case] = await playground.storage.cases.of_chat(42)
        cases, until = playground.storage.cases, timedelta(days=365)
        erase = Eraser(cases=cases, blobs=playground.blobs, clock=playground.clock, record_for=until)
        begun = playground.clock.now()

        await erase(42)

        [record] = await cases.records("acme")
        assert (record.case, record.order_number, record.photos) == (case.id, "A-17", 2)
        assert record.issue == "proof_of_purchase"
        assert record.until == begun + until
        assert await rows_about(playground, CANARY) == set()
        assert await rows_about(playground, case.id) == {"case_records"}
        playground.clock.advance(until)
        await erase.drop_records()
        assert len(await cases.records("acme")) == 1
        playground.clock.advance(timedelta(seconds=1))
        await erase.drop_records()
        assert await cases.records("acme") == []


async def test_a_chat_that_never_began_a_case_is_forgotten_in_time_too(ground: Playground) -> None:
    async with ground as playground:
        await playground.customer(7, name=CANARY).say("/privacy")
        assert await rows_about(playground, CANARY) == {"chats"}
        later = playground.clock.now() + timedelta(seconds=1)

        assert await playground.storage.cases.idle(before=later) == [7]


async def test_nothing_is_deleted_when_the_customer_keeps_it(ground: Playground) -> None:
    async with ground as playground:
        anna = playground.customer()
        await anna.start()
        await anna.photo()
        await anna.say("/privacy")
        await anna.tap("Delete everything")

        await anna.tap("Keep it")

        assert len(await playground.storage.cases.of_chat(42)) == 1
        assert len(await every(playground.blobs)) == 1


async def test_whoever_was_forgotten_may_come_back(ground: Playground) -> None:
    async with ground as playground:
        anna = playground.customer()
        await anna.start()
        await anna.say("/privacy")
        await anna.tap("Delete everything")
        await anna.tap("Yes, delete everything")

        await anna.start()

        assert len(await playground.storage.cases.of_chat(42)) == 1


async def test_the_farewell_names_support_where_support_has_the_case(ground: Playground) -> None:
    async with ground as playground:
        anna = playground.customer()
        await anna.start()
        await anna.say("A-17")
        await anna.say("10115")
        await anna.tap("Product defect")
        await anna.tap("It smokes")
        await anna.photo()

        await anna.say("/privacy")
        await anna.tap("Delete everything")
        await anna.tap("Yes, delete everything")

        assert " · support: " in anna.last.text
        assert "Acme" not in anna.last.text
