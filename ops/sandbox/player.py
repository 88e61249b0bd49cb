"""Reads kaitsu.works from its beginning, keeps the book, and says on the partners' topics what is due."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition  # pyright: ignore[reportMissingTypeStubs]
from aiokafka.errors import KafkaError  # pyright: ignore[reportMissingTypeStubs]

from chassis.clock import Clock
from chassis.logs import get_logger
from contracts.envelope import BadEnvelope, Envelope, from_headers, to_headers
from contracts.reader import BadEvent, read_event
from contracts.registry import UnknownType
from contracts.topics import TOPICS, source_of
from contracts.works import ClaimRefusedV1, WorkEvent
from ops.sandbox.book import Book
from ops.sandbox.plan import Action

log = get_logger(__name__)
WORKS: Final = "kaitsu.works"
_LOOK_S: Final = 0.25
_POLL_MS: Final = 200
_AWAY_S: Final = 0.5

Record = ConsumerRecord[bytes, bytes]


class Player:
    """Carrier and desk in one; whatever it says is due is said once per life, and with the same id in each."""

    def __init__(self, servers: str, clock: Clock, book: Book) -> None:
        self.book = book
        self.clock = clock
        self.activity = 0
        self.caught_up = asyncio.Event()
        self._servers = servers
        self._consumer: Any = None
        self._ends: Any = None
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Play until cancelled.  :raises KafkaError: the broker cannot be reached at the start."""
        partitions = [TopicPartition(WORKS, number) for number in range(TOPICS[WORKS].partitions)]
        self._consumer = self._make_consumer()
        self._ends = (
            self._make_consumer()
        )  # a connection of its own: a question would wait behind the open fetch
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers,
            client_id="sandbox",
            acks="all",
            enable_idempotence=True,
            metadata_max_age_ms=30_000,
        )
        async with AsyncExitStack() as stack:
            for client in (self._consumer, self._ends, producer):
                stack.push_async_callback(client.stop)
                await client.start()
            self._consumer.assign(partitions)
            await self._consumer.seek_to_beginning()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read())
                group.create_task(self._speak(producer))
                group.create_task(self._watch_clock())

    def _make_consumer(self) -> Any:
        return AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            client_id="sandbox",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=30_000,
        )

    async def lag(self) -> int:
        """Return how many records of kaitsu.works were not read yet."""
        assigned = list(self._consumer.assignment())
        ends = await self._ends.end_offsets(assigned)
        return sum([max(0, ends[part] - await self._consumer.position(part)) for part in assigned])

    async def _read(self) -> None:
        while True:
            try:
                batches = await self._consumer.getmany(timeout_ms=_POLL_MS)
                if not self.caught_up.is_set() and not batches and await self.lag() == 0:
                    self.caught_up.set()
            except KafkaError as error:
                log.warning("broker_away", error=type(error).__name__)
                await asyncio.sleep(_AWAY_S)
                continue
            records = [record for batch in batches.values() for record in batch]
            for record in records:
                self._take(record)
            if records:
                self.activity += len(records)
                self._wake.set()

    def _take(self, record: Record) -> None:
        read = read_record(record)
        if read is not None:
            self.book.take(*read)

    async def _speak(self, producer: Any) -> None:
        await self.caught_up.wait()
        log.info("sandbox_caught_up", orders=len(self.book.plans))
        while True:
            self._wake.clear()
            actions = self.book.due(self.clock.now())
            if actions:
                await self._say(producer, actions)
                continue
            await self._wake.wait()

    async def _watch_clock(self) -> None:
        """Wake the speaker when the clock was moved, or after a short while; the clock remembers who asked by task."""
        while True:
            await self.clock.changed(_LOOK_S)
            self._wake.set()

    async def _say(self, producer: Any, actions: Sequence[Action]) -> None:
        try:
            sent = [await self._send(producer, action) for action in actions]
            await asyncio.gather(*sent)
        except KafkaError as error:
            log.warning("claims_not_sent", claims=len(actions), error=type(error).__name__)
            await asyncio.sleep(_AWAY_S)
            return  # said again, under the same ids
        self.book.said(actions)
        self.activity += len(actions)
        log.info("claims_sent", claims=len(actions))

    async def _send(self, producer: Any, action: Action) -> asyncio.Future[Any]:
        envelope = envelope_of(action)
        return await producer.send(
            action.claim.topic,
            value=action.claim.to_json(),
            key=action.claim.key.encode(),
            headers=to_headers(envelope),
        )


def envelope_of(action: Action) -> Envelope:
    """Return the envelope of what is said: its time is the business time at which it was due."""
    return Envelope(
        id=action.id,
        source=source_of(action.claim.topic),
        type=action.claim.type,
        subject=action.claim.key,
        sequence=None,
        occurred_at=action.due,
        recorded_at=action.due,
        correlation_id=action.cause.correlation_id,
        causation_id=action.cause.id,
        traceparent=action.cause.traceparent,
    )


def read_record(record: Record) -> tuple[WorkEvent | ClaimRefusedV1, Envelope] | None:
    """Return fact and envelope of a record of kaitsu.works; None where it cannot be read or is of no interest."""
    try:
        envelope = from_headers(record.headers, topic=WORKS)
        fact = read_event(envelope.type, record.value)
    except UnknownType:
        return None
    except (BadEnvelope, BadEvent) as error:
        log.warning("fact_unreadable", partition=record.partition, offset=record.offset, rule=str(error))
        return None
    return (fact, envelope) if isinstance(fact, WorkEvent | ClaimRefusedV1) else None
