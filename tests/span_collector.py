"""A collector of OpenTelemetry spans on loopback: takes OTLP over HTTP, decodes it, and can refuse or hang."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One span as it came."""

    name: str
    trace: bytes
    id: bytes
    parent: bytes
    began: int
    ended: int
    failed: bool
    said: dict[str, Any]
    links: tuple[tuple[bytes, bytes], ...]


@dataclass
class SpanCollector:
    """`mode` is what it does to whoever sends: take, refuse (503) or hang."""

    mode: str = "take"
    calls: int = 0
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)
    address: str = ""
    _let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: web.Request) -> web.Response:
        body, self.calls = await request.read(), self.calls + 1
        if self.mode == "refuse":
            return web.Response(status=503)
        if self.mode == "hang":
            await self._let_go.wait()
        self.requests.append(ExportTraceServiceRequest.FromString(body))
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf"
        )

    def let_go(self) -> None:
        self._let_go.set()

    @property
    def spans(self) -> list[Received]:
        return [
            _received(span)
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a bot that sends its spans here, soon and with little patience."""
        return {
            "CLEARSHOT_TRACES": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.address,
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }


def _received(span: Any) -> Received:
    return Received(
        name=span.name,
        trace=span.trace_id,
        id=span.span_id,
        parent=span.parent_span_id,
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        failed=span.status.code == Status.StatusCode.STATUS_CODE_ERROR,
        said={one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes},
        links=tuple((link.trace_id, link.span_id) for link in span.links),
    )


@asynccontextmanager
async def span_collector() -> AsyncIterator[SpanCollector]:
    """Run one."""
    found = SpanCollector()
    site = web.Application()
    site.add_routes([web.post("/v1/traces", found.receive)])
    server = TestServer(site)
    await server.start_server()
    found.address = f"http://127.0.0.1:{server.port}"
    try:
        yield found
    finally:
        found.let_go()
        await server.close()
