"""Every type has topic, owner, key, description and example; no field could hold personal data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import jsonschema
import pytest

from contracts.compat import resolve
from contracts.event import Event
from contracts.reader import read_event
from contracts.registry import EVENT_TYPES
from contracts.snapshot import snapshot
from contracts.topics import TOPICS
from tests.contract.git_base import ROOT

SERVICES: Final = {"intake", "provisioning", "billing", "notify"}
EXAMPLES: Final = ROOT / "contracts/examples"
FILES: Final = sorted(EXAMPLES.glob("*/*.json"))
CLASSES: Final = [pytest.param(cls, id=type_) for type_, cls in EVENT_TYPES.items()]
# Words of which a field with a person's data would be made. A role ("customer", "sales") is no such word.
PERSONAL: Final = re.compile(
    r"(^|_)(name|kana|furigana|phone|tel|fax|mobile|e?mail|address|street|city|building|room|postal|zip|contact|"
    r"person|birth|age|gender|remarks?|comment|memo|free_?text|account_no|card|iban)(_|$)"
)
NOT_PERSONAL: Final = {"building_kind": "house or shared building: a kind, not a place"}


def fields(
    root: dict[str, Any], node: dict[str, Any], path: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield pointer and node of every field, nested ones too."""
    node = cast("dict[str, Any]", resolve(root, node))
    for name, child in cast("dict[str, dict[str, Any]]", node.get("properties", {})).items():
        yield f"{path}/{name}", child
        yield from fields(root, child, f"{path}/{name}")
    for inner in (node.get("items"), *cast("list[Any]", node.get("anyOf", []))):
        if isinstance(inner, dict):
            yield from fields(root, cast("dict[str, Any]", inner), path)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_type_is_a_versioned_past_fact_with_a_known_topic_and_key(cls: type[Event]) -> None:
    stem, _, version = cls.type.rpartition(".v")
    pascal = "".join(word.capitalize() for word in re.split(r"[._]", stem)) + f"V{version}"

    assert re.fullmatch(r"[a-z_]+\.[a-z_]+\.v[1-9]\d*", cls.type)
    assert cls.__name__ == pascal
    assert cls.topic in TOPICS
    assert cls.key_field in cls.model_fields
    assert cls.model_config.get("frozen")
    assert cls.model_config.get("hide_input_in_errors"), "a refused record must not print its values"
    assert cls.__doc__


@pytest.mark.parametrize("cls", CLASSES)
def test_every_field_is_described(cls: type[Event]) -> None:
    document = snapshot(cls)

    bare = [
        path for path, node in fields(document, document) if not resolve(document, node).get("description")
    ]

    assert not bare


@pytest.mark.parametrize("cls", CLASSES)
def test_no_field_could_hold_personal_data(cls: type[Event]) -> None:
    document = snapshot(cls)
    names = {path.rpartition("/")[2] for path, _ in fields(document, document)} - set(NOT_PERSONAL)

    assert not {name for name in names if PERSONAL.search(name)}


@pytest.mark.parametrize(
    "name", ["customer_name", "phone", "sales_email", "postal_code", "remarks", "contact_person"]
)
def test_the_search_for_personal_data_finds_what_it_should(name: str) -> None:
    assert PERSONAL.search(name)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_type_has_an_example(cls: type[Event]) -> None:
    assert list((EXAMPLES / cls.type).glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_example_is_read_and_written_back_unchanged(path: Path) -> None:
    raw = path.read_bytes()

    event = read_event(path.parent.name, raw)

    assert event.type == path.parent.name
    assert json.loads(event.to_json()) == json.loads(raw)
    assert event.key == json.loads(raw)[event.key_field]
    jsonschema.validate(json.loads(raw), snapshot(type(event)), format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("cls", CLASSES)
def test_a_missing_needed_field_is_refused_by_name(cls: type[Event]) -> None:
    example = json.loads(next(iter((EXAMPLES / cls.type).glob("*.json"))).read_bytes())
    del example[cls.key_field]

    with pytest.raises(ValueError, match=f"/{cls.key_field}: missing"):
        read_event(cls.type, json.dumps(example).encode())


@pytest.mark.parametrize("cls", CLASSES)
def test_a_field_that_nobody_knows_yet_is_passed_over(cls: type[Event]) -> None:
    example = json.loads(next(iter((EXAMPLES / cls.type).glob("*.json"))).read_bytes())

    assert read_event(cls.type, json.dumps(example | {"from_the_future": 1}).encode())


OPEN: Final = [
    pytest.param(cls, name, id=f"{type_}-{name}")
    for type_, cls in EVENT_TYPES.items()
    for name, node in cast("dict[str, dict[str, Any]]", snapshot(cls)["properties"]).items()
    if node.get("unknown")
]


@pytest.mark.parametrize(("cls", "name"), OPEN)
def test_a_value_of_tomorrow_is_read_as_unknown_where_the_field_declares_it(
    cls: type[Event], name: str
) -> None:
    example = json.loads(next(iter((EXAMPLES / cls.type).glob("*.json"))).read_bytes())

    event = read_event(cls.type, json.dumps(example | {name: "word_of_tomorrow"}).encode())

    assert getattr(event, name) == "unknown"


def test_some_fields_declare_unknown() -> None:
    assert OPEN


def test_no_example_is_left_from_a_type_that_is_gone() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == set(EVENT_TYPES)


def test_every_topic_has_an_owner_readers_of_this_house_and_types() -> None:
    used = {cls.topic for cls in EVENT_TYPES.values()}
    for name, topic in TOPICS.items():
        assert name == topic.name
        assert name in used
        assert set(topic.consumers) <= SERVICES
        assert topic.owner not in topic.consumers
        assert (topic.owner in SERVICES) is not topic.partner
        assert topic.partitions == (3 if topic.partner else 12)
        assert topic.retention_days == 30
        assert topic.about


def test_the_key_of_a_topic_is_the_key_of_its_types() -> None:
    # A refusal may concern a number that belongs to no order: its key stands in a field of its own.
    apart = {"claim.refused.v1"}

    for type_, cls in EVENT_TYPES.items():
        assert type_ in apart or cls.key_field == TOPICS[cls.topic].key
