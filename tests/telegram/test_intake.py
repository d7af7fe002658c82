"""What the intake does with one update: commits it, sets it aside, drops a flood; and the courtesies afterwards."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.telegram.client import TelegramBot
from bot.telegram.courtesies import Courtesies, Courtesy
from bot.telegram.flood import Allowance, Flood
from bot.telegram.intake import Intake
from bot.testing import FixedClock
from flows.events import ChoiceMade, Garbled, PhotoReceived, TextReceived
from storage.ports import Arrival, Committed, StorageFailure
from tests.telegram.conftest import RecordingStreams
from tests.telegram.recorded import recorded

MARA = 5550001


@dataclass
class Written(Courtesies):
    """Courtesies that are written down instead of sent."""

    seen: list[tuple[Any, ...]] = field(default_factory=list)

    def do(self, courtesy: Courtesy | None) -> None:
        """Note it; what the intake returns is told here too, by the tests."""
        if courtesy is not None:
            self.seen.append((courtesy.method, *courtesy.params.values()))


@pytest.fixture
def written() -> Written:
    courtesies = Written()
    Courtesies.__init__(courtesies, TelegramBot("7000000009:AAcanary"))
    return courtesies


def made(streams: RecordingStreams, written: Courtesies, **fields: Any) -> Intake:
    return Intake(streams=streams, courtesies=written, clock=FixedClock(), **fields)


def numbered(name: str, number: int, **message: Any) -> Any:
    update = recorded(name)
    update["update_id"] = number
    if "message" in update:
        update["message"] |= message
    return update


async def test_an_update_becomes_an_arrival(streams: RecordingStreams, written: Written) -> None:
    await made(streams, written).take(numbered("text", 881234501))

    (arrival,) = streams.committed
    assert (arrival.source, arrival.id, arrival.order, arrival.chat) == (
        "telegram",
        "881234501",
        881234501,
        MARA,
    )
    assert isinstance(arrival.event, TextReceived)
    assert arrival.event.at == FixedClock().now()
    assert len(bytes.fromhex(arrival.event.nonce)) == 8


async def test_chance_differs_from_update_to_update(streams: RecordingStreams, written: Written) -> None:
    intake = made(streams, written)

    for number in range(1, 6):
        await intake.take(numbered("text", number))

    assert len({event.nonce for event in streams.events()}) == 5


async def test_a_press_is_answered_once_it_is_committed_and_again_when_it_comes_again(
    streams: RecordingStreams, written: Written
) -> None:
    intake = made(streams, written)
    streams.failures = [StorageFailure("disk full")]

    with pytest.raises(StorageFailure):
        await intake.take(recorded("callback_query"))
    answered = await intake.take(recorded("callback_query"))
    again = await intake.take(recorded("callback_query"))

    assert answered == again == Courtesy("answerCallbackQuery", {"callback_query_id": "2384759238475"})
    assert [type(event) for event in streams.events()] == [ChoiceMade]


async def test_the_photos_of_an_album_show_one_typing_mark(
    streams: RecordingStreams, written: Written
) -> None:
    intake = made(streams, written)

    written.do(await intake.take(recorded("album_first")))
    written.do(await intake.take(recorded("album_second")))

    assert written.seen == [("sendChatAction", MARA, "typing")]
    assert [type(event) for event in streams.events()] == [PhotoReceived] * 2


async def test_an_update_that_makes_no_sense_leaves_a_mark_in_its_chat(
    streams: RecordingStreams, written: Written
) -> None:
    broken = numbered("photo", 7, message_id="six")

    await made(streams, written).take(broken)

    (arrival,) = streams.committed
    assert arrival.chat == MARA
    assert isinstance(arrival.event, Garbled)
    assert "message_id" in arrival.event.what


@pytest.mark.parametrize(
    "update", [{"update_id": 9, "message": {}}, {"message": {}}, [], None, {"update_id": "x"}]
)
async def test_an_update_of_no_known_chat_is_left_out_and_only_its_number_logged(
    streams: RecordingStreams, written: Written, update: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await made(streams, written).take(update)

    assert streams.committed == []
    assert len(caplog.records) == 1


async def test_no_log_line_holds_what_was_written(
    streams: RecordingStreams, written: Written, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    intake = made(streams, written, flood=Flood(words=Allowance(burst=1, per_second=0)))

    await intake.take(numbered("photo", 1, message_id="x", caption="canary"))
    await intake.take(numbered("text", 2, text="canary"))
    await intake.take(numbered("text", 3, text="canary"))

    assert "canary" not in caplog.text
    assert "Mara" not in caplog.text


class Choking(RecordingStreams):
    """Streams with a fault of ours that one kind of event brings out."""

    async def post(self, arrival: Arrival) -> Committed:
        if isinstance(arrival.event, TextReceived):
            raise TypeError("canary: cannot encode this")
        return await super().post(arrival)


async def test_a_fault_of_ours_sets_one_update_aside_and_the_chat_goes_on(
    written: Written, caplog: pytest.LogCaptureFixture
) -> None:
    streams = Choking()
    intake = made(streams, written)

    await intake.take(numbered("text", 1))
    await intake.take(numbered("photo", 2))

    assert [type(event) for event in streams.events()] == [Garbled, PhotoReceived]
    assert "canary" not in caplog.text


async def test_a_flood_is_dropped_with_one_notice_in_the_customers_language(
    streams: RecordingStreams, written: Written
) -> None:
    flood = Flood(words=Allowance(burst=2, per_second=0.01))
    intake = made(streams, written, flood=flood, slow_down=lambda language: f"slow down ({language})")

    for number in range(1, 8):
        written.do(await intake.take(numbered("text", number)))
    written.do(await intake.take(numbered("photo", 8)))

    assert [type(event) for event in streams.events()] == [TextReceived, TextReceived, PhotoReceived]
    assert written.seen == [
        ("sendMessage", MARA, "slow down (sv-SE)"),
        ("sendChatAction", MARA, "typing"),
    ]


async def test_dropped_presses_still_stop_waiting(streams: RecordingStreams, written: Written) -> None:
    flood = Flood(presses=Allowance(burst=1, per_second=0.01))
    intake = made(streams, written, flood=flood, slow_down=lambda _language: "slow down")

    for number in range(1, 4):
        written.do(await intake.take(numbered("callback_query", number)))

    assert len(streams.committed) == 1
    assert written.seen == [
        ("answerCallbackQuery", "2384759238475"),
        ("answerCallbackQuery", "2384759238475", "slow down"),
        ("answerCallbackQuery", "2384759238475"),
    ]


async def test_repeats_and_failed_commits_do_not_use_the_allowance_up(
    streams: RecordingStreams, written: Written
) -> None:
    intake = made(streams, written, flood=Flood(words=Allowance(burst=2, per_second=0)))
    await intake.take(numbered("text", 1))

    for _ in range(5):
        await intake.take(numbered("text", 1))
    streams.failures = [StorageFailure("busy")] * 3
    for _ in range(3):
        with pytest.raises(StorageFailure):
            await intake.take(numbered("text", 2))
    await intake.take(numbered("text", 2))

    assert [arrival.id for arrival in streams.committed] == ["1", "2"]


async def test_a_photo_stays_with_telegram_while_there_is_no_room_and_its_chat_is_told_once(
    streams: RecordingStreams, written: Written
) -> None:
    rooms = iter([False, False, True])
    intake = made(streams, written, room=lambda: next(rooms), no_room=lambda language: f"full ({language})")

    for number in (881234601, 881234601):
        with pytest.raises(StorageFailure):
            await intake.take(numbered("photo", number))
    await intake.take(numbered("text", 881234602))
    await intake.take(numbered("photo", 881234601))

    assert [arrival.order for arrival in streams.committed] == [881234602, 881234601]
    assert [call for call in written.seen if call[0] == "sendMessage"] == [
        ("sendMessage", MARA, "full (sv-SE)")
    ]
