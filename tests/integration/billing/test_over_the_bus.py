"""The whole service on real engines: an activation on kaitsu.works becomes an invoice on kaitsu.billing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis import app
from chassis.consume import Received
from chassis.testing import SteppedClock, until
from contracts.billing import InvoiceIssuedV1
from contracts.envelope import from_headers, to_headers
from contracts.works import OrderActivatedV1, OrderCancelledV1
from services.billing.main import wire
from tests.integration.billing.house import (
    APRIL_20,
    CLOSE_OF_APRIL,
    OPS,
    account_id,
    activation,
    order_id,
    order_no,
    settings,
)
from tests.integration.billing.intake import Intake
from tests.support.http import http_client


async def publish(servers: str, records: Sequence[Received]) -> None:
    """Send the records as provisioning's relay would."""
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    try:
        for record in records:
            await producer.send_and_wait(
                record.topic,
                value=record.event.to_json(),
                key=record.event.key.encode(),
                headers=to_headers(record.envelope),
            )
    finally:
        await producer.stop()


async def read(servers: str, topic: str, count: int) -> list[Any]:
    """Return the first records of the topic."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            return [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()


async def test_from_the_activation_on_the_bus_to_the_invoice_on_the_bus(
    billing_db: Any, fresh_topics: list[str], intake: Intake
) -> None:
    servers = ",".join(fresh_topics)
    clock = SteppedClock(APRIL_20)
    given = settings(billing_db.app, intake.url).model_copy(update={"kafka": servers})
    intake.know(order_id(1), order_no(1), "見本商事")
    async with (
        app.running("billing", given, wire, business=clock) as service,
        http_client(base_url=service.address, headers={"Authorization": f"Bearer {OPS}"}) as ops,
    ):

        async def quiet() -> dict[str, Any]:
            return (await ops.get("/ops/quiet")).json()

        async def opened() -> bool:
            return len((await ops.get("/ops/contracts")).json()["contracts"]) == 1

        async def invoiced() -> bool:
            return (await ops.get("/ops/invoices")).json()["sums"]["invoices"] == 1

        first = activation(1)
        await publish(servers, [first, first, activation(1, sequence=10)])
        await until(opened, limit_s=30)
        assert (await quiet())["next_due"] == CLOSE_OF_APRIL.isoformat()

        intake.stop()
        clock.advance(CLOSE_OF_APRIL + timedelta(minutes=5))
        with suppress(TimeoutError):
            await until(invoiced, limit_s=1)
        assert (await quiet())["due"] == 1
        intake.start()
        await until(invoiced, limit_s=30)

        async def at_rest() -> bool:
            now = await quiet()
            return (now["outbox"], now["due"], now["next_due"]) == (0, 0, None)

        await until(at_rest, limit_s=20)
        records = await read(servers, "kaitsu.billing", 2)
        assert (await ops.get("/ops/dlq")).json()["letters"] == []

    envelopes = [from_headers(record.headers, topic="kaitsu.billing") for record in records]
    assert [(envelope.type, envelope.sequence) for envelope in envelopes] == [
        ("contract.opened.v1", 1),
        ("invoice.issued.v1", 2),
    ]
    assert {record.key.decode() for record in records} == {str(account_id(1))}
    assert {envelope.correlation_id for envelope in envelopes} == {first.envelope.correlation_id}
    assert InvoiceIssuedV1.model_validate_json(records[1].value).total_yen == 19_212


async def test_what_billing_listens_to_is_only_the_activation(house: Any) -> None:
    (consumer,) = house.parts.consumers

    assert (consumer.topic, consumer.claims) == ("kaitsu.works", False)
    assert consumer.types == (OrderActivatedV1,)
    assert OrderCancelledV1 not in consumer.types
