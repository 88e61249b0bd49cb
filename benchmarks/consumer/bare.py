"""The bare loop as a process: FastStream, the same codec, the same statements, rows that are made already.

`python -m benchmarks.consumer.bare ORDERS`, with the environment of the provisioning service. It does no domain work
and none of the house's: no isolation of bad records, no dead letters, no spans, no metrics.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from benchmarks.consumer.rows import Rows, rows_of, together
from benchmarks.consumer.workload import GROUP, NOW, TOPIC, claims
from chassis import inbox, outbox, records
from chassis.consumers import DRAIN_S, MAX_RECORDS
from chassis.db import Connection, Pool, open_pool
from services.provisioning import translate
from services.provisioning.books import load_rules
from services.provisioning.outlook import Forecaster
from services.provisioning.prediction_book import load_rule_table
from services.provisioning.settings import ProvisioningSettings
from services.provisioning.store import forecasts, learning
from services.provisioning.store import orders as order_store

WRITES_ONLY: Final = "KAITSU_BENCH_WRITES_ONLY"


class Loop:
    """Reads a batch and writes what belongs to it, in one transaction."""

    def __init__(self, pool: Pool, rows: Mapping[UUID, Rows], *, reads: bool) -> None:
        self._pool, self._rows, self._reads = pool, rows, reads

    async def __call__(self, batch: Any) -> None:
        """Take the batch.  :raises AssertionError: a record is none of the workload."""
        items = [records.read(record, translate.CARRIER) for record in batch]
        envelopes = [item.envelope for item in items if item.envelope]
        assert len(envelopes) == sum(item.event is not None for item in items) == len(batch)
        async with self._pool.acquire() as conn, conn.transaction():
            new = await inbox.take(conn, GROUP, envelopes, claims=True, now=NOW)
            rows = [self._rows[envelope.id] for place, envelope in enumerate(envelopes) if place in new]
            if rows:
                await self._write(conn, rows)

    async def _write(self, conn: Connection, rows: Sequence[Rows]) -> None:
        if (
            self._reads
        ):  # as the service: know the orders, lock them, look at the model and at what is promised
            numbers = {row.order_no for row in rows}
            await order_store.known_numbers(conn, numbers)
            await order_store.lock_many(conn, numbers)
            await learning.newest_position(conn)
            await forecasts.promised(conn, [row.order_id for row in rows])
        for text, columns in together(rows).items():
            await conn.execute(text, *columns)
        await outbox.put(conn, [each for row in rows for each in row.outgoing], now=NOW)


async def serve(orders: int) -> None:
    """Consume until told to stop."""
    given = ProvisioningSettings()  # pyright: ignore[reportCallIssue] - from the environment
    pool = await open_pool(given.database.get_secret_value(), name="bare")
    stories = claims(orders)
    async with pool.acquire() as conn:
        orders_there = [order_store.from_row(row) for row in await conn.fetch("SELECT * FROM orders")]
        promised = await forecasts.promised(conn, [order.order_id for order in orders_there])
    forecaster = Forecaster(load_rule_table())
    rows = await rows_of(orders_there, promised, stories, load_rules(), forecaster)
    broker = KafkaBroker(
        given.kafka_servers,
        client_id="kaitsu-bare",
        consumer_only=True,
        request_timeout_ms=15_000,
        retry_backoff_ms=500,
        metadata_max_age_ms=30_000,
        logger=logging.getLogger("faststream"),
        log_level=logging.DEBUG,
    )
    subscriber = broker.subscriber(
        TOPIC,
        group_id=GROUP,
        batch=True,
        max_records=MAX_RECORDS,
        batch_timeout_ms=given.poll_ms,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        auto_offset_reset="earliest",
        session_timeout_ms=given.session_ms,
        heartbeat_interval_ms=500,
        rebalance_timeout_ms=int(DRAIN_S * 1000) + 5000,
        decoder=_records_of,
        no_reply=True,
    )
    subscriber(Loop(pool, rows, reads=not os.environ.get(WRITES_ONLY)).__call__)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await broker.start()
    await stop.wait()
    await broker.stop()
    await pool.close()


async def _records_of(message: Any) -> Any:
    return message.raw_message


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
