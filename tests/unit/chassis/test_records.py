"""Reading a record: whatever comes in becomes an event, a fault without a quote, or something to pass over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import records
from chassis.records import Fault, StoredRecord, pack_headers, unpack
from contracts.orders import OrderSubmittedV1
from contracts.works import ConsultRequestedV1
from tests.integration.chassis.toy import order, raw

TYPES = (OrderSubmittedV1,)


def _record(key: bytes | None, value: bytes | None, headers: Any) -> StoredRecord:
    return StoredRecord("test.topic", 0, 0, key, value, headers)


def test_a_good_record_becomes_an_event_with_its_envelope() -> None:
    item = records.read(_record(*raw(order("a"), 7)), TYPES)

    assert item.event == order("a")
    assert item.key == order("a").key
    got = item.received()
    assert (got.envelope.sequence, got.topic, got.cause.id) == (7, "test.topic", got.envelope.id)


@pytest.mark.parametrize(
    ("type_", "reason"),
    [
        ("order.submitted.v1", None),
        ("order.submitted.v2", "unsupported"),
        ("order.submitted.v", "unsupported"),
        ("order.amended.v1", None),
        ("order.amended.v9", None),
        ("nobody.knows_it.v1", None),
        ("noise", None),
    ],
)
def test_only_an_unknown_version_of_a_wanted_noun_is_a_fault(type_: str, reason: str | None) -> None:
    item = records.read(_record(*raw(order("a"), 1, type=type_)), TYPES)

    assert (item.fault and item.fault.reason) == reason
    assert (item.event is None) == (type_ != "order.submitted.v1")
    assert item.envelope is not None


def test_a_type_of_another_topic_is_passed_over() -> None:
    item = records.read(_record(*raw(order("a"), 1)), (ConsultRequestedV1,))

    assert (item.event, item.fault) == (None, None)


@pytest.mark.parametrize("name", ["source", "subject"])
def test_a_long_source_or_subject_is_malformed_and_the_rule_is_named(name: str) -> None:
    longest = records.read(_record(*raw(order("a"), 1, **{name: "x" * 200})), TYPES)
    longer = records.read(_record(*raw(order("a"), 1, **{name: "x" * 201})), TYPES)

    assert longest.fault is None
    assert longer.fault == Fault("malformed", "BadEnvelope", f"ce_{name}: must have at most 200 characters")


@pytest.mark.parametrize("type_", ["order.amended.v1", "nobody.knows_it.v1", "order.submitted.v2"])
def test_on_a_partners_topic_no_type_is_lost_unseen(type_: str) -> None:
    item = records.read(_record(*raw(order("a"), 1, type=type_)), TYPES, claims=True)

    assert item.fault
    assert (item.fault.reason, item.fault.detail) == ("unsupported", type_)


@given(
    st.none() | st.binary(max_size=200),
    st.none() | st.binary(max_size=200),
    st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40)), max_size=5),
)
def test_no_bytes_make_the_reader_raise_or_vanish(
    key: bytes | None, value: bytes | None, headers: Any
) -> None:
    item = records.read(_record(key, value, headers), TYPES)
    assert item.fault is not None
    assert "\0" not in item.fault.detail

    good = raw(order("a"), 1)[2]
    item = records.read(_record(key, value, good), TYPES)
    assert item.fault is not None
    assert item.fault.reason == "malformed"


@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40)), max_size=5))
def test_headers_are_kept_byte_for_byte(headers: list[tuple[str, bytes]]) -> None:
    @dataclass
    class Row:
        topic: str = "t"

        def __getitem__(self, name: str) -> Any:
            kept = {
                "topic": "t",
                "partition": 1,
                "record_offset": 2,
                "record_key": b"k",
                "record_value": None,
            }
            return {**kept, "record_headers": pack_headers(headers)}[name]

    assert unpack(Row()).headers == headers
