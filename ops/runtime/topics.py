"""The catalogue's topics on a broker: made where they are missing, checked where they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import sleep
from typing import Any, Final, cast

from confluent_kafka import ConsumerGroupState, KafkaError, KafkaException, TopicPartition
from confluent_kafka import admin as kafka_admin

from chassis.clock import monotonic
from contracts.topics import TOPICS, Topic
from ops.runtime.trouble import Trouble

_LIMIT_S: Final = 30.0
_NOT_YET: Final = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.REPLICA_NOT_AVAILABLE,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.GROUP_SUBSCRIBED_TO_TOPIC,
    KafkaError.NON_EMPTY_GROUP,
}


api: Final[Any] = kafka_admin


class TopicsDiffer(Trouble):
    """A topic is there with another number of partitions than the catalogue says; that is never changed."""


class TopicsMissing(Trouble):
    """The broker refused to make topics, or did not show them in time."""


def admin(bootstrap: str) -> Any:
    """Return an AdminClient that keeps its connection troubles to itself; its types are too loose to be of use."""
    return kafka_admin.AdminClient(
        {"bootstrap.servers": bootstrap, "log_level": 0, "socket.timeout.ms": 10_000}
    )


def ensure_topics(
    bootstrap: str, topics: Iterable[Topic] = tuple(TOPICS.values()), *, prefix: str = "", replicas: int = -1
) -> None:
    """Make the topics that are missing, and return when every partition has a leader.

    replicas: of a new topic; -1 takes the broker's default.
    :raises TopicsDiffer: one is there with another number of partitions.
    :raises TopicsMissing: the broker refused, or took longer than 30 s.
    """
    client = admin(bootstrap)
    wanted = {f"{prefix}{topic.name}": topic for topic in topics}
    refused: dict[str, str] = {}
    new = [
        api.NewTopic(name, topic.partitions, replicas, config=topic.config) for name, topic in wanted.items()
    ]
    for name, done in client.create_topics(new, operation_timeout=_LIMIT_S).items():
        try:
            done.result(_LIMIT_S)
        except KafkaException as error:
            if _code(error) != KafkaError.TOPIC_ALREADY_EXISTS:
                refused[name] = str(error)
    if refused:
        raise TopicsMissing(f"the broker refused: {refused}")
    found = _wait_for_leaders(client, wanted)
    _patiently(lambda: _ends(admin(bootstrap), set(wanted)))
    wrong = {
        name: (found[name], topic.partitions)
        for name, topic in wanted.items()
        if found[name] != topic.partitions
    }
    if wrong:
        raise TopicsDiffer(f"partitions (there, wanted): {wrong}; grow by a new topic and a rebuild")


def empty_topics(bootstrap: str, names: Iterable[str] = tuple(TOPICS), *, forget: bool = True) -> None:
    """Throw away the records of the topics; offsets go on counting.

    forget: also the positions of all groups that nobody is in.
    """
    wanted = set(names)
    _patiently(lambda: _cut(bootstrap, wanted))
    if forget:
        _patiently(lambda: _forget_groups(admin(bootstrap)))


def delete_topics(bootstrap: str, *, prefix: str) -> None:
    """Delete all topics whose names begin with the prefix."""
    if not prefix:
        raise ValueError("a prefix is needed: without one this would delete everything")
    client = admin(bootstrap)
    names = [name for name in client.list_topics(timeout=10).topics if name.startswith(prefix)]
    for done in client.delete_topics(names).values() if names else ():
        done.result(10)


def _cut(bootstrap: str, names: set[str]) -> None:
    client = admin(bootstrap)
    cut = [end for end in _ends(client, names) if end.offset > 0]
    for done in client.delete_records(cut).values() if cut else ():
        done.result(10)


def _ends(client: Any, names: set[str]) -> list[TopicPartition]:
    """Return the partitions of the topics with their end offsets; asks the leaders themselves."""
    there = client.list_topics(timeout=10).topics
    latest = {
        TopicPartition(name, number): api.OffsetSpec.latest()
        for name, topic in there.items()
        if name in names
        for number in topic.partitions
    }
    asked: dict[TopicPartition, Any] = client.list_offsets(latest) if latest else {}
    return [
        TopicPartition(place.topic, place.partition, end.result(10).offset) for place, end in asked.items()
    ]


def _forget_groups(client: Any) -> None:
    listed = client.list_consumer_groups().result(10).valid
    empty = [
        group.group_id
        for group in listed
        if group.state in {ConsumerGroupState.EMPTY, ConsumerGroupState.DEAD}
    ]
    for done in client.delete_consumer_groups(empty).values() if empty else ():
        done.result(10)


def _patiently(act: Callable[[], object]) -> None:
    """Do it, again while the broker says that it is not ready for it, for at most 30 s."""
    end = monotonic() + _LIMIT_S
    while True:
        try:
            act()
            return
        except KafkaException as error:
            if _code(error) not in _NOT_YET or monotonic() > end:
                raise
        sleep(0.05)


def _wait_for_leaders(client: Any, wanted: Iterable[str]) -> dict[str, int]:
    """Return the number of partitions of each topic once all of them have leaders."""
    end = monotonic() + _LIMIT_S
    names = set(wanted)
    while True:
        there = client.list_topics(timeout=10).topics
        led = {
            name: len(topic.partitions)
            for name, topic in there.items()
            if topic.partitions and all(part.leader >= 0 for part in topic.partitions.values())
        }
        if names <= set(led):
            return led
        if monotonic() > end:
            raise TopicsMissing(f"not shown by the broker within {_LIMIT_S:g} s: {sorted(names - set(led))}")
        sleep(0.05)


def _code(error: KafkaException) -> int:
    return cast("KafkaError", error.args[0]).code()
