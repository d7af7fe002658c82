"""The extra for traces: not imported unless it is asked for, refused in words when it is missing, sampled by whole cases."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.otlp import Collector
from bot.spans import Place, TraceSpan
from tests.span_collector import span_collector


def python(code: str, **environment: str) -> str:
    """Run some code in a process of its own; what it says."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )  # fmt: skip
    return done.stdout


def test_a_bot_without_traces_imports_nothing_of_the_extra() -> None:
    said = python(
        "import sys, bot.application, bot.diagnosis; from bot.settings import read_settings; read_settings({});"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'google', 'requests'))])"
    )

    assert said.strip() == "[]"


def test_without_the_extra_traces_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "opentelemetry").mkdir()
    (tmp_path / "opentelemetry" / "__init__.py").touch()  # stands before the real one, and has nothing in it

    done = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "CLEARSHOT_TRACES": "otlp"},
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stdout + done.stderr == "CLEARSHOT_TRACES: 'otlp' needs the extra `otel`\n"


@pytest.mark.parametrize("sampler", ["traceidratio", "parentbased_traceidratio"])
async def test_a_sampler_keeps_or_drops_whole_cases(sampler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with span_collector() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
        monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
        collector = Collector()
        for case in range(40):
            places = [Place(trace=case << 58 | 1 << 100, span=step) for step in (1, 2, 3)]
            for at, parent in zip(places, (None, *places), strict=False):
                collector.record(a_span(at, parent))
        await collector.aclose()

    kept = Counter(one.trace for one in found.spans)
    assert set(kept.values()) == {3}
    assert 0 < len(kept) < 40


async def test_spans_bear_the_ids_that_were_chosen_and_the_name_of_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, other = Place(trace=7, span=1), Place(trace=7, span=2), Place(trace=8, span=3)
    async with span_collector() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        collector = Collector()
        collector.record(a_span(second, first, failure="TransientFailure", links=(other,)))
        await collector.aclose()

    [span] = found.spans
    assert (int.from_bytes(span.trace), int.from_bytes(span.id), int.from_bytes(span.parent)) == (7, 2, 1)
    assert [(int.from_bytes(trace), int.from_bytes(one)) for trace, one in span.links] == [(8, 3)]
    assert span.failed
    assert span.said == {"clearshot.case": "K7F3QX", "error.type": "TransientFailure"}
    assert (span.began, span.ended) == (1000, 2000)
    assert 'string_value: "clearshot"' in str(found.requests[0].resource_spans[0].resource)


def a_span(at: Place, parent: Place | None, *, failure: str = "", links: tuple[Place, ...] = ()) -> TraceSpan:
    return TraceSpan(
        name="StorePhoto", at=at, parent=parent, kind="internal", began=1000, ended=2000,
        attributes={"clearshot.case": "K7F3QX"}, links=links, failure=failure,
    )  # fmt: skip
