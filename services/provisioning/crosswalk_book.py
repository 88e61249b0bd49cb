"""The rules of data/crosswalk.toml, validated once at the start; the database adds those that people made."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.provisioning.books import BadBook
from services.provisioning.domain.crosswalk import (
    Action,
    Crosswalk,
    Kind,
    Meaning,
    Reason,
    Responsible,
    Rule,
    key_of,
)
from services.provisioning.domain.patterns import Pattern

_Text = Annotated[str, Field(min_length=1)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    code: _Text | None = None
    phrase: _Text | None = None
    pattern: Literal[3, 4, 5, 6, 7] | None = None
    reason: Reason
    responsible: Responsible
    action: Action
    source: _Text | None = None
    assumed: _Text | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: list[_Row]


def parse_crosswalk(text: str) -> Crosswalk:
    """Return the rules of a file, each in version 1 and without a beginning.

    :raises pydantic.ValidationError: a row has not the shape.  :raises BadBook: a rule has not exactly one key, or
    neither source nor assumption.  :raises DoubledRule: a rule, or what it matches, stands there twice.
    """
    rules: list[Rule] = []
    for row in _File.model_validate(tomllib.loads(text)).rule:
        if (row.code is None) == (row.phrase is None) or not (row.source or row.assumed):
            raise BadBook("a rule has a code or a phrase, and a source or an assumption")
        kind = Kind.PHRASE if row.code is None else Kind.CODE
        pattern = Pattern(row.pattern) if row.pattern else None
        meaning = Meaning(pattern, row.reason, row.responsible, row.action)
        rules.append(Rule(row.id, 1, kind, key_of(kind, row.code or row.phrase or ""), meaning))
        if not rules[-1].key:
            raise BadBook("a rule that matches everything matches nothing")
    return Crosswalk(rules)


@cache
def load_crosswalk() -> Crosswalk:
    """Return the rules of this installation's file; a bad one stops the start, not an order."""
    path = resources.files("services.provisioning") / "data" / "crosswalk.toml"
    return parse_crosswalk(path.read_text(encoding="utf-8"))
