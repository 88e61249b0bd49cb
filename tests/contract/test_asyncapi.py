"""docs/asyncapi.json is the catalogue's, stands by the rules of AsyncAPI 3.0, and its payloads are JSON schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, cast

import jsonschema
import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from contracts.asyncapi import PAGE, document
from contracts.registry import EVENT_TYPES
from contracts.snapshot import text_of
from contracts.topics import TOPICS
from tests.contract.git_base import ROOT

DOCUMENT: Final = document()


def references(node: object) -> Iterator[str]:
    """Yield every reference in the document."""
    if isinstance(node, dict):
        for key, value in cast("dict[str, object]", node).items():
            if key == "$ref":
                yield str(value)
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in cast("list[object]", node):
            yield from references(value)


def find(reference: str) -> Any:
    """Return what a local reference points to.

    :raises KeyError: nothing.
    """
    target: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        target = target[part]
    return target


def test_the_page_is_that_of_the_catalogue() -> None:
    assert PAGE.read_text(encoding="utf-8") == text_of(DOCUMENT), "run `make docs`"


def test_the_document_is_the_same_every_time() -> None:
    assert text_of(document()) == text_of(DOCUMENT)


def test_an_independent_model_of_asyncapi_3_reads_it() -> None:
    read = ApplicationSchema.model_validate_json(json.dumps(DOCUMENT))

    assert read.asyncapi == "3.0.0"
    assert set(read.channels) == set(TOPICS)


def test_every_reference_leads_somewhere_in_the_document() -> None:
    found = list(references(DOCUMENT))

    assert found
    for reference in found:
        assert find(reference)


def test_every_topic_is_a_channel_with_its_partitions_and_exactly_its_types() -> None:
    for name, topic in TOPICS.items():
        channel = DOCUMENT["channels"][name]
        assert channel["address"] == name
        assert channel["bindings"]["kafka"]["partitions"] == topic.partitions
        assert set(channel["messages"]) == {type_ for type_, cls in EVENT_TYPES.items() if cls.topic == name}


def test_operations_send_once_and_receive_for_each_reader_what_the_channel_holds() -> None:
    for name, topic in TOPICS.items():
        here = [op for op in DOCUMENT["operations"].values() if op["channel"]["$ref"] == f"#/channels/{name}"]
        assert [op["action"] for op in here] == ["send"] + ["receive"] * len(topic.consumers)
        for operation in here:
            assert all(
                message["$ref"].startswith(f"#/channels/{name}/messages/")
                for message in operation["messages"]
            )


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_payload_and_headers_are_json_schemas_that_take_the_examples(type_: str) -> None:
    message = DOCUMENT["components"]["messages"][type_]
    for part in ("payload", "headers"):
        jsonschema.Draft202012Validator.check_schema(message[part])

    for path in (ROOT / "contracts/examples" / type_).glob("*.json"):
        jsonschema.validate(json.loads(path.read_bytes()), message["payload"])
