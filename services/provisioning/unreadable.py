"""A claim that waited and cannot be read any more: a dead letter of its topic, for a person to replay or discard."""

from __future__ import annotations

from typing import Final

from chassis.records import Fault, Item, StoredRecord
from contracts.envelope import Envelope, to_headers
from contracts.registry import UnknownType
from contracts.topics import TOPICS, source_of
from services.provisioning.store.claims import Waiting

_NO_TOPIC: Final = "kaitsu.partners.unknown"


def letter(waiting: Waiting, error: Exception) -> tuple[Item, Fault]:
    """Return the claim as a record of its topic, without a place there, and why it cannot be read, quoting nothing."""
    named = f"kaitsu.partners.{waiting.type.partition('.')[0]}"
    topic = named if named in TOPICS else _NO_TOPIC
    envelope = Envelope(
        id=waiting.claim_id,
        source=source_of(topic) if topic in TOPICS else _NO_TOPIC,
        type=waiting.type,
        subject=waiting.order_no,
        sequence=None,
        occurred_at=waiting.occurred_at,
        recorded_at=waiting.received_at,
        correlation_id=waiting.correlation_id,
        traceparent=waiting.traceparent,
    )
    # The key is the claim's id: two partners may say the same, and each letter is kept.
    key, body = str(waiting.claim_id).encode(), waiting.body.encode()
    record = StoredRecord(topic, -1, -1, key, body, to_headers(envelope))
    reason = "unsupported" if isinstance(error, UnknownType) else "malformed"
    return Item(record, envelope), Fault(reason, type(error).__name__, str(error)[:500])


def consumer(item: Item) -> str:
    """Return the consumer whose letter it is: the one that would have heard the claim."""
    return f"provisioning.{item.record.topic}"
