"""From the bytes of a record to an event of the newest version."""

from __future__ import annotations

import json
from typing import Any, cast

from pydantic import ValidationError

from contracts.event import Event
from contracts.registry import event_class
from contracts.upcasters import UPCASTERS, upcast


class BadEvent(ValueError):
    """The value of a record does not fit its type; `errors` names JSON pointer and rule, never the value."""

    def __init__(self, type_: str, errors: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{pointer or '/'}: {rule}" for pointer, rule in errors))
        self.type, self.errors = type_, errors


def read_event(type_: str, value: bytes | None) -> Event:
    """Return the event that the bytes hold.

    :raises UnknownType: no class reads the type.
    :raises BadEvent: not JSON, or it breaks the class's rules; each broken rule is named with its pointer.
    """
    body = value or b""
    if type_ in UPCASTERS:
        type_, body = _raise_version(type_, body)
    cls = event_class(type_)
    try:
        return cls.model_validate_json(body)
    except ValidationError as error:
        found = tuple(
            ("".join(f"/{part}" for part in entry["loc"]), entry["type"])
            for entry in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise BadEvent(type_, found) from None


def _raise_version(type_: str, body: bytes) -> tuple[str, bytes]:
    try:
        data: object = json.loads(body)
    except ValueError:
        raise BadEvent(type_, (("", "json_invalid"),)) from None
    if not isinstance(data, dict):
        raise BadEvent(type_, (("", "must be an object"),))
    newest, raised = upcast(type_, cast("dict[str, Any]", data))
    return newest, json.dumps(raised).encode()
