"""What every store promises of arrivals whose step fails: kept, told of, and worked again when a person says so."""

from dataclasses import replace

from flows.conversation import ChatState
from flows.events import Event, TextReceived
from flows.outcome import Outcome
from storage.ports import Arrival
from tests.contracts.conftest import NOON, Stores, eventually, name_of


class Careful:
    """Appends each text to the chat's name; chokes on "poison" until it is cured."""

    def __init__(self) -> None:
        self.cured = False

    def step(self, state: ChatState, event: Event) -> Outcome:
        text = event.text if isinstance(event, TextReceived) else ""
        if text == "poison" and not self.cured:
            raise ValueError(text)
        chat = replace(state.chat, name=f"{state.chat.name} {text}".strip())
        return Outcome(state=replace(state, chat=chat))


def said(number: int, text: str) -> Arrival:
    event = TextReceived(text=text, nonce="0" * 16, at=NOON)
    return Arrival(source="telegram", id=str(number), chat=1, event=event, order=number)


async def test_what_was_set_aside_is_told_of_and_listed_without_what_it_says(stores: Stores) -> None:
    store, told = await stores.open(Careful().step), list[Arrival]()
    store.asides.subscribe(told.append)

    await store.streams.post(said(1, "poison"))
    await store.streams.post(said(2, "after"))

    [aside] = await store.asides.aside()
    assert (aside.chat, aside.event, aside.source, aside.error) == (
        1,
        "TextReceived",
        "telegram",
        "ValueError",
    )
    assert [arrival.id for arrival in told] == ["1"]
    assert await name_of(store, 1) == "after"


async def test_what_was_set_aside_is_worked_again_when_told_to_and_once(stores: Stores) -> None:
    careful = Careful()
    store = await stores.open(careful.step)
    await store.streams.post(said(1, "poison"))
    [aside] = await store.asides.aside()
    careful.cured = True

    found = [await store.asides.retry(aside.id), await store.asides.retry(aside.id + 1)]

    await eventually(lambda: name_of(store, 1), "poison")
    assert found == [True, False]
    assert await store.asides.aside() == []
    assert (await store.streams.post(said(1, "poison"))).repeated
    assert await name_of(store, 1) == "poison"
