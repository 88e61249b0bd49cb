"""The whole service on a real Kafka and a real PostgreSQL: events in, mails out, facts about them on the topic."""

from __future__ import annotations

import json
from collections import Counter

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.app import running
from chassis.consume import Received
from chassis.db import open_pool
from chassis.testing import until
from contracts.envelope import from_headers, to_headers
from services.notify.main import wire
from tests.integration.notify.conftest import START, ServiceDb
from tests.integration.notify.samples import DEFECT, INVOICE, LIT, ORDER, SCHEDULED, consult, know_all, told
from tests.integration.notify.world import open_world


async def publish(servers: list[str], records: list[Received]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=",".join(servers))
    await producer.start()
    try:
        for record in records:
            await producer.send_and_wait(
                record.topic,
                record.event.to_json(),
                key=record.event.key.encode(),
                headers=to_headers(record.envelope),
            )
    finally:
        await producer.stop()


async def read_notices(servers: list[str], count: int) -> list[tuple[str, int | None, dict[str, object]]]:
    """Return type, sequence and data of the first `count` records of kaitsu.notices."""
    consumer = AIOKafkaConsumer(
        "kaitsu.notices", bootstrap_servers=",".join(servers), auto_offset_reset="earliest"
    )
    await consumer.start()
    found: list[tuple[str, int | None, dict[str, object]]] = []
    try:
        while len(found) < count:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    envelope = from_headers(record.headers, topic="kaitsu.notices")
                    found.append((envelope.type, envelope.sequence, json.loads(record.value or b"")))
    finally:
        await consumer.stop()
    return found


async def test_events_of_three_topics_become_mails_and_repeats_become_nothing(
    service_db: ServiceDb, fresh_topics: list[str]
) -> None:
    dsns = await service_db("notify")
    pool = await open_pool(dsns.app, name="notify-test")
    async with open_world(pool, START, database=dsns.app, kafka=",".join(fresh_topics)) as outside:
        know_all(outside, 1)
        records = [
            told(outside, DEFECT),
            told(outside, consult(), 1),
            told(outside, SCHEDULED, 2),
            told(outside, LIT, 3),
            told(outside, INVOICE),
        ]
        async with running("notify", outside.base.settings, wire, business=outside.clock) as service:
            await publish(fresh_topics, records)
            await until(lambda: len(outside.mail.copies) == 8, 30)
            await publish(fresh_topics, records)
            facts = await read_notices(fresh_topics, 8)
            await until(lambda: service.base.activity.count >= 2 * len(records) + 8, 30)

        assert Counter(outside.mail.ids).most_common(1)[0][1] == 1
        assert len(outside.mail.copies) == 8
        assert {type_ for type_, _, _ in facts} == {"notice.sent.v1"}
        assert [sequence for _, sequence, _ in facts] == list(range(1, 9))
        assert {str(data["order_id"]) for _, _, data in facts} == {str(ORDER)}
        assert {f"<{data['notice_id']}@kaitsu.example>" for _, _, data in facts} == set(outside.mail.ids)
    await pool.close()
