"""The embedded Kafka: records over stops and kills, jars that are not ours, topics of the catalogue."""

from __future__ import annotations

import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from contracts.topics import TOPICS
from ops.runtime import jars
from ops.runtime.kafka import EmbeddedKafka
from ops.runtime.ports import port_is_free
from ops.runtime.processes import AlreadyRunning
from ops.runtime.topics import TopicsDiffer, TopicsMissing, admin, empty_topics, ensure_topics
from tests.support.engines import CACHE, Engines
from tests.support.lives import lives

TOPIC = replace(TOPICS["kaitsu.orders"], partitions=1)


def send(servers: str, topic: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": servers, "acks": "all"})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(20) == 0


def records(servers: str, topic: str) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "test", "enable.auto.commit": False})
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=20)
        consumer.assign([TopicPartition(topic, 0, low)])
        found: list[bytes | None] = []
        while len(found) < high - low:
            found += [
                message.value() for message in consumer.consume(100, timeout=1) if message.error() is None
            ]
        return found
    finally:
        consumer.close()


def test_records_and_the_address_survive_a_kill_and_a_restart(kafka: EmbeddedKafka) -> None:
    kafka.start()
    servers, pids = kafka.bootstrap, kafka.pids
    ensure_topics(servers, [TOPIC])
    send(servers, TOPIC.name, b"1", b"2")

    kafka.kill()
    assert not [pid for pid in pids if lives(pid)]
    kafka.start()
    ensure_topics(servers, [TOPIC])
    assert records(servers, TOPIC.name) == [b"1", b"2"]

    kafka.restart()
    ensure_topics(servers, [TOPIC])
    send(servers, TOPIC.name, b"3")
    assert records(servers, TOPIC.name) == [b"1", b"2", b"3"]
    with pytest.raises(AlreadyRunning):
        EmbeddedKafka(kafka.folder, CACHE).start()


def test_it_starts_on_other_ports_when_a_stranger_took_its_own(kafka: EmbeddedKafka) -> None:
    before = kafka.bootstrap
    with socket.create_server(("127.0.0.1", int(before.rpartition(":")[2]))):
        kafka.start()

    assert kafka.bootstrap != before


def test_it_starts_on_other_ports_when_a_stranger_is_quicker(
    kafka: EmbeddedKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kafka.bootstrap
    with socket.create_server(("127.0.0.1", int(before.rpartition(":")[2]))):
        looks = iter([True, True])  # the ports seem free when they are looked at first
        monkeypatch.setattr(
            "ops.runtime.kafka.port_is_free", lambda port: next(looks, False) or port_is_free(port)
        )

        kafka.start()

    assert kafka.bootstrap != before


def test_topics_are_made_once_and_never_changed(engines: Engines, kafka_servers: list[str]) -> None:
    servers, prefix = ",".join(kafka_servers), engines.topic_name("ours")
    ensure_topics(servers, prefix=prefix)
    ensure_topics(servers, prefix=prefix)

    there = admin(servers).list_topics(timeout=10).topics
    for name, topic in TOPICS.items():
        assert len(there[prefix + name].partitions) == topic.partitions == (3 if topic.partner else 12)
    with pytest.raises(TopicsDiffer, match=r"12, 1"):
        ensure_topics(servers, [TOPIC], prefix=prefix)
    with pytest.raises(TopicsMissing):
        ensure_topics(servers, [TOPIC], prefix="not allowed: ")


def test_emptied_topics_have_no_records_and_go_on_counting(
    engines: Engines, kafka_servers: list[str]
) -> None:
    servers, prefix = ",".join(kafka_servers), engines.topic_name("ours")
    ensure_topics(servers, [TOPIC], prefix=prefix)
    send(servers, prefix + TOPIC.name, b"1", b"2")

    empty_topics(servers, [prefix + TOPIC.name])

    assert records(servers, prefix + TOPIC.name) == []
    send(servers, prefix + TOPIC.name, b"3")
    assert records(servers, prefix + TOPIC.name) == [b"3"]


def test_a_jar_that_is_not_the_one_of_our_list_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = jars.fetch(CACHE)
    copy = tmp_path / "cache"
    for path in paths:
        target = copy / path.relative_to(CACHE)
        target.parent.mkdir(parents=True)
        shutil.copy(path, target)
    monkeypatch.setenv(jars.MIRROR, "http://127.0.0.1:9")  # nobody answers: what is in the cache must do
    assert [path.name for path in jars.fetch(copy)] == [path.name for path in paths]

    bad = copy / paths[3].relative_to(CACHE)
    bad.write_bytes(bad.read_bytes() + b"x")

    with pytest.raises(jars.JarsMissing, match=bad.parent.parent.name):
        jars.fetch(copy)
    assert not bad.exists()
