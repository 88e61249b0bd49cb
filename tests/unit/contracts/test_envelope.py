"""An envelope survives the headers, and what is wrong with headers is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from contracts.envelope import BadEnvelope, Envelope, announce, from_headers, to_headers
from contracts.reader import BadEvent, read_event
from contracts.registry import UnknownType
from contracts.works import ConsultDoneV1

NOW = datetime(2026, 9, 1, 3, 0, 0, 123456, tzinfo=UTC)
ENVELOPE = Envelope(
    id=UUID(int=1),
    source="/kaitsu/provisioning",
    type="consult.done.v1",
    subject=str(UUID(int=2)),
    sequence=3,
    occurred_at=NOW,
    recorded_at=NOW,
    correlation_id=UUID(int=4),
    causation_id=UUID(int=5),
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)
EVENT = ConsultDoneV1(order_id=UUID(int=2), order_no="FO-2609-000001-9", consulted_on=date(2026, 9, 1))


def test_an_envelope_survives_its_headers() -> None:
    assert from_headers(to_headers(ENVELOPE), topic="kaitsu.works") == ENVELOPE


def test_the_same_cause_makes_the_same_event_id_and_the_discriminator_another() -> None:
    cause = ENVELOPE.as_cause()
    first = announce(EVENT, cause=cause, occurred_at=NOW)

    assert announce(EVENT, cause=cause, occurred_at=NOW) == first
    assert announce(EVENT, cause=cause, occurred_at=NOW, discriminator="2").id != first.id
    assert (first.causation_id, first.correlation_id) == (ENVELOPE.id, ENVELOPE.correlation_id)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("ce_id", b"seven"),
        ("ce_time", b"2026-09-01T00:00:00"),
        ("ce_time", b"today"),
        ("ce_time", b"0001-01-01T00:00:00+14:00"),
        ("ce_sequence", b"0"),
        ("ce_sequence", "\uff11".encode()),
        ("ce_correlationid", b"x"),
        ("ce_type", b""),
        ("ce_type", "desk.consult_done.v名前".encode()),
        ("ce_subject", b"\xff\xfe"),
    ],
)
def test_a_wrong_header_is_named(name: str, value: bytes) -> None:
    headers = [(each, value if each == name else text) for each, text in to_headers(ENVELOPE)]

    with pytest.raises(BadEnvelope) as caught:
        from_headers(headers, topic="kaitsu.works")

    assert caught.value.field == name


@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_sequence"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = [pair for pair in to_headers(ENVELOPE) if pair[0] != name]

    with pytest.raises(BadEnvelope) as caught:
        from_headers(headers, topic="kaitsu.works")

    assert caught.value.field == name


def test_the_name_of_a_strange_header_is_not_repeated() -> None:
    with pytest.raises(BadEnvelope) as caught:
        from_headers([*to_headers(ENVELOPE), ("a name", b"\xff")], topic="kaitsu.works")

    assert (caught.value.field, "a name" in str(caught.value)) == ("header", False)


def test_a_doubled_header_is_refused() -> None:
    with pytest.raises(BadEnvelope):
        from_headers([*to_headers(ENVELOPE), ("ce_id", b"x")], topic="kaitsu.works")


def test_a_partner_cannot_speak_for_another_source_and_its_ids_may_be_any_text() -> None:
    claim = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"job 7"),
        ("ce_source", b"/kaitsu/billing"),
        ("ce_type", b"t.v1"),
        ("ce_subject", b"a name"),
    ]
    read = from_headers([*claim, ("ce_time", b"2026-09-01T03:00:00Z")], topic="kaitsu.partners.carrier")
    other = from_headers([*claim, ("ce_time", b"2026-09-01T03:00:00Z")], topic="kaitsu.partners.desk")

    assert read.source == "/partners/carrier"
    assert read.id != other.id
    assert (read.sequence, read.correlation_id, read.subject) == (None, read.id, "")


def test_an_event_survives_its_bytes_and_carries_only_its_data() -> None:
    assert read_event("consult.done.v1", EVENT.to_json()) == EVENT
    assert b"consult.done" not in EVENT.to_json()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [(b"", ""), (b"{", ""), (b"[]", ""), (b'{"order_id": "x"}', "/order_id"), (None, "")],
)
def test_a_bad_body_names_pointer_and_rule_but_no_value(body: bytes | None, pointer: str) -> None:
    with pytest.raises(BadEvent) as caught:
        read_event("consult.done.v1", body)

    assert pointer in [each for each, _ in caught.value.errors]


def test_an_unknown_version_is_told_from_a_stranger() -> None:
    with pytest.raises(UnknownType) as newer:
        read_event("consult.done.v9", b"{}")
    with pytest.raises(UnknownType) as stranger:
        read_event("teapot.broken.v1", b"{}")

    assert newer.value.noun_known
    assert not stranger.value.noun_known


def test_an_older_envelope_is_equal_whatever_zone_its_instants_were_written_in() -> None:
    headers = [
        (name, b"2026-09-01T12:00:00.123456+09:00" if name == "ce_time" else text)
        for name, text in to_headers(ENVELOPE)
    ]

    assert from_headers(headers, topic="kaitsu.works") == replace(ENVELOPE)
