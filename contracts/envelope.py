"""The CloudEvents envelope of a record (Kafka headers, binary mode), and how one fact causes another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from contracts.event import Event
from contracts.topics import TOPICS, source_of
from kernel.ids import derived_id, inbound_id

CONTENT_TYPE: Final = "application/json"
Headers = list[tuple[str, bytes]]
_LONGEST: Final = 200  # of source and subject: they are keys of the inbox, and an index holds no long ones
_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,119}")
_KNOWN: Final = frozenset(
    {
        *("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_recordedtime", "ce_subject"),
        *(
            "ce_sequence",
            "ce_dataschema",
            "ce_correlationid",
            "ce_causationid",
            "traceparent",
            "content-type",
        ),
    }
)


class BadEnvelope(ValueError):
    """A record's headers do not make a CloudEvent; `field` names the header, `rule` what it breaks."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field, self.rule = field, rule


@dataclass(frozen=True)
class Cause:
    """What a new fact goes back to: the direct cause, and the fact that began the whole process."""

    id: UUID
    correlation_id: UUID
    traceparent: str | None = None


@dataclass(frozen=True)
class Envelope:
    """The attributes of one event; occurred_at: business time, recorded_at: when its owner wrote it; UTC.

    sequence: gapless per (source, subject) for our own events, None for claims of partners.
    """

    id: UUID
    source: str
    type: str
    subject: str
    sequence: int | None
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None

    def as_cause(self) -> Cause:
        """Return this event as the cause of another."""
        return Cause(self.id, self.correlation_id, self.traceparent)


@dataclass(frozen=True)
class Outgoing:
    """An event on its way into the outbox; the outbox gives it its sequence and its recorded time."""

    event: Event
    id: UUID
    subject: str
    occurred_at: datetime
    correlation_id: UUID
    causation_id: UUID
    traceparent: str | None = None


def announce(event: Event, *, cause: Cause, occurred_at: datetime, discriminator: str = "") -> Outgoing:
    """Return the event ready for the outbox; the same cause makes the same id, so a replay repeats nothing.

    discriminator: tells apart two events of one type and subject that one cause brings about.
    """
    return Outgoing(
        event=event,
        id=derived_id(cause.id, event.type, event.key, discriminator),
        subject=event.key,
        occurred_at=occurred_at,
        correlation_id=cause.correlation_id,
        causation_id=cause.id,
        traceparent=cause.traceparent,
    )


def to_headers(envelope: Envelope) -> Headers:
    """Return the Kafka headers of the envelope (CloudEvents 1.0, binary content mode)."""
    texts = {
        "ce_specversion": "1.0",
        "ce_id": str(envelope.id),
        "ce_source": envelope.source,
        "ce_type": envelope.type,
        "ce_time": _text(envelope.occurred_at),
        "ce_recordedtime": _text(envelope.recorded_at),
        "ce_subject": envelope.subject,
        "ce_sequence": None if envelope.sequence is None else str(envelope.sequence),
        "ce_dataschema": f"urn:kaitsu:{envelope.type}",
        "ce_correlationid": str(envelope.correlation_id),
        "ce_causationid": None if envelope.causation_id is None else str(envelope.causation_id),
        "traceparent": envelope.traceparent,
        "content-type": CONTENT_TYPE,
    }
    return [(name, text.encode()) for name, text in texts.items() if text is not None]


def from_headers(headers: Iterable[tuple[str, bytes]], *, topic: str) -> Envelope:
    """Return the envelope of a record.

    On a partner's topic the id may be any text (it becomes a uuid5 of source and id), the source is the
    topic's owner and the subject empty, whatever the record says; a missing correlation is filled.
    :raises BadEnvelope: a needed header is missing, doubled, malformed or, source or subject, above 200 characters.
    """
    texts = _texts(headers)
    if texts.get("ce_specversion") != "1.0":
        raise BadEnvelope("ce_specversion", "must be 1.0")
    entry = TOPICS.get(topic)
    partner = entry is not None and entry.partner
    given_id = _needed(texts, "ce_id")
    source = source_of(topic) if partner else _short(texts, "ce_source")
    id_ = inbound_id(source, given_id) if partner else _uuid("ce_id", given_id)
    occurred_at = _instant("ce_time", _needed(texts, "ce_time"))
    recorded = texts.get("ce_recordedtime")
    correlation = texts.get("ce_correlationid")
    causation = texts.get("ce_causationid")
    return Envelope(
        id=id_,
        source=source,
        type=_type(_needed(texts, "ce_type")),
        subject="" if partner else _short(texts, "ce_subject"),
        sequence=None if partner else _sequence(_needed(texts, "ce_sequence")),
        occurred_at=occurred_at,
        recorded_at=_instant("ce_recordedtime", recorded) if recorded else occurred_at,
        correlation_id=_uuid("ce_correlationid", correlation) if correlation else id_,
        causation_id=_uuid("ce_causationid", causation) if causation else None,
        traceparent=texts.get("traceparent"),
    )


def _texts(headers: Iterable[tuple[str, bytes]]) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for name, raw in headers:
        shown = name if name in _KNOWN else "header"  # its name could be any text of a stranger
        if name in texts:
            raise BadEnvelope(shown, "must stand once")
        try:
            texts[name] = raw.decode()
        except UnicodeDecodeError:
            raise BadEnvelope(shown, "must be UTF-8") from None
    return texts


def _needed(texts: Mapping[str, str], name: str) -> str:
    if not texts.get(name):
        raise BadEnvelope(name, "is missing")
    return texts[name]


def _short(texts: Mapping[str, str], name: str) -> str:
    text = _needed(texts, name)
    if len(text) > _LONGEST:
        raise BadEnvelope(name, f"must have at most {_LONGEST} characters")
    return text


def _type(text: str) -> str:
    if not _TYPE.fullmatch(text):
        raise BadEnvelope("ce_type", "must be ASCII letters, digits, dots, dashes and underscores")
    return text


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadEnvelope(name, "must be a UUID") from None


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 18 and int(text) >= 1):
        raise BadEnvelope("ce_sequence", "must be a whole number from 1")
    return int(text)


def _instant(name: str, text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise BadEnvelope(name, "must have a zone")
        return instant.astimezone(UTC)
    except BadEnvelope:
        raise
    except (ValueError, OverflowError):  # the first and last days of the calendar have no UTC
        raise BadEnvelope(name, "must be an RFC 3339 instant") from None


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
