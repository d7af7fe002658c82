"""Alerts: together, seldom, without anything personal, and never about alerts."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.alarm import LINES, Alarm
from bot.app.reports import scrubbed, where
from bot.ports import PermanentFailure, TransientFailure
from bot.testing import FixedClock, RecordingChat


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_fails_in_the_same_moment_is_told_together() -> None:
    chat = RecordingChat()
    alarm = Alarm(chat=chat, operators=[1, 2], clock=FixedClock())

    for n in range(30):
        alarm.sound(f"dead letter {n % 15}")
    await turns()

    [text] = [shown.text for shown in chat.messages[1]]
    assert len(text.splitlines()) == LINES + 1
    assert "and 5 more" in text
    assert [shown.text for shown in chat.messages[2]] == [text]
    await alarm.close()


async def test_the_next_alert_waits_half_a_minute() -> None:
    chat, clock = RecordingChat(), FixedClock()
    alarm = Alarm(chat=chat, operators=[1], clock=clock)
    alarm.sound("first")
    await turns()
    alarm.sound("second")
    await turns()
    assert len(chat.messages[1]) == 1

    clock.advance(timedelta(seconds=31))
    await turns()

    assert [shown.text for shown in chat.messages[1]] == ["first", "second"]
    await alarm.close()


async def test_an_alert_is_told_again_when_telegram_was_out_of_reach() -> None:
    chat, clock = RecordingChat(), FixedClock()
    chat.fail(TransientFailure("down"), times=2)
    alarm = Alarm(chat=chat, operators=[1], clock=clock)
    alarm.sound("look")
    for _ in range(3):
        await turns()
        clock.advance(timedelta(seconds=10))
    await turns()

    assert [shown.text for shown in chat.messages[1]] == ["look"]
    await alarm.close()


async def test_one_operator_who_blocked_the_bot_keeps_nothing_from_the_others() -> None:
    chat = RecordingChat()
    chat.blocked.add(1)
    alarm = Alarm(chat=chat, operators=[1, 2], clock=FixedClock())

    alarm.sound("look")
    await turns()

    assert [shown.text for shown in chat.messages[2]] == ["look"]
    await alarm.close()


async def test_without_operators_an_alert_is_only_logged() -> None:
    chat = RecordingChat()
    chat.fail(PermanentFailure("nobody should be told"))
    alarm = Alarm(chat=chat, operators=[], clock=FixedClock())

    alarm.sound("look")
    await turns()

    assert chat.calls == []


def test_a_reason_is_told_without_addresses_numbers_and_tokens() -> None:
    told = scrubbed(
        "550 <anna.smith@example.org> unknown,\n call +49 301234567 or 123456789:AAHkdjshfkjsdhfkjsdhfkjsdhfkj"
    )

    assert told == "550 <[address]> unknown, call +49 [number] or [token]"


@given(before=st.text(), address=st.emails(), after=st.text())
def test_a_reason_is_one_short_line_without_the_address_in_it(before: str, address: str, after: str) -> None:
    told = scrubbed(f"{before} {address} {after}")

    assert len(told) <= 200
    assert "\n" not in told
    assert address not in told


def test_a_place_is_named_without_the_data_it_happened_on() -> None:
    with pytest.raises(ValueError, match="anna") as failed:
        int("anna@example.org")

    told = where(failed.value)
    assert told.startswith("test_alarm.py:")
    assert "anna" not in told
