"""How a fact is kept in the history: its fields in JSON words, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from functools import cache
from typing import Any, Final, get_type_hints
from uuid import UUID

from services.provisioning.domain import delay_facts, facts, repair_facts, site_facts
from services.provisioning.domain.facts import Fact, FactKind

FACTS: Final[Mapping[FactKind, type[Fact]]] = {
    cls.kind: cls
    for module in (facts, site_facts, repair_facts, delay_facts)
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, Fact) and cls is not Fact
}
Details = dict[str, Any]


def to_details(fact: Fact) -> Details:
    """Return the fields of the fact in JSON words."""
    return {field.name: _plain(getattr(fact, field.name)) for field in fields(fact)}


def from_details(kind: str, details: Mapping[str, Any]) -> Fact:
    """Return the fact that the history holds.

    :raises ValueError: no such kind.  :raises TypeError: a field is missing that the fact always had.
    """
    cls = FACTS[FactKind(kind)]
    return cls(**{name: _rich(hint, details[name]) for name, hint in _fields(cls).items() if name in details})


@cache
def _fields(cls: type[Fact]) -> Mapping[str, object]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def _plain(value: object) -> object:
    if isinstance(value, date):  # an instant is one, too
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _rich(hint: object, value: Any) -> object:
    if value is None:
        return None
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint in {date, date | None}:
        return date.fromisoformat(value)
    if hint in {UUID, UUID | None}:
        return UUID(value)
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
