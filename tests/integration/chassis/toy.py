"""A made-up service on the real chassis: it notes orders, refuses some, and breaks when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from chassis import app, clock, migrate
from chassis.base import Base
from chassis.clock import Clock
from chassis.consume import Consumer, Received
from chassis.db import Connection
from chassis.settings import ServiceSettings
from chassis.testing import until
from chassis.ticks import AnyTick, Worker
from contracts.envelope import Cause, Envelope, Outgoing, announce, to_headers
from contracts.orders import OrderSubmittedV1
from kernel.ids import derived_id, form_order_id, format_order_no
from tests.support.http import http_client

NOW = datetime(2026, 4, 20, 8, tzinfo=UTC)
TOKEN = "token-of-ops"
FOLDER = Path(__file__).parent / "migrations"
GOOD, BROKEN, REFUSED = "TK0001", "BUG001", "NO0000"
Headers = list[tuple[str, bytes]]
Raw = tuple[bytes | None, bytes | None, Headers]  # key, value, headers


class ToySettings(ServiceSettings):
    """Settings of the made-up service."""

    model_config = SettingsConfigDict(env_prefix="KAITSU_TOY_")


@dataclass
class Toy:
    """What the handler does, and what it was asked."""

    topic: str
    claims: bool = False
    broken: set[str] = field(default_factory=lambda: {BROKEN})
    batches: list[list[int | None]] = field(default_factory=list)
    before: Callable[[Sequence[Received], Connection], Any] | None = None
    ticks: tuple[AnyTick, ...] = ()
    workers: tuple[Worker, ...] = ()

    async def handle(self, batch: Sequence[Received], *, conn: Connection, now: datetime) -> None:
        self.batches.append([got.envelope.sequence for got in batch])
        if self.before:
            await self.before(batch, conn)
        pairs = [(got, cast("OrderSubmittedV1", got.event)) for got in batch]
        await conn.executemany(
            "INSERT INTO seen (order_id, sequence, office) VALUES ($1, $2, $3)",
            [(event.order_id, got.envelope.sequence, event.sales_office) for got, event in pairs],
        )
        if any(event.sales_office in self.broken for _, event in pairs):
            raise RuntimeError("the handler has a bug")

    async def wire(self, base: Base[ToySettings]) -> app.Parts:
        consumer = Consumer(self.topic, self.handle, (OrderSubmittedV1,), claims=self.claims)
        return app.Parts((), (consumer,) if self.topic else (), self.ticks, self.workers)


@dataclass(frozen=True)
class Ground:
    """A migrated database of the made-up service, and Kafka."""

    owner: str
    app: str
    kafka: str

    @property
    def role(self) -> str:
        """The role that serves."""
        return migrate.role_of(self.app) or ""

    def settings(self, **more: Any) -> ToySettings:
        given = {"stuck_s": 60, "session_ms": 6000, "poll_ms": 20, "http_port": 0, **more}
        return ToySettings(
            database=SecretStr(self.app), kafka=self.kafka, ops_token=SecretStr(TOKEN), **given
        )

    def running(
        self, toy: Toy, business: Clock | None = None, **more: Any
    ) -> AbstractAsyncContextManager[app.Running]:
        time = business or clock.WallClock()
        return app.running("toy", self.settings(**more), toy.wire, folder=FOLDER, business=time)

    async def new_topic(self, partitions: int = 3, **config: str) -> str:
        """Return the name of a topic of this test alone."""
        name = f"test.{clock.new_id().hex[:12]}"
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await admin.start()
        try:
            answer: Any = await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=config)])
            assert [code for _, code, *_ in answer.topic_errors] == [0]
        finally:
            await admin.close()
        return name

    async def configure(self, topic: str, name: str, value: str) -> None:
        """Change one setting of a topic of this test."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await admin.start()
        try:
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})])
        finally:
            await admin.close()

    async def send(self, topic: str, *records: Raw, partition: int | None = None) -> None:
        """Send the records in order, as one batch where they go to one partition."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka, linger_ms=20)
        await producer.start()
        try:
            sent = [
                await producer.send(topic, value=value, key=key, headers=headers, partition=partition)
                for key, value, headers in records
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    @asynccontextmanager
    async def reading(self, topic: str) -> AsyncGenerator[list[Any]]:
        """Give a list that grows with what is on the topic, from its beginning."""
        found: list[Any] = []
        consumer = AIOKafkaConsumer(topic, bootstrap_servers=self.kafka, auto_offset_reset="earliest")
        await consumer.start()

        async def read() -> None:
            while True:
                found.append(await consumer.getone())

        task = asyncio.create_task(read())
        try:
            yield found
        finally:
            task.cancel()
            await consumer.stop()


def order(name: str, office: str = GOOD, **more: Any) -> OrderSubmittedV1:
    """Return the submission of an order; the same name is the same order."""
    given = {
        "order_id": form_order_id("toy", name),
        "order_no": format_order_no(2026, 4, 1),
        "submission_id": derived_id(UUID(int=7), name),
        "form": "fiber-east-2026",
        "area": "east",
        "plan": "ip8",
        "building_kind": "detached",
        "applied_on": date(2026, 4, 20),
        "sales_office": office,
        "confirmed": ("fees",),
    }
    return OrderSubmittedV1.model_validate(given | more)


def envelope(event: OrderSubmittedV1, sequence: int, **more: Any) -> Envelope:
    """Return the envelope of the sequence-th event of the order."""
    id_ = derived_id(UUID(int=1), event.key, str(sequence))
    given = {
        "id": id_,
        "source": "/kaitsu/intake",
        "type": event.type,
        "subject": event.key,
        "sequence": sequence,
        "occurred_at": NOW,
        "recorded_at": NOW,
        "correlation_id": id_,
    }
    return Envelope(**(given | more))


def raw(event: OrderSubmittedV1, sequence: int, **more: Any) -> Raw:
    """Return the record of the sequence-th event of the order."""
    return event.key.encode(), event.to_json(), to_headers(envelope(event, sequence, **more))


def outgoing(event: OrderSubmittedV1, number: int) -> Outgoing:
    """Return the event ready for the outbox."""
    cause = derived_id(UUID(int=3), event.key, str(number))
    return announce(event, cause=Cause(cause, cause), occurred_at=NOW)


async def seen(conn: Any) -> list[tuple[str, int | None]]:
    """Return what the handler noted: order and sequence, in order."""
    rows = await conn.fetch("SELECT order_id, sequence FROM seen ORDER BY place")
    return [(str(row["order_id"]), row["sequence"]) for row in rows]


async def saw(conn: Any, count: int, limit_s: float = 20) -> list[tuple[str, int | None]]:
    """Wait until the handler noted so many; return them."""

    async def enough() -> bool:
        return len(await seen(conn)) >= count

    await until(enough, limit_s)
    return await seen(conn)


async def letters(conn: Any, **where: Any) -> list[Any]:
    """Return the dead letters, in order."""
    rows = await conn.fetch("SELECT * FROM dead_letters ORDER BY id")
    return [row for row in rows if all(row[key] == value for key, value in where.items())]


async def ready(service: app.Running) -> None:
    """Wait until the service says that it is ready."""
    async with http_client() as client:

        async def answers() -> bool:
            return (await client.get(f"{service.address}/ready")).status_code == 200

        await until(answers)


async def wire(base: Base[ToySettings]) -> app.Parts:
    """Wire the made-up service as a process of its own, without consumers."""
    return await Toy("").wire(base)


if __name__ == "__main__":
    app.main("toy", ToySettings, wire)
