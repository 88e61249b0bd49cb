"""The AsyncAPI 3.0 document of the whole bus, made from the catalogue of topics and the event classes.

`python -m contracts.asyncapi` writes docs/asyncapi.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from contracts.compat import resolve
from contracts.event import Event
from contracts.registry import EVENT_TYPES
from contracts.snapshot import snapshot, text_of
from contracts.topics import TOPICS, Topic, source_of

PAGE: Final = Path(__file__).parents[1] / "docs" / "asyncapi.json"

_ABOUT: Final = (
    "Every fact is announced once by the service that owns it; records are CloudEvents 1.0 in Kafka's binary mode: "
    "the headers hold the envelope, the value holds the data and nothing else, the key is the aggregate's id. "
    "Order is promised per key. No record holds personal data. Records of partners are claims, which provisioning "
    "accepts as facts of its own or refuses."
)
_UUID: Final = {"type": "string", "format": "uuid"}
_INSTANT: Final = {"type": "string", "format": "date-time"}


def document() -> dict[str, Any]:
    """Return the document; the same catalogue gives the same document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kaitsu",
            "version": "1.0.0",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(topic) for name, topic in TOPICS.items()},
        "operations": {
            name: operation for topic in TOPICS.values() for name, operation in _operations(topic).items()
        },
        "components": {
            "messages": {type_: _message(cls) for type_, cls in EVENT_TYPES.items()},
        },
    }


def _types(topic: Topic) -> list[str]:
    return [type_ for type_, cls in EVENT_TYPES.items() if cls.topic == topic.name]


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"{topic.about} Written by {topic.owner}; key: {topic.key}.",
        "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in _types(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.config["cleanup.policy"]],
                    "retention.ms": int(topic.config["retention.ms"]),
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operations(topic: Topic) -> dict[str, Any]:
    channel = {"$ref": f"#/channels/{topic.name}"}
    messages = [{"$ref": f"#/channels/{topic.name}/messages/{type_}"} for type_ in _types(topic)]
    sends: dict[str, Any] = {
        f"{topic.owner}.sends.{topic.name}": {
            "action": "send",
            "channel": channel,
            "summary": f"{topic.owner} announces.",
            "messages": messages,
        }
    }
    return sends | {
        f"{reader}.receives.{topic.name}": {
            "action": "receive",
            "channel": channel,
            "summary": f"{reader} reads.",
            "messages": messages,
            "bindings": {
                "kafka": {
                    "groupId": {"type": "string", "enum": [f"{reader}.{topic.name}"]},
                    "bindingVersion": "0.5.0",
                }
            },
        }
        for reader in topic.consumers
    }


def _message(cls: type[Event]) -> dict[str, Any]:
    topic = TOPICS[cls.topic]
    about, _, more = (cls.__doc__ or "").partition("\n")
    return {
        "name": cls.type,
        "title": cls.__name__,
        "summary": about.strip(),
        **({"description": more.strip()} if more.strip() else {}),
        "contentType": "application/json",
        "headers": _headers(cls, topic),
        "payload": _flat(snapshot(cls)),
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
    }


def _headers(cls: type[Event], topic: Topic) -> dict[str, Any]:
    needed = ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject"]
    if topic.partner:
        needed.remove("ce_source")  # the topic says whose it is, whatever the record says
        needed.remove("ce_subject")
    else:
        needed.append("ce_sequence")
    return {
        "type": "object",
        "required": needed,
        "properties": {
            "ce_specversion": {"type": "string", "const": "1.0"},
            "ce_id": {"type": "string", "minLength": 1} if topic.partner else _UUID,
            "ce_source": {"type": "string", "const": source_of(topic.name)},
            "ce_type": {"type": "string", "const": cls.type},
            "ce_time": {**_INSTANT, "description": "When it happened: business time."},
            "ce_recordedtime": {**_INSTANT, "description": "When its owner wrote it down."},
            "ce_subject": {"type": "string", "description": f"The {topic.key} that it is about."},
            "ce_sequence": {
                "type": "string",
                "pattern": "^[1-9][0-9]*$",
                "description": "Gapless per subject.",
            },
            "ce_dataschema": {"type": "string", "const": f"urn:kaitsu:{cls.type}"},
            "ce_correlationid": {**_UUID, "description": "The fact that began the process."},
            "ce_causationid": {**_UUID, "description": "The direct cause."},
            "traceparent": {"type": "string", "description": "W3C trace context."},
            "content-type": {"type": "string", "const": "application/json"},
        },
    }


def _flat(root: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with its references replaced by what they point to, so that it stands alone."""

    def walk(node: object) -> object:
        if isinstance(node, list):
            return [walk(each) for each in cast("list[object]", node)]
        if not isinstance(node, Mapping):
            return node
        whole = resolve(root, cast("Mapping[str, Any]", node))
        return {key: walk(value) for key, value in whole.items() if key != "$defs"}

    return cast("dict[str, Any]", walk(root))


if __name__ == "__main__":
    PAGE.write_text(text_of(document()), encoding="utf-8")
