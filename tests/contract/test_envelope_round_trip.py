"""Any envelope that we write is read back the same, on every topic of ours; a partner's keeps what counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Envelope, from_headers, to_headers
from contracts.registry import EVENT_TYPES
from contracts.topics import TOPICS, source_of

INSTANTS = st.integers(0, 4_000_000_000_000_000).map(
    lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
)
ENVELOPES = st.sampled_from(sorted(EVENT_TYPES)).flatmap(
    lambda type_: st.builds(
        Envelope,
        id=st.uuids(),
        source=st.just(source_of(EVENT_TYPES[type_].topic)),
        type=st.just(type_),
        subject=st.uuids().map(str),
        sequence=st.none() if TOPICS[EVENT_TYPES[type_].topic].partner else st.integers(1, 10**15),
        occurred_at=INSTANTS,
        recorded_at=INSTANTS,
        correlation_id=st.uuids(),
        causation_id=st.none() | st.uuids(),
        traceparent=st.none() | st.just("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    )
)


@given(ENVELOPES)
def test_what_is_written_is_read_back(envelope: Envelope) -> None:
    topic = EVENT_TYPES[envelope.type].topic

    read = from_headers(to_headers(envelope), topic=topic)

    if TOPICS[topic].partner:
        assert replace(read, id=envelope.id, subject=envelope.subject) == envelope
        assert read.subject == ""
        assert read.id == from_headers(to_headers(envelope), topic=topic).id
    else:
        assert read == envelope


@given(ENVELOPES)
def test_headers_are_text_without_spaces_around_and_stand_once(envelope: Envelope) -> None:
    headers = to_headers(envelope)

    assert len({name for name, _ in headers}) == len(headers)
    assert all(raw.decode().strip() == raw.decode() != "" for _, raw in headers)
