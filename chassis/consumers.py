"""The consumers of a service on FastStream: join with patience, drain before partitions move, stop in order."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from aiokafka import ConsumerRebalanceListener  # pyright: ignore[reportMissingTypeStubs]
from aiokafka.errors import ConsumerStoppedError, KafkaError  # pyright: ignore[reportMissingTypeStubs]
from faststream import AckPolicy
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaBroker

from chassis import clock, errors, logs, metrics
from chassis.base import Base
from chassis.consume import Consumer
from chassis.deliver import ComeAgain, Deliverer

MAX_RECORDS: Final = 500
DRAIN_S: Final = 10.0
POLL_FAILS_S: Final = 5.0
_LONGEST_WAIT_S: Final = 10.0
log = logs.get_logger(__name__)


class _Member(ConsumerRebalanceListener):
    """One consumer's membership in its group."""

    def __init__(self, broker: KafkaBroker, base: Base[Any], consumer: Consumer) -> None:
        self.deliverer = Deliverer(base, consumer)
        self.joined = False
        self._busy_since = 0.0
        self._leaving = False
        self._subscriber = broker.subscriber(
            consumer.topic,
            group_id=self.deliverer.group,
            batch=True,
            max_records=MAX_RECORDS,
            batch_timeout_ms=base.settings.poll_ms,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            auto_offset_reset="earliest",
            session_timeout_ms=base.settings.session_ms,
            heartbeat_interval_ms=500,
            rebalance_timeout_ms=int(DRAIN_S * 1000) + 5000,
            listener=self,
            parser=self._parse,
            decoder=_records_of,
            no_reply=True,  # a record could name a topic to answer to
        )
        self._subscriber(self._handle)
        subscriber: Any = self._subscriber
        self._receive: Callable[[Any], Awaitable[Any]] = subscriber.get_msg
        subscriber.get_msg = self._poll
        self._failing_since: float | None = None

    def failing_s(self) -> float:
        """Return for how long no poll has succeeded."""
        return 0.0 if self._failing_since is None else clock.monotonic() - self._failing_since

    def busy_s(self) -> float:
        """Return for how long the batch at hand has been worked on, 0 when there is none."""
        idle = not self.joined or self._subscriber.lock.empty  # pyright: ignore
        return 0.0 if idle else clock.monotonic() - self._busy_since

    async def join(self) -> None:
        """Start consuming; tries until the broker lets us."""
        wait_s = 0.25
        while True:
            try:
                await self._subscriber.start()
            except Exception as error:
                metrics.WAITS.labels(self.deliverer.group).inc()
                log.warning("join_failed", consumer=self.deliverer.group, **errors.describe(error))
                await self._subscriber.stop()
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            else:
                self.joined = True
                log.info("consumer_joined", consumer=self.deliverer.group)
                return

    async def leave(self) -> None:
        """Finish the batch at hand and leave the group."""
        self._leaving = True
        self.deliverer.interrupt.set()
        await self._subscriber.stop()

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:  # pyright: ignore - awaited if a coroutine
        """Let the batch at hand end before another member gets its partitions."""
        if revoked and self._subscriber.running:
            self.deliverer.interrupt.set()
            await self._subscriber.lock.wait_release(DRAIN_S)  # pyright: ignore

    async def on_partitions_assigned(self, assigned: set[Any]) -> None:  # noqa: ARG002 # pyright: ignore
        """Go on."""
        if not self._leaving:
            self.deliverer.interrupt.clear()

    async def _poll(self, consumer: Any) -> Any:
        """Return the next batch; when the client cannot read a record, take back what it had already passed.

        A failed poll throws away what it read from other partitions, and the next commit would cover it.
        :raises KafkaError: the poll failed; the loop waits and polls again.
        """
        try:
            batch = await self._receive(consumer)
        except ConsumerStoppedError:
            raise
        except Exception as error:
            if self._failing_since is None:
                self._failing_since = clock.monotonic()
            metrics.WAITS.labels(self.deliverer.group).inc()
            log.error("poll_failed", consumer=self.deliverer.group, **errors.describe(error))  # noqa: TRY400
            await rewind(consumer)
            raise KafkaError("the poll failed, see poll_failed") from None
        self._failing_since = None
        return batch

    async def _parse(self, batch: tuple[Any, ...], original: Callable[[Any], Awaitable[Any]]) -> Any:
        """Hide the headers from FastStream: one that is not UTF-8 would make the whole batch vanish."""
        self._busy_since = clock.monotonic()
        message = await original(tuple(dataclasses.replace(record, headers=()) for record in batch))
        message.raw_message = batch
        return message

    async def _handle(self, batch: Any) -> None:
        logs.start_work(consumer=self.deliverer.group)
        try:
            await self.deliverer.deliver(batch)
        except ComeAgain:
            raise NackMessage from None


async def rewind(consumer: Any) -> None:
    """Go back to what is committed, and to the beginning of partitions where nothing is."""
    for partition in consumer.assignment():
        committed = await consumer.committed(partition)
        if committed is None:
            await consumer.seek_to_beginning(partition)
        else:
            consumer.seek(partition, committed)


async def _records_of(message: Any) -> Any:
    return message.raw_message


class Consumers:
    """All consumers of a service."""

    def __init__(self, base: Base[Any], consumers: Sequence[Consumer]) -> None:
        self._broker = KafkaBroker(
            base.settings.kafka_servers,
            client_id=f"kaitsu-{base.name}",
            consumer_only=True,
            graceful_timeout=base.settings.grace_s,
            request_timeout_ms=15_000,
            retry_backoff_ms=500,
            metadata_max_age_ms=30_000,
            logger=logging.getLogger("faststream"),
            log_level=logging.DEBUG,
        )
        self._members = [_Member(self._broker, base, consumer) for consumer in consumers]
        self._stuck_s = base.settings.stuck_s

    async def run(self) -> None:
        """Join all groups side by side; return when all are joined."""
        if self._members:
            await self._broker.connect()
            await asyncio.gather(*(member.join() for member in self._members))

    async def stop(self) -> None:
        """Finish the batches at hand and leave the groups."""
        await asyncio.gather(*(member.leave() for member in self._members))

    def stuck(self) -> list[str]:
        """Return the groups whose handler has not come back for too long."""
        return [
            member.deliverer.group
            for member in self._members
            if not member.deliverer.stopped and member.busy_s() > self._stuck_s
        ]

    def unready(self) -> list[str]:
        """Return the groups that never joined, cannot poll, are stuck, or were stopped by a row of failures."""
        waiting = [
            m.deliverer.group
            for m in self._members
            if not m.joined or m.deliverer.stopped or m.failing_s() > POLL_FAILS_S
        ]
        return [*waiting, *self.stuck()]
