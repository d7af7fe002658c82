"""Spans around effects and calls: how they end, what they hang below, and what goes untold."""

import asyncio

import pytest

from bot.app.jobs import Job, Result
from bot.app.patience import SENDING
from bot.ports import PermanentFailure, TransientFailure
from bot.spans import TraceSpan, attempt_at
from bot.testing import RecordingChat
from bot.traced import Traces
from flows.effects import Say
from storage.ports import OutboxRow
from tests.app.conftest import say
from tests.test_spans import row

ROW = row(say("canary", slot="prompt:K7F3QX"))


class Told:
    """Carries a Say out on a traced chat, and keeps the spans."""

    def __init__(self) -> None:
        self.spans: list[TraceSpan] = []
        self.inner = RecordingChat()
        self.stuck = asyncio.Event()
        self.sticks = False
        traces = Traces(self.spans.append)
        self.chat = traces.port("chat", self.inner)
        self.perform = traces.jobs({Say: Job(perform=self._show, pool="sends", patience=SENDING)})[
            Say
        ].perform

    async def _show(self, row: OutboxRow) -> Result:
        if self.sticks:
            self.stuck.set()
            await asyncio.Event().wait()
        await self.chat.send(row.chat, row.effect, None)  # type: ignore[arg-type]  # the row is a Say's
        return Result()


async def test_a_call_hangs_below_the_effect_that_makes_it() -> None:
    told = Told()

    await told.perform(ROW)

    call, effect = told.spans
    assert (effect.name, call.name) == ("Say", "chat.send")
    assert (effect.at, effect.parent) == attempt_at(ROW)
    assert call.parent == effect.at
    assert effect.began <= call.began <= call.ended <= effect.ended


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (TransientFailure("canary"), "again"),
        (PermanentFailure("canary"), "refused"),
        (ValueError("canary"), "fault"),
    ],
)
async def test_a_failure_is_told_by_its_class_alone(failure: Exception, outcome: str) -> None:
    told = Told()
    told.inner.fail(failure, chat=ROW.chat)

    with pytest.raises(type(failure)):
        await told.perform(ROW)

    assert [span.failure for span in told.spans] == [type(failure).__name__] * 2
    assert [span.attributes["clearshot.outcome"] for span in told.spans] == [outcome] * 2
    assert "canary" not in str(told.spans)


async def test_what_is_under_way_when_the_bot_stops_is_called_cut_off() -> None:
    told = Told()
    told.sticks = True
    task = asyncio.ensure_future(told.perform(ROW))
    await told.stuck.wait()

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    [span] = told.spans
    assert span.attributes["clearshot.outcome"] == "cut_off"


async def test_a_call_that_no_effect_makes_goes_untold() -> None:
    told = Told()

    await told.chat.send(ROW.chat, say("an alert"), None)
    await told.perform(ROW)
    await told.chat.send(ROW.chat, say("another"), None)

    assert [span.name for span in told.spans] == ["chat.send", "Say"]
    assert len(told.inner.messages[ROW.chat]) == 3
