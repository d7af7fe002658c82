"""A marketplace without a buyers' API: the customer is walked through sending by hand, and only then it is delivered."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.flow_files import read_flow_files
from bot.inboxes.marketplace.adapter import MarketplaceInbox
from bot.inboxes.marketplace.settings import MarketplaceSettings
from bot.testing.customer import Customer, Playground
from flows.conversation import Conversation
from flows.values import Item, Order, Seller
from storage.ports import OrderRecord

NUMBER = "302-1234567-7654321"
MUG = OrderRecord(
    order=Order(number=NUMBER, seller="acme", items=(Item(title="Mug"),)), facts=("anna@example.org",)
)
SENT = {"en": "I have sent it", "de": "Ich habe es gesendet", "es": "Ya lo he enviado"}


@pytest.fixture
async def playground() -> AsyncIterator[Playground]:
    catalogue = (
        read_flow_files().load(sellers=[Seller(id="acme", name="Acme", answer_within=86_400)]).catalogue
    )
    assert catalogue is not None
    async with Playground(catalogue, orders=[MUG]) as playground:
        settings = MarketplaceSettings(orders_url="https://www.amazon.com/gp/css/order-history")
        playground.inboxes["acme"] = MarketplaceInbox(settings)  # type: ignore[assignment]
        yield playground


async def up_to_send(customer: Customer) -> None:
    await customer.start()
    for words in (NUMBER, "anna@example.org"):
        await customer.say(words)
    for label in ("Shipping damage", "Box and item", "Skip"):
        await customer.tap(label)
    for _ in range(5):
        await customer.photo()
    for label in ("Enough", "Skip", "Skip", "A replacement"):
        await customer.tap(label)
    await customer.tap("Use this message")
    await customer.tap("Send")


async def case_of(playground: Playground) -> Conversation:
    state = await playground.storage.streams.load(42)
    [conversation] = state.conversations.values()
    return conversation


def texts(customer: Customer) -> list[str]:
    return [message.text for message in customer.messages]


async def test_the_customer_gets_text_files_and_steps_and_their_word_makes_it_delivered(
    playground: Playground,
) -> None:
    customer = playground.customer()
    await up_to_send(customer)

    case = await case_of(playground)
    [sent] = case.bundles
    shown = texts(customer)
    steps = next(place for place, text in enumerate(shown) if text.startswith("📋 Amazon"))
    files = [message for message in customer.messages if message.text.endswith(".jpg")]
    assert (sent.status, case.phase) == ("by_hand", "sending")
    assert f"go to order {NUMBER}, and choose Contact seller" in shown[steps]
    assert customer.messages[steps].buttons[0].url == "https://www.amazon.com/gp/css/order-history"
    assert "send me a replacement" in shown[steps + 1]
    assert NUMBER in shown[steps + 1]
    assert shown[steps + 1].endswith(f"({case.id})")
    assert [message.text for message in files] == list(sent.names)
    assert all(message.picture for message in files)
    assert len(files) == 5
    assert shown[-1] == "Have you sent it on Amazon?"

    await customer.tap("I have sent it")

    case = await case_of(playground)
    assert (case.bundles[0].status, case.phase) == ("delivered", "sent")
    assert [entry.kind for entry in case.timeline] == ["sent", "by_hand", "delivered"]
    assert customer.last.text.startswith("✓ Noted as sent. Acme answers you on Amazon")
    assert not any("✓ Delivered to" in text for text in texts(customer))
    assert await playground.storage.outbox.dead() == []


async def test_who_does_not_send_it_is_reminded_thrice_and_can_see_it_all_again(
    playground: Playground,
) -> None:
    customer = playground.customer()
    await up_to_send(customer)

    for span in (timedelta(hours=3), timedelta(hours=20), timedelta(days=3), timedelta(days=9)):
        await playground.pass_time(span + timedelta(seconds=5))
    reminders = [text for text in texts(customer) if "are ready" in text]
    await customer.say("/status")
    status = customer.last.text
    before = len(customer.messages)
    await customer.tap("Show it all again")

    assert len(reminders) == 3
    assert (await case_of(playground)).bundles[0].status == "by_hand"
    assert "It waits for you to send it" in status
    assert len([text for text in texts(customer)[before:] if text.endswith(".jpg")]) == 5
    assert customer.buttons == ["✓ I have sent it", "Show it all again"]


async def test_who_has_sent_it_is_left_alone(playground: Playground) -> None:
    customer = playground.customer()
    await up_to_send(customer)
    await customer.tap("I have sent it")
    once = await case_of(playground)

    await playground.pass_time(timedelta(days=5))
    await customer.say("/status")
    await customer.tap(once.id)

    assert "Delivered" in customer.last.text
    assert "write to them" not in customer.last.text  # the answer comes where the bot does not see it
    later = await case_of(playground)
    assert (later.bundles, later.timeline, later.phase) == (once.bundles, once.timeline, once.phase)
    assert not any("are ready" in text for text in texts(customer))


async def test_words_typed_later_are_prepared_too_and_never_called_sent(playground: Playground) -> None:
    customer = playground.customer()
    await up_to_send(customer)
    await customer.tap("I have sent it")

    await customer.say("It was a gift, mail me at anna@example.org")
    await customer.tap("Tell the seller")

    shown = texts(customer)
    assert "Please paste it into the same conversation on Amazon:" in shown[-2]
    assert shown[-1].startswith("It was a gift, mail me at […]")
    assert not any("I told the seller" in text for text in shown)


async def test_a_photo_that_the_seller_asked_for_there_is_guided_and_sent_the_same_way(
    playground: Playground,
) -> None:
    customer = playground.customer()
    await up_to_send(customer)
    await customer.tap("I have sent it")

    await customer.tap("They ask for a photo")
    await customer.photo()
    await customer.tap("Enough")
    second = await case_of(playground)
    await customer.tap("I have sent it")
    await customer.tap("It is settled")

    case = await case_of(playground)
    assert [sent.status for sent in second.bundles] == ["delivered", "by_hand"]
    assert [sent.status for sent in case.bundles] == ["delivered", "delivered"]
    assert case.phase == "settled"


@pytest.mark.parametrize("language", sorted(SENT))
async def test_the_walk_speaks_the_customer_s_language(playground: Playground, language: str) -> None:
    customer = playground.customer()
    await up_to_send(customer)
    await customer.say("/language")
    await customer.tap({"en": "English", "de": "Deutsch", "es": "Español"}[language])
    await customer.say("/status")
    await customer.tap((await case_of(playground)).id)

    assert any(SENT[language] in button.text for button in customer.last.buttons)
