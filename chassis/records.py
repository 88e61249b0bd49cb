"""From a raw record to what is to be done with it: an event to handle, a fault to keep, or nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, Protocol, cast

from chassis.consume import Received
from contracts.envelope import BadEnvelope, Envelope, from_headers
from contracts.event import Event
from contracts.reader import BadEvent, read_event
from contracts.upcasters import UPCASTERS

Reason = Literal["malformed", "unsupported", "rejected", "unexpected", "behind", "refused"]
RELAY: Final = "relay"


class Record(Protocol):
    """What we need of a Kafka record."""

    @property
    def topic(self) -> str: ...  # noqa: D102
    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...  # noqa: D102


@dataclass(frozen=True)
class StoredRecord:
    """A record that was kept as a dead letter, or that never reached the broker."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True)
class Fault:
    """Why a record cannot be handled; detail never quotes the record."""

    reason: Reason
    error_class: str
    detail: str = ""


@dataclass(frozen=True)
class Item:
    """A record after reading: without event it is passed over, or faulty if it has a fault."""

    record: Record
    envelope: Envelope | None = None
    event: Event | None = None
    fault: Fault | None = None

    @property
    def key(self) -> str | None:
        """The aggregate by which order is kept."""
        return self.event.key if self.event else self.envelope.subject if self.envelope else None

    def received(self) -> Received:
        """Return it as handlers get it; only for items with an event."""
        assert self.envelope
        assert self.event
        record = self.record
        return Received(self.event, self.envelope, record.topic, record.partition, record.offset)


def read(record: Record, types: Iterable[type[Event]], *, claims: bool = False) -> Item:
    """Return what the record is to a consumer of these types; never raises.

    Another version of a wanted type that nobody here reads is `unsupported`; any other unknown type is passed over,
    except on a partner's topic (claims): nobody else reads it, so a type that we do not know is `unsupported` too.
    """
    try:
        envelope = from_headers(record.headers, topic=record.topic)
        if "\0" in "".join((envelope.source, envelope.type, envelope.subject, envelope.traceparent or "")):
            raise BadEnvelope("ce_*", "must not hold NUL")  # PostgreSQL cannot keep it
    except Exception as error:
        return Item(record, fault=_fault(error))
    wanted, stems = _words(tuple(types))
    type_ = envelope.type
    while type_ in UPCASTERS:
        type_ = UPCASTERS[type_][0]
    if type_ not in wanted:
        if claims:
            return Item(record, envelope, fault=Fault("unsupported", "UnknownType", type_[:100]))
        if type_.rpartition(".v")[0] not in stems:
            return Item(record, envelope)
        return Item(record, envelope, fault=Fault("unsupported", "UnknownVersion", type_[:100]))
    try:
        return Item(record, envelope, read_event(envelope.type, record.value))
    except Exception as error:
        return Item(record, envelope, fault=_fault(error))


@lru_cache
def _words(types: tuple[type[Event], ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the types, and the names without version."""
    wanted = frozenset(event.type for event in types)
    return wanted, frozenset(name.rpartition(".v")[0] for name in wanted)


def _fault(error: Exception) -> Fault:
    ours = isinstance(error, (BadEnvelope, BadEvent))  # whose words do not quote what was sent
    detail = str(error)[:500].replace("\0", "?") if ours else ""
    return Fault("malformed", type(error).__name__, detail)


def digest(record: Record) -> bytes:
    """Return a hash of the content, since a topic that was made anew counts its offsets from 0 again."""
    return hashlib.sha256((record.key or b"") + b"\0" + (record.value or b"")).digest()


def pack_headers(headers: Sequence[tuple[str, bytes]]) -> list[list[str]]:
    """Return headers as JSON can hold them, whatever bytes they are."""
    return [[name, base64.b64encode(raw or b"").decode()] for name, raw in headers]


def unpack(row: Any) -> StoredRecord:
    """Return the record of a dead_letters row, byte for byte."""
    headers = [
        (name, base64.b64decode(text)) for name, text in cast("list[list[str]]", row["record_headers"])
    ]
    return StoredRecord(
        row["topic"], row["partition"], row["record_offset"], row["record_key"], row["record_value"], headers
    )
