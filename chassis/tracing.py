"""OpenTelemetry: one span per batch, tick, worker step and relay round, linked to the traces that caused it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue

_PARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_MAX_LINKS: Final = 64
_tracer = trace.get_tracer("kaitsu")


def configure(service: str, otlp: str | None) -> None:
    """Send spans to an OTLP/HTTP endpoint; without one nothing is imported and nothing recorded."""
    if otlp is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": f"kaitsu-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp)))
    trace.set_tracer_provider(provider)


@contextmanager
def span(
    name: str, *, links: Iterable[str | None] = (), **attributes: AttributeValue
) -> Generator[None, None, None]:
    """Run the block in a span that is linked to the given traceparents (at most 64 different ones)."""
    parents = list(dict.fromkeys(parent for parent in links if parent))[:_MAX_LINKS]
    found = [link for parent in parents if (link := _link(parent))]
    # Messages of errors may quote a row: only their class is recorded.
    with _tracer.start_as_current_span(
        name,
        kind=SpanKind.CONSUMER,
        links=found,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as running:
        try:
            yield
        except Exception as error:
            running.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def traceparent() -> str | None:
    """Return the W3C traceparent of the running span, if any is recorded."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _link(parent: str) -> Link | None:
    match = _PARENT.fullmatch(parent)
    if not match:
        return None
    flags = TraceFlags(int(match[3], 16))
    return Link(SpanContext(int(match[1], 16), int(match[2], 16), is_remote=True, trace_flags=flags))
