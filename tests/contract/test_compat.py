"""The compatibility check, seen failing on every kind of break and passing what is additive."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from contracts.compat import breaks
from contracts.event import Event
from contracts.snapshot import snapshot


class Part(BaseModel):
    """A nested part."""

    code: str


class Base(Event):
    """The type that the cases below change."""

    type: ClassVar[str] = "line.probed.v1"
    topic: ClassVar[str] = "kaitsu.works"
    key_field: ClassVar[str] = "number"
    number: str
    level: Annotated[int, Field(ge=1, le=9)]
    seen_on: date
    side: Literal["east", "west"]
    cause: Literal["late", "unknown"] = Field(json_schema_extra={"unknown": True})
    note: str | None = None
    parts: tuple[Part, ...] = Field(min_length=1)


OLD = snapshot(Base)


def changed(**fields: Any) -> dict[str, Any]:
    """Return the snapshot of the type with fields added or replaced."""
    return snapshot(create_model("Base", __base__=Base, **fields))


def without(name: str) -> dict[str, Any]:
    """Return the snapshot of the type without one field."""
    document = snapshot(Base)
    document["properties"] = {key: node for key, node in document["properties"].items() if key != name}
    document["required"] = [key for key in document["required"] if key != name]
    return document


def rules(new: dict[str, Any] | None) -> set[tuple[str, str]]:
    """Return pointer and rule of everything that the change breaks."""
    return {(found.pointer, found.rule) for found in breaks(OLD, new)}


class PartWithMore(BaseModel):
    """A nested part with a new needed field."""

    code: str
    size: int


class PartWithOption(BaseModel):
    """A nested part with a new optional field."""

    code: str
    size: int | None = None


def test_the_same_class_breaks_nothing() -> None:
    assert rules(snapshot(Base)) == set()


@pytest.mark.parametrize(
    "new",
    [
        changed(extra=(str | None, None)),
        changed(extra=(int, 0)),
        changed(note=(str | None, Field(default=None, description="only words"))),
        changed(cause=(Literal["late", "lost", "unknown"], Field(json_schema_extra={"unknown": True}))),
        changed(parts=(tuple[PartWithOption, ...], Field(min_length=1))),
    ],
    ids=[
        "optional field",
        "field with default",
        "description",
        "value where unknown is declared",
        "nested option",
    ],
)
def test_additive_changes_pass(new: dict[str, Any]) -> None:
    assert rules(new) == set()


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (None, {("", "type_removed")}),
        (without("note"), {("/note", "field_removed")}),
        (without("number") | {"x-key": "no"}, {("", "key_changed"), ("/number", "field_removed")}),
        (snapshot(Base) | {"x-topic": "kaitsu.orders"}, {("", "topic_changed")}),
        (changed(level=(str, ...)), {("/level", "retyped")}),
        (changed(seen_on=(str, ...)), {("/seen_on", "retyped")}),
        (changed(note=(str, "")), {("/note", "retyped"), ("/note", "default_changed")}),
        (changed(number=(str | None, ...)), {("/number", "retyped")}),
        (changed(extra=(str, ...)), {("/extra", "required_added")}),
        (changed(note=(str | None, ...)), {("/note", "required_added")}),
        (changed(number=(str, "x")), {("/number", "required_dropped")}),
        (changed(side=(Literal["east", "west", "north"], ...)), {("/side", "value_added")}),
        (changed(side=(Literal["east"], ...)), {("/side", "value_removed")}),
        (changed(side=(str, ...)), {("/side", "widened")}),
        (
            changed(cause=(Literal["unknown"], Field(json_schema_extra={"unknown": True}))),
            {("/cause", "value_removed")},
        ),
        (changed(level=(int, Field(ge=2, le=9))), {("/level", "narrowed")}),
        (changed(level=(int, Field(ge=1, le=10))), {("/level", "widened")}),
        (changed(number=(str, Field(max_length=9))), {("/number", "narrowed")}),
        (changed(number=(str, Field(pattern="^a"))), {("/number", "narrowed")}),
        (changed(parts=(tuple[Part, ...], Field(min_length=2))), {("/parts", "narrowed")}),
        (changed(parts=(tuple[str, ...], Field(min_length=1))), {("/parts/*", "retyped")}),
        (
            changed(parts=(tuple[PartWithMore, ...], Field(min_length=1))),
            {("/parts/*/size", "required_added")},
        ),
    ],
    ids=lambda value: "" if isinstance(value, dict) else None,
)
def test_breaks_are_found_and_named(new: dict[str, Any] | None, expected: set[tuple[str, str]]) -> None:
    assert rules(new) == expected


def test_a_renamed_field_is_a_removal_even_when_both_are_optional() -> None:
    renamed = without("note")
    renamed["properties"]["remark"] = OLD["properties"]["note"]

    assert ("/note", "field_removed") in rules(renamed)


def test_a_break_reads_as_one_line() -> None:
    (found,) = breaks(OLD, changed(level=(int, Field(ge=2, le=9))))

    assert str(found) == "/level: narrowed (minimum 1 to 2)"
