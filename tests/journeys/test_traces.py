"""Traces of the real bot, sent to a real collector: one case is one trace, and a collector in trouble is nobody else's."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.orders.csv_file.adapter import SAMPLE
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox
from tests.journeys.running_bot import SELLERS, RunningBot
from tests.journeys.sellers_people import until
from tests.journeys.undelivered import as_far_as_it_goes, as_far_as_the_first_shot
from tests.mail_server import free_port
from tests.span_collector import Received, SpanCollector

OUT_OF_REACH = """\
sellers:
  acme: {{name: "Acme Outdoor", inbox: webhook, settings: {{url: "https://127.0.0.1:{closed}/hook", allow_private: true,
          secrets: ["whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWNhbmFyeQ=="]}}}}
"""


@pytest.fixture
async def traced(tmp_path: Path, sandbox: Sandbox, collector: SpanCollector) -> AsyncIterator[RunningBot]:
    """A bot that sends its spans to the collector."""
    bot = RunningBot(
        folder=tmp_path, sandbox=sandbox, database=f"sqlite:///{tmp_path / 'clearshot.db'}", webhook=True,
        extra={"CLEARSHOT_ORDERS": str(SAMPLE), **collector.environment},
    )  # fmt: skip
    yield bot
    await bot.stop()


class Tree:
    """Spans by their place, for walking up and down."""

    def __init__(self, spans: Sequence[Received]) -> None:
        self.spans = spans
        self.at = {(one.trace, one.id): one for one in spans}

    def up(self, span: Received) -> list[str]:
        """The names from a span's parent up to its root."""
        found = self.at.get((span.trace, span.parent))
        return [found.name, *self.up(found)] if found else []

    def below(self, span: Received) -> list[Received]:
        return [one for one in self.spans if (one.trace, one.parent) == (span.trace, span.id)]

    def only(self, name: str) -> Received:
        [found] = [one for one in self.spans if one.name == name]
        return found


async def test_a_case_is_one_trace_from_its_first_update_to_its_delivery_by_another_process(
    traced: RunningBot, collector: SpanCollector, client: SandboxClient
) -> None:
    traced.sellers = OUT_OF_REACH.format(closed=free_port())
    await traced.start()
    anna = await as_far_as_the_first_shot(client)
    await as_far_as_it_goes(anna)
    await traced.stop()
    traced.sellers = SELLERS
    await traced.start()
    await anna.sees("Delivered to Acme Outdoor")
    await traced.stop()

    tree = Tree(collector.spans)
    of_the_case = [one for one in tree.spans if one.said.get("clearshot.case")]
    [case] = {one.said["clearshot.case"] for one in of_the_case}
    assert (traced.inbox / "acme" / case).is_dir()
    assert len({one.trace for one in of_the_case}) == 1
    assert len(tree.at) == len(tree.spans)

    first, second = sorted(
        (one for one in tree.spans if one.name == "DeliverBundle"), key=lambda one: one.began
    )
    assert tree.up(first) == ["commit", "ChoiceMade"]
    assert first.said == {
        "clearshot.effect": "DeliverBundle", "clearshot.case": case, "clearshot.seller": "acme",
        "clearshot.issue": "proof_of_purchase", "clearshot.inbox": "acme",
        "clearshot.attempt": 1, "clearshot.outcome": "again", "error.type": "TransientFailure",
    }  # fmt: skip
    assert tree.up(second) == ["DeliverBundle", "commit", "ChoiceMade"]
    assert (second.said["clearshot.attempt"], second.said["clearshot.outcome"]) == (2, "done")
    [call] = [one for one in tree.below(second) if one.name == "inbox.deliver"]
    assert call.said == {"clearshot.inbox_kind": "folder", "clearshot.outcome": "done"}
    assert tree.up(tree.only("Delivered")) == ["DeliverBundle", "commit", "ChoiceMade"]

    judged = next(one for one in tree.spans if one.name == "PhotoJudged")
    assert tree.up(judged) == [
        "JudgePhoto", "commit", "PhotoStored", "StorePhoto", "commit", "PhotoReceived"
    ]  # fmt: skip
    stored = next(one for one in tree.spans if one.name == "StorePhoto")
    assert {"chat.download", "judge.inspect", "blobs.put"} <= {one.name for one in tree.below(stored)}

    roots = {one.name for one in of_the_case if not one.parent}
    assert roots == {"Started", "TextReceived", "ChoiceMade", "PhotoReceived"}
    for one in tree.spans:
        parent = tree.at.get((one.trace, one.parent))
        assert parent is not None or not one.parent, one.name
        assert parent is None or parent.began <= one.began <= one.ended, one.name
    assert [one.name for one in tree.spans if one.failed] == ["inbox.deliver", "DeliverBundle"]
    assert "opentelemetry" not in traced.log


async def test_a_collector_that_hangs_holds_up_neither_a_chat_nor_the_end(
    traced: RunningBot, collector: SpanCollector, client: SandboxClient
) -> None:
    collector.mode = "hang"
    traced.extra["OTEL_EXPORTER_OTLP_TIMEOUT"] = "300"  # seconds, far more than the bot is given to end
    await traced.start()

    anna = await as_far_as_the_first_shot(client)
    await until(lambda: collector.calls)
    await anna.type("/help")
    await anna.sees("/cancel")
    await traced.stop()

    assert collector.spans == []
    assert traced.process is not None
    assert traced.process.returncode == 0
    assert "Traceback" not in traced.log


async def test_a_collector_that_refuses_is_told_of_in_one_line(
    traced: RunningBot, collector: SpanCollector, client: SandboxClient
) -> None:
    collector.mode = "refuse"
    traced.extra["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.address.replace("//", "//canary:secret@")
    await traced.start()

    for calls in (1, 2, 3):
        await as_far_as_the_first_shot(client)
        await until(lambda: collector.calls >= calls)  # noqa: B023 - waited for in the same round
    await traced.stop()

    assert collector.spans == []
    place = collector.address.removeprefix("http://")
    assert traced.log.count("traces") == 1
    assert f"traces are not taken by {place}, and dropped" in traced.log
    for strange in ("urllib3", "opentelemetry", "requests", "canary", "Traceback"):
        assert strange not in traced.log


async def test_a_collector_that_is_back_gets_spans_again(
    traced: RunningBot, collector: SpanCollector, client: SandboxClient
) -> None:
    collector.mode = "refuse"
    await traced.start()
    anna = await as_far_as_the_first_shot(client)
    await until(lambda: "traces are not taken" in traced.log)

    collector.mode = "take"
    await anna.type("/help")
    await until(lambda: "traces are taken by" in traced.log)
    await traced.stop()

    assert "CommandGiven" in {one.name for one in collector.spans}


async def test_the_doctor_tells_whether_the_collector_takes_spans(
    traced: RunningBot, collector: SpanCollector
) -> None:
    place = collector.address.removeprefix("http://")

    well = await traced.command("doctor", "--no-trials")
    collector.mode = "refuse"
    ill = await traced.command("doctor", "--no-trials", fails=True)

    assert f"ok    traces: {place} takes them" in well
    assert f"FAIL  traces: {place} does not take them" in ill
    assert collector.spans == []
