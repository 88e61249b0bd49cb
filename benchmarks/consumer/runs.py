"""One run: join, put the records on the topic, watch the group's committed offsets, and see that the rows are right."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psutil
from confluent_kafka import (
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaException,
    Producer,
    TopicPartition,
)

from benchmarks.consumer.stage import Stage, left_behind
from benchmarks.consumer.workload import GROUP, TOPIC, Sent
from chassis.clock import monotonic
from contracts.topics import TOPICS
from ops.runtime.processes import ServiceProcess
from ops.runtime.topics import admin, api, empty_topics

WARM_SHARE: Final = 0.1
LOOK_S: Final = 0.02
LIMIT_S: Final = 90.0
_PARTITIONS: Final = TOPICS[TOPIC].partitions


class NotDone(RuntimeError):
    """A side ended, or did not come to the end in time; the text holds the end of its log."""


@dataclass(frozen=True)
class Mark:
    """What had been done and spent at an instant; cpu_s: of the side's processes, and of PostgreSQL."""

    at: float
    done: int
    client_cpu_s: float
    postgres_cpu_s: float


@dataclass(frozen=True)
class Run:
    """One side once: events per second after the first tenth, and CPU microseconds per event."""

    side: str
    processes: int
    rate: float
    client_us: float
    postgres_us: float

    @classmethod
    def between(cls, side: str, processes: int, first: Mark, last: Mark) -> Run:
        """Return the run as it went between two marks.  :raises ValueError: nothing was done between them."""
        events = last.done - first.done
        if events <= 0 or last.at <= first.at:
            raise ValueError("nothing was done between the marks")
        return cls(
            side,
            processes,
            rate=events / (last.at - first.at),
            client_us=(last.client_cpu_s - first.client_cpu_s) / events * 1e6,
            postgres_us=(last.postgres_cpu_s - first.postgres_cpu_s) / events * 1e6,
        )


def window(marks: Sequence[Mark], total: int) -> tuple[Mark, Mark]:
    """Return the first mark after the first tenth was done, and the first with everything done.

    :raises ValueError: the marks do not reach that far.
    """
    first = next((mark for mark in marks if mark.done >= total * WARM_SHARE), None)
    last = next((mark for mark in marks if mark.done >= total), None)
    if first is None or last is None:
        raise ValueError("the marks do not reach the end")
    return first, last


async def run(stage: Stage, side: str, processes: int, records: Sequence[Sent]) -> tuple[Run, Sequence[Any]]:
    """Return how a side did with the records, and what it left in the database.

    :raises NotDone: it ended, or was not done in time.
    """
    await asyncio.to_thread(empty_topics, stage.kafka.bootstrap, [TOPIC])
    dsns = await stage.fresh_database()
    holder = await stage.hold_relay(dsns)
    started = [stage.process(side, number, dsns) for number in range(processes)]
    broker = admin(stage.kafka.bootstrap)
    try:
        for process in started:
            process.start()
        begin = await asyncio.to_thread(_ends, broker)
        await _until(lambda: _joined(broker, processes), started)
        for process in started if side == "sampled" else ():
            if process.pid:
                os.kill(process.pid, signal.SIGUSR1)
        await asyncio.to_thread(_produce, stage.kafka.bootstrap, records)
        marks: list[Mark] = []

        def done() -> bool:
            marks.append(_mark(broker, begin, started, stage.postgres.pids))
            return marks[-1].done >= len(records)

        await _until(done, started)
        left = await left_behind(holder)
    finally:
        for process in started:
            await asyncio.to_thread(process.stop)
        await holder.close()
        await stage.drop(dsns)
    return Run.between(side, processes, *window(marks, len(records))), left


def _mark(
    broker: Any, begin: Mapping[int, int], started: Sequence[ServiceProcess], postgres: Sequence[int]
) -> Mark:
    done = _committed(broker, begin)
    pids = [process.pid for process in started if process.pid]
    return Mark(monotonic(), done, _cpu_s(pids), _cpu_s(postgres))


def _cpu_s(pids: Sequence[int]) -> float:
    total = 0.0
    for pid in pids:
        try:
            times = psutil.Process(pid).cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _committed(broker: Any, begin: Mapping[int, int]) -> int:
    """Return how many records the group has committed since the beginning."""
    wanted = ConsumerGroupTopicPartitions(GROUP, [TopicPartition(TOPIC, number) for number in begin])
    found = broker.list_consumer_group_offsets([wanted])[GROUP].result(10).topic_partitions
    return sum(max(0, place.offset - begin[place.partition]) for place in found)


def _ends(broker: Any) -> dict[int, int]:
    """Return the end of every partition of the topic."""
    asked = {TopicPartition(TOPIC, number): api.OffsetSpec.latest() for number in range(_PARTITIONS)}
    return {place.partition: end.result(10).offset for place, end in broker.list_offsets(asked).items()}


def _joined(broker: Any, processes: int) -> bool:
    try:
        group = broker.describe_consumer_groups([GROUP])[GROUP].result(10)
    except KafkaException:  # there is no coordinator yet: asked again
        return False
    places = sum(len(member.assignment.topic_partitions) for member in group.members if member.assignment)
    stable = group.state == ConsumerGroupState.STABLE
    return stable and len(group.members) == processes and places == _PARTITIONS


def _produce(bootstrap: str, records: Sequence[Sent]) -> None:
    """Put the records on the topic, in order per key.  :raises NotDone: not all of them were taken."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "linger.ms": 5, "queue.buffering.max.messages": 1_000_000}
    )
    for record in records:
        producer.produce(TOPIC, record.value, record.key, headers=list(record.headers))
    if producer.flush(30):
        raise NotDone("the broker did not take all records")


async def _until(cond: Callable[[], bool], started: Sequence[ServiceProcess]) -> None:
    end = monotonic() + LIMIT_S
    while not await asyncio.to_thread(cond):
        for process in started:
            if not process.running or monotonic() > end:
                raise NotDone(f"{process.name} was not done:\n{process.log_end}")
        await asyncio.sleep(LOOK_S)
