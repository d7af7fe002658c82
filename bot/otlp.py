"""Sends spans to a collector over OTLP/HTTP; the only module that imports OpenTelemetry, an extra, when it is asked for.

Where to and how is said by the SDK's own OTEL_* variables. A collector that is down or hangs holds up nothing: spans
wait in a bounded queue of a thread of their own, and what does not fit is dropped.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Mapping, Sequence
from threading import Thread
from urllib.parse import urlsplit

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from bot.meters import release
from bot.spans import Place, TraceSpan

logger = logging.getLogger(__name__)

ENDING_TAKES = 3.0
"""Seconds that the last spans get when the bot ends."""
KINDS = {"consumer": SpanKind.CONSUMER, "internal": SpanKind.INTERNAL, "client": SpanKind.CLIENT}
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
DEFAULT = "http://localhost:4318"


class Collector:
    """Takes spans and sends them on, in groups; the place to call it is the event loop."""

    def __init__(self) -> None:
        quieten()
        self._ids = _OurIds()
        self._provider = TracerProvider(
            resource=_resource(os.environ), id_generator=self._ids, shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(_Told(OTLPSpanExporter())))
        self._tracer = self._provider.get_tracer("clearshot")

    def record(self, span: TraceSpan) -> None:
        """Take one span; the sampler may leave it out."""
        self._ids.next = span.at
        parent = NonRecordingSpan(self._context(span.parent)) if span.parent is not None else None
        told = self._tracer.start_span(
            span.name,
            context=set_span_in_context(parent, Context()) if parent is not None else Context(),
            kind=KINDS[span.kind],
            attributes=span.attributes,
            links=[Link(self._context(place)) for place in span.links],
            start_time=span.began,
        )
        if span.failure:
            told.set_attribute("error.type", span.failure)
            told.set_status(Status(StatusCode.ERROR))
        told.end(span.ended)

    def _context(self, place: Place) -> SpanContext:
        """Speak of a span that may have been another process's: the sampler decides for it as it did there."""
        ruling = self._provider.sampler.should_sample(None, place.trace, "").decision
        sampled = ruling is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
        return SpanContext(place.trace, place.span, is_remote=True, trace_flags=flags)

    async def aclose(self) -> None:
        """Send what waits, for a moment; a collector that hangs is left alone, its thread ends with the process."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def end() -> None:
            self._provider.shutdown()
            with contextlib.suppress(RuntimeError):  # nobody waits any more
                loop.call_soon_threadsafe(ended.set)

        Thread(target=end, name="last spans", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), ENDING_TAKES)


class _OurIds(RandomIdGenerator):
    """Gives the next span the ids that were chosen for it."""

    def __init__(self) -> None:
        self.next = Place(trace=1, span=1)

    def generate_span_id(self) -> int:
        return self.next.span

    def generate_trace_id(self) -> int:
        return self.next.trace


class _Told(SpanExporter):
    """Says in one line when spans begin to get lost, and in one when they get through again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._fails = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a group."""
        result = self._exporter.export(spans)
        fails = result is not SpanExportResult.SUCCESS
        if fails and not self._fails:
            logger.warning("traces are not taken by %s, and dropped", collector())
        elif self._fails and not fails:
            logger.info("traces are taken by %s again", collector())
        self._fails = fails
        return result

    def shutdown(self) -> None:
        """End the connections."""
        self._exporter.shutdown()


def takes_spans() -> bool:
    """Ask the collector whether it takes spans, with none; may take the exporter's time-out."""
    quieten()
    exporter = OTLPSpanExporter()
    try:
        return exporter.export(()) is SpanExportResult.SUCCESS
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]  # the library's


def collector() -> str:
    """Name the collector's host and port; path and credentials may be secret."""
    address = next(filter(None, map(os.environ.get, ENDPOINTS)), DEFAULT)
    return urlsplit(address).netloc.rpartition("@")[2]


def quieten() -> None:
    """Keep the libraries' own lines out of the log: one for each failed try, with addresses that may be secret."""
    for name in ("opentelemetry", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _resource(environ: Mapping[str, str]) -> Resource:
    named = "OTEL_SERVICE_NAME" in environ or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return Resource.create({"service.version": release()} | ({} if named else {"service.name": "clearshot"}))
