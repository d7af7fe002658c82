"""An update that our own fault kept from being worked: the customer and the operators hear of it."""

import pytest

from bot.app.apologies import Apologies
from bot.flow_files import read_flow_files
from bot.testing.customer import Playground
from flows.catalogue import Catalogue
from flows.conversation import ChatState
from flows.engine import Engine
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from flows.values import Seller

OPERATOR = 900


class Faulty(Engine):
    """The real engine with a fault of its own."""

    def step(self, state: ChatState, event: Event) -> Outcome:
        if isinstance(event, TextReceived) and event.text == "boom":
            raise RuntimeError(event.text)
        return super().step(state, event)


@pytest.fixture
def catalogue() -> Catalogue:
    found = read_flow_files().load(sellers=[Seller(id="acme", name="Acme")]).catalogue
    assert found is not None
    return found


async def test_the_customer_is_asked_again_and_the_operators_are_told_without_what_was_said(
    catalogue: Catalogue,
) -> None:
    playground = Playground(catalogue, operators=[OPERATOR], engine=Faulty(catalogue))
    async with playground:
        apologies = Apologies(
            asides=playground.storage.asides, streams=playground.storage.streams, alarm=playground.alarm
        )
        apologies.start()
        anna = playground.customer(1)
        await anna.start()

        await anna.say("boom")
        await playground.pass_time()

        assert "Could you send it again?" in " ".join(message.text for message in anna.messages)
        [alert] = playground.chat.messages[OPERATOR]
        assert alert.text == "Set aside: TextReceived from telegram. See: clearshot outbox list"
        await anna.say("A-17")  # the chat goes on
        assert "postcode" in anna.last.text
        await apologies.aclose()
