"""The whole service on a real Kafka: records in, facts out, a second delivery and a broken record in between."""

from __future__ import annotations

import json
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis import app
from chassis.consume import Received
from chassis.testing import SteppedClock, until
from contracts import partners as p
from contracts.envelope import to_headers
from services.provisioning.main import wire
from tests.integration.provisioning.house import OUTLOOK, april, claim, on, order_id, settings, submission


async def send(producer: AIOKafkaProducer, *records: Received) -> None:
    """Put records on their topics."""
    for one in records:
        await producer.send_and_wait(
            one.topic,
            one.event.to_json(),
            key=one.event.key.encode(),
            headers=to_headers(one.envelope),
        )


async def test_an_order_goes_from_topic_to_topic(provisioning_db: Any, fresh_topics: list[str]) -> None:
    servers = ",".join(fresh_topics)
    clock = SteppedClock(april(1))
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    reader = AIOKafkaConsumer("kaitsu.works", bootstrap_servers=servers, auto_offset_reset="earliest")
    await producer.start()
    await reader.start()
    heard: list[Any] = []
    outlook = {type_.encode() for type_ in OUTLOOK}

    async def types(count: int) -> list[str]:
        """Return the types on the bus when there are so many, by sequence."""

        async def enough() -> bool:
            for records in (await reader.getmany(timeout_ms=50)).values():
                heard.extend(records)
            return sum(dict(one.headers)["ce_type"] not in outlook for one in heard) >= count

        await until(enough, 20)
        headers = sorted((dict(one.headers) for one in heard), key=lambda each: int(each["ce_sequence"]))
        return [
            each["ce_type"].decode().removesuffix(".v1") for each in headers if each["ce_type"] not in outlook
        ]

    try:
        async with app.running(
            "provisioning", settings(provisioning_db.app, kafka=servers), wire, business=clock
        ) as service:
            consulted = claim(p.DeskConsultDoneV1, at=april(1), consulted_on=on(1))
            await send(producer, consulted)  # before its order
            created = claim(p.CarrierServiceOrderCreatedV1, at=april(1), carrier_order_no="SO-1")
            await producer.send_and_wait(created.topic, b"{", headers=to_headers(created.envelope))
            await send(producer, submission(), consulted, submission())
            assert (await types(3))[:3] == ["consult.requested", "consult.done", "service_order.requested"]

            await send(
                producer,
                claim(p.CarrierServiceOrderCreatedV1, at=april(1), take=2, carrier_order_no="SO-1"),
                claim(p.CarrierProvisionalDateHeldV1, at=april(1), construction_on=on(15), answer_by=on(8)),
            )
            assert (await types(5))[3:] == ["service_order.created", "provisional_date.held"]
            clock.advance(april(9, 0))

            assert (await types(7))[5:] == ["answer_deadline.missed", "jeopardy.raised"]
            assert {one.key.decode() for one in heard} == {str(order_id(1))}
            assert all(json.loads(one.value)["order_id"] == str(order_id(1)) for one in heard)
            async with service.base.pool.acquire() as conn:
                letters = await conn.fetch("SELECT reason FROM dead_letters")
                assert [row["reason"] for row in letters] == ["malformed"]
                assert await conn.fetchval("SELECT count(*) FROM refused_claims") == 0
    finally:
        await reader.stop()
        await producer.stop()
