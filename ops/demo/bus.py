"""Listens to every topic of the catalogue from its beginning: for the live tail, the counts, the facts and the scan."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition  # pyright: ignore[reportMissingTypeStubs]
from aiokafka.admin import AIOKafkaAdminClient  # pyright: ignore[reportMissingTypeStubs]
from aiokafka.errors import KafkaError  # pyright: ignore[reportMissingTypeStubs]

from contracts.topics import TOPICS, Topic

_POLL_MS: Final = 100


@dataclass(frozen=True)
class Heard:
    """One record of the bus; data is {} where the value is no JSON object."""

    topic: str
    type: str
    id: UUID | None
    subject: str
    sequence: int
    occurred_at: str
    correlation_id: str
    data: dict[str, Any]
    raw: bytes


class Bus:
    """All records of all topics, kept in memory for the length of a run."""

    def __init__(self, servers: str) -> None:
        self.records: list[Heard] = []
        self.types: Counter[str] = Counter()
        self._parts = [
            TopicPartition(topic.name, number)
            for topic in TOPICS.values()
            for number in range(topic.partitions)
        ]
        self._consumer, self._ends = (
            _consumer(servers),
            _consumer(servers),
        )  # a question would wait behind a fetch
        self._admin: Any = AIOKafkaAdminClient(bootstrap_servers=servers, client_id="demo")
        self._polled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen."""
        await asyncio.gather(self._consumer.start(), self._ends.start(), self._admin.start())
        self._consumer.assign(self._parts)
        await self._consumer.seek_to_beginning()
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(self._consumer.stop(), self._ends.stop(), self._admin.close())

    async def ends(self) -> dict[TopicPartition, int]:
        """Return the end of every partition."""
        return await self._ends.end_offsets(self._parts)

    async def catch_up(self, limit_s: float = 30) -> None:
        """Return when everything that is on the bus now was heard.  :raises TimeoutError: it took too long."""
        ends = await self.ends()
        async with asyncio.timeout(limit_s):
            for part, end in ends.items():
                while await self._consumer.position(part) < end:
                    self._polled.clear()
                    await self._polled.wait()

    async def lags(self) -> dict[str, int]:
        """Return per consumer group of the catalogue how many records it has not committed; only those behind."""
        groups = [
            (f"{service}.{topic.name}", topic) for topic in TOPICS.values() for service in topic.consumers
        ]
        ends, *committed = await asyncio.gather(
            self.ends(), *(self._admin.list_consumer_group_offsets(group) for group, _ in groups)
        )
        found: dict[str, int] = {}
        for (group, topic), offsets in zip(groups, committed, strict=True):
            if behind := await self._behind(topic, ends, offsets):
                found[group] = behind
        return found

    async def _behind(
        self, topic: Topic, ends: Mapping[TopicPartition, int], offsets: Mapping[TopicPartition, Any]
    ) -> int:
        """Return how many records of a topic a group has not committed; records that were thrown away do not count."""
        parts = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        new = [part for part in parts if ends[part] and not _committed(offsets, part)]
        starts: dict[TopicPartition, int] = await self._ends.beginning_offsets(new) if new else {}
        return sum(ends[part] - max(_committed(offsets, part), starts.get(part, 0)) for part in parts)

    async def _listen(self) -> None:
        while True:
            try:
                batches = await self._consumer.getmany(timeout_ms=_POLL_MS)
            except KafkaError:
                await asyncio.sleep(0.5)
                continue
            found = [hear(record) for batch in batches.values() for record in batch]
            self.records += sorted(found, key=lambda one: one.occurred_at)
            self.types.update(one.type for one in found)
            self._polled.set()


def _consumer(servers: str) -> Any:
    return AIOKafkaConsumer(
        bootstrap_servers=servers,
        client_id="demo",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        metadata_max_age_ms=30_000,
    )


def _committed(offsets: Mapping[TopicPartition, Any], part: TopicPartition) -> int:
    entry = offsets.get(part)
    return max(0, entry.offset) if entry else 0


def hear(record: Any) -> Heard:
    """Return a record as the demo keeps it; nothing in it is trusted."""
    headers = {name: raw.decode("utf-8", "backslashreplace") for name, raw in record.headers}
    try:
        data: Any = json.loads(record.value or b"")
    except ValueError:
        data = {}
    raw = b"\n".join(
        [
            *(f"{name}: {text}".encode() for name, text in headers.items()),
            record.key or b"",
            record.value or b"",
        ]
    )
    id_ = None
    with contextlib.suppress(ValueError):
        id_ = UUID(headers.get("ce_id", ""))
    return Heard(
        topic=record.topic,
        type=headers.get("ce_type", "?"),
        id=id_,
        subject=headers.get("ce_subject", ""),
        sequence=int(number) if (number := headers.get("ce_sequence", "")).isdecimal() else 0,
        occurred_at=headers.get("ce_time", ""),
        correlation_id=headers.get("ce_correlationid", ""),
        data=cast("dict[str, Any]", data) if isinstance(data, dict) else {},
        raw=raw,
    )


def instant(text: str) -> datetime:
    """Return an instant from its text in a header or an answer."""
    return datetime.fromisoformat(text)
