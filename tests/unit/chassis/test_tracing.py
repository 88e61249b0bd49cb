"""Spans are linked to what caused them, across the bus, and cost nothing where nobody collects them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import tracing

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    found = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(found))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    return found


def test_a_span_is_linked_to_each_trace_that_caused_it_once(spans: InMemorySpanExporter) -> None:
    with tracing.span("consume", links=[PARENT, None, PARENT, "rubbish"], correlation_id="c", records=2):
        own = tracing.traceparent()

    (span,) = spans.get_finished_spans()
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [PARENT[3:35]]
    assert dict(span.attributes or {}) == {"correlation_id": "c", "records": 2}
    assert own is not None
    assert own.startswith("00-")


def test_an_error_marks_the_span_but_its_words_stay_out(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="090"), tracing.span("consume"):
        raise ValueError("090-1234-5678")

    (span,) = spans.get_finished_spans()
    assert "090" not in span.to_json()
    assert not span.status.is_ok


def test_without_an_endpoint_nothing_is_recorded_nor_imported() -> None:
    with tracing.span("consume", links=[PARENT]):
        assert tracing.traceparent() is None
    code = "import chassis.app, sys; sys.exit('opentelemetry.sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
