"""What a process counts, for Prometheus; labels are names from the catalogue, never ids or persons."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

REGISTRY = CollectorRegistry()

RECORDS = Counter("kaitsu_records", "Records by what became of them", ["topic", "outcome"], registry=REGISTRY)
GAPS = Counter("kaitsu_sequence_gaps", "Events missing before one that came", ["topic"], registry=REGISTRY)
DEAD = Counter("kaitsu_dead_letters", "Dead letters written", ["consumer", "reason"], registry=REGISTRY)
BATCH_S = Histogram("kaitsu_batch_seconds", "Time per batch of records", ["topic"], registry=REGISTRY)
STOPPED = Gauge(
    "kaitsu_consumer_stopped",
    "1: too many failures in a row, a person must look",
    ["consumer"],
    registry=REGISTRY,
)
WAITS = Counter("kaitsu_world_waits", "Waits for database or broker", ["part"], registry=REGISTRY)
PUBLISHED = Counter("kaitsu_events_published", "Events that the broker acknowledged", registry=REGISTRY)
PARKED = Counter("kaitsu_events_parked", "Events that the broker refused", registry=REGISTRY)
BACKLOG = Gauge("kaitsu_outbox_rows", "Events that wait for the relay, as it last saw", registry=REGISTRY)
STALLED_S = Gauge("kaitsu_outbox_stalled_seconds", "Since when the first of them waits", registry=REGISTRY)
TICKS = Counter(
    "kaitsu_ticks_fired", "Deadlines and the like that were carried out", ["tick"], registry=REGISTRY
)
FAILURES = Counter("kaitsu_work_failures", "Failed runs of ticks and workers", ["part"], registry=REGISTRY)
ASIDE = Gauge(
    "kaitsu_rows_set_aside", "Rows that fail again and again and stop nobody", ["part"], registry=REGISTRY
)
REQUESTS = Counter("kaitsu_http_requests", "HTTP answers", ["method", "status"], registry=REGISTRY)


class Activity:
    """One number that grows whenever this process did something; a driver sees by it that all is quiet."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, done: int) -> None:
        """Count what was done."""
        self.count += done


async def page(_request: Request) -> Response:
    """Return all figures in Prometheus' text format."""
    return Response(generate_latest(REGISTRY), media_type="text/plain; version=0.0.4")
