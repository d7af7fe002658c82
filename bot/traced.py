"""Spans around what already runs: groups committed, effects carried out, calls to the outside; what is told: bot.spans."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from inspect import iscoroutinefunction
from typing import Any, Literal, TypeVar, cast

from bot.app.jobs import Job, Jobs, Perform, Result
from bot.app.performers import Outside
from bot.metered import outcome_of
from bot.spans import Place, TraceSpan, attempt_at, of_effect, of_group
from storage.ports import Arrival, Committed, OutboxRow
from storage.sql.writer import Watch

Record = Callable[[TraceSpan], None]
Port = TypeVar("Port")

CUT_OFF = "cut_off"
"""The outcome of what was under way when the bot stopped."""
_place: ContextVar[Place | None] = ContextVar("place", default=None)


class Traces:
    """Hangs spans on the same hooks as the meters; `record` takes them, in any order, and never blocks."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def group(self, watch: Watch) -> Watch:
        """Tell of every transaction, beside who watches already."""

        def both(worked: Sequence[tuple[Arrival, Committed]], seconds: float) -> None:
            watch(worked, seconds)
            ended = time.time_ns()
            for span in of_group(worked, began=ended - int(seconds * 1e9), ended=ended):
                self._record(span)

        return both

    def jobs(self, jobs: Jobs) -> Jobs:
        """The same jobs, each attempt with a span."""
        return {kind: replace(job, perform=self._perform(job)) for kind, job in jobs.items()}

    def _perform(self, job: Job) -> Perform:
        async def perform(row: OutboxRow) -> Result:
            at, parent = attempt_at(row)
            about = of_effect(row, gate=job.gate(row.effect))
            with self._span(type(row.effect).__name__, at=at, parent=parent, kind="internal", about=about):
                return await job.perform(row)

        return perform

    def outside(self, outside: Outside, kinds: Mapping[str, str]) -> Outside:
        """The same adapters behind traced ports; `kinds`: what kind of inbox each seller has."""
        return replace(
            outside,
            chat=self.port("chat", outside.chat),
            pictures=self.port("pictures", outside.pictures),
            judge=self.port("judge", outside.judge),
            blobs=self.port("blobs", outside.blobs),
            inboxes={
                name: self.port("inbox", inbox, {"clearshot.inbox_kind": kinds.get(name, "")})
                for name, inbox in outside.inboxes.items()
            },
            sources=[self.port("orders", source) for source in outside.sources],
        )

    def port(self, name: str, port: Port, about: Mapping[str, str | int] | None = None) -> Port:
        """The same port, each call of an effect with a span."""
        return cast("Port", _Called(name, port, self, about or {}))

    @contextmanager
    def call(self, name: str, about: Mapping[str, str | int]) -> Iterator[None]:
        """Tell of a call that an effect makes; one that nobody follows goes untold."""
        parent = _place.get()
        if parent is None:
            yield
            return
        at = Place(trace=parent.trace, span=random.getrandbits(64) or 1)
        with self._span(name, at=at, parent=parent, kind="client", about=about):
            yield

    @contextmanager
    def _span(
        self,
        name: str,
        *,
        at: Place,
        parent: Place,
        kind: Literal["internal", "client"],
        about: Mapping[str, str | int],
    ) -> Iterator[None]:
        began, clock = time.time_ns(), time.perf_counter_ns()
        outcome, failed = CUT_OFF, ""
        before = _place.set(at)
        try:
            yield
            outcome = "done"
        except Exception as failure:
            outcome, failed = outcome_of(failure), type(failure).__name__
            raise
        finally:
            _place.reset(before)
            self._record(
                TraceSpan(
                    name=name,
                    at=at,
                    parent=parent,
                    kind=kind,
                    began=began,
                    ended=began + time.perf_counter_ns() - clock,
                    attributes={**about, "clearshot.outcome": outcome},
                    failure=failed,
                )
            )


class _Called:
    """Stands before a port: its calls are told, everything else of it goes straight through."""

    def __init__(self, name: str, port: Any, traces: Traces, about: Mapping[str, str | int]) -> None:
        self._name = name
        self._port = port
        self._traces = traces
        self._about = about

    def __getattr__(self, method: str) -> Any:
        inner = getattr(self._port, method)
        if not iscoroutinefunction(inner):
            return inner

        async def call(*arguments: Any, **named: Any) -> Any:
            with self._traces.call(f"{self._name}.{method}", self._about):
                return await inner(*arguments, **named)

        return call
