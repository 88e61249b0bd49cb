"""The whole service on real engines: a post over a real socket becomes an event on kaitsu.orders, also after a stop."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from chassis import app
from chassis.testing import SteppedClock, until
from contracts.envelope import from_headers
from contracts.orders import OrderSubmittedV1
from kernel.ids import form_order_id
from services.intake import workers
from services.intake.main import wire
from tests.integration.intake.house import NEW_EAST, NOW, OPS, PATH, settings
from tests.support.http import http_client
from tests.support.webhooks import EAST, body_of, document, headers, webhook_id


async def read(servers: str, count: int) -> list[Any]:
    """Return the first records of kaitsu.orders."""
    consumer = AIOKafkaConsumer("kaitsu.orders", bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            return [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()


async def test_a_post_becomes_an_event_on_the_bus_and_nothing_is_lost_over_a_restart(
    intake_db: Any, fresh_topics: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = ",".join(fresh_topics)
    given = settings(intake_db.app, kafka=servers)

    async def post(client: httpx.AsyncClient, submission: dict[str, Any]) -> httpx.Response:
        body = body_of(submission)
        signed = headers(NEW_EAST, webhook_id(submission), body)
        return await client.post(PATH, content=body, headers=signed)

    async def idle(self: object) -> int:
        return 0

    with monkeypatch.context() as patch:  # this one keeps what comes, and stops before it has judged it
        patch.setattr(workers.Checking, "run_once", idle)
        async with (
            app.running("intake", given, wire, business=SteppedClock(NOW)) as service,
            http_client(base_url=service.address) as client,
        ):
            first = await post(client, document("r-1"))
            assert first.status_code == 202
            huge = await client.post(PATH, content=b"x" * 900_000)
            assert (huge.status_code, huge.json()["type"]) == (413, "urn:kaitsu:problem:too_large")

    async with (
        app.running("intake", given, wire, business=SteppedClock(NOW)) as service,
        http_client(base_url=service.address) as client,
    ):
        assert (await post(client, document("r-1"))).content == first.content
        assert (await post(client, document("r-2"))).status_code == 202
        records = await read(servers, 2)

        async def at_rest() -> bool:
            answer = await client.get("/ops/quiet", headers={"Authorization": f"Bearer {OPS}"})
            now = answer.json()
            return (now["outbox"], now["due"], now["next_due"]) == (0, 0, None)

        await until(at_rest, limit_s=20)

    envelopes = {
        record.key.decode(): from_headers(record.headers, topic="kaitsu.orders") for record in records
    }
    assert set(envelopes) == {str(form_order_id(EAST, name)) for name in ("r-1", "r-2")}
    for key, envelope in envelopes.items():
        assert (envelope.type, envelope.source) == ("order.submitted.v1", "/kaitsu/intake")
        assert (envelope.subject, envelope.sequence, envelope.occurred_at) == (key, 1, NOW)
    events = {record.key.decode(): OrderSubmittedV1.model_validate_json(record.value) for record in records}
    assert {key: event.submission_id for key, event in events.items()} == {
        key: envelope.correlation_id for key, envelope in envelopes.items()
    }
    assert len({event.order_no for event in events.values()}) == 2
