"""Reads topics without a group: it joins nothing, commits nothing, and disturbs nobody."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from confluent_kafka import Consumer, KafkaError, TopicPartition

from ops.runtime.trouble import Trouble

_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True)
class Seen:
    """One record as it lies on its topic; data is None where the value is no JSON object; at: wall time."""

    topic: str
    partition: int
    offset: int
    at: datetime
    key: str
    headers: dict[str, str]
    data: dict[str, Any] | None

    @property
    def type(self) -> str:
        """The event's type, or `?`."""
        return self.headers.get("ce_type", "?")

    @property
    def occurred_at(self) -> datetime | None:
        """Business time of the event, if it has one."""
        return _instant(self.headers.get("ce_time"))

    @property
    def recorded_at(self) -> datetime:
        """Business time at which its owner wrote it; of what says nothing, the wall time of the record."""
        return _instant(self.headers.get("ce_recordedtime")) or self.occurred_at or self.at

    def as_json(self) -> str:
        """Return the record as one line of JSON."""
        place = {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "at": self.at.isoformat(),
        }
        return json.dumps(
            {**place, "key": self.key, "headers": self.headers, "data": self.data}, ensure_ascii=False
        )


class Stream:
    """All partitions of some topics, from a wall time or from the beginning."""

    def __init__(self, servers: str, topics: Iterable[str]) -> None:
        """:raises Trouble: the broker does not answer, or has none of the topics."""
        self._consumer = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": "kaitsu-tail",  # asked for by the library; nothing is ever joined or committed
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "log_level": 0,
                "fetch.wait.max.ms": 200,
            }
        )
        self._places = self._find(servers, set(topics))

    def read(self, *, since: datetime | None = None, follow: bool = False) -> Generator[Seen | None]:
        """Yield the records that are there, then None once, then, if it follows, those that come.

        since: wall time to begin with; without it everything that the topics still have.
        """
        starts = self._starts(since)
        left = {
            (place.topic, place.partition): end
            for place in starts
            if (end := self._consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)[1]) > place.offset
        }
        self._consumer.assign(starts)
        while left:
            for seen in self._poll():
                yield seen
                if seen.offset + 1 >= left.get((seen.topic, seen.partition), seen.offset + 2):
                    del left[seen.topic, seen.partition]
        yield None
        while follow:
            yield from self._poll()

    def close(self) -> None:
        """Leave."""
        self._consumer.close()

    def _poll(self) -> list[Seen]:
        found: list[Seen] = []
        for message in self._consumer.consume(500, timeout=0.2):
            error = message.error()
            if error is None:
                found.append(read_message(message))
            elif error.code() not in {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT}:
                raise Trouble(f"Kafka: {error.str()}")
        return found

    def _find(self, servers: str, names: set[str]) -> list[tuple[str, int]]:
        from confluent_kafka import KafkaException

        try:
            topics = self._consumer.list_topics(timeout=_TIMEOUT_S).topics
        except KafkaException:
            raise Trouble(f"No Kafka answers at {servers}. Is the system running? kaitsu doctor") from None
        there = [
            (name, number) for name, topic in topics.items() if name in names for number in topic.partitions
        ]
        if not there:
            raise Trouble(f"Kafka at {servers} has none of the topics {', '.join(sorted(names))}.")
        return there

    def _starts(self, since: datetime | None) -> list[TopicPartition]:
        """Return where to begin in each partition, as offsets that exist."""
        if since is None:
            return [
                TopicPartition(topic, number, self._low(TopicPartition(topic, number)))
                for topic, number in self._places
            ]
        stamp = int(since.timestamp() * 1000)
        asked = [TopicPartition(topic, number, stamp) for topic, number in self._places]
        found = self._consumer.offsets_for_times(asked, timeout=_TIMEOUT_S)
        for place in found:
            if place.offset < 0:  # nothing that young: begin at the end
                bare = TopicPartition(place.topic, place.partition)
                place.offset = self._consumer.get_watermark_offsets(bare, timeout=_TIMEOUT_S)[1]
        return found

    def _low(self, place: TopicPartition) -> int:
        return self._consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)[0]


def read_message(message: Any) -> Seen:
    """Return a record; nothing in it is trusted."""
    headers = {
        name: (raw or b"").decode("utf-8", "backslashreplace") for name, raw in message.headers() or ()
    }
    return Seen(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        at=datetime.fromtimestamp(max(0, message.timestamp()[1]) / 1000, UTC),
        key=(message.key() or b"").decode("utf-8", "backslashreplace"),
        headers=headers,
        data=_object(message.value()),
    )


def _object(raw: bytes | None) -> dict[str, Any] | None:
    try:
        value: Any = json.loads(raw or b"")
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else None
