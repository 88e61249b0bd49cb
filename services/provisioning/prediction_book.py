"""The figures of the prediction (data/prediction.toml and lead_times.toml), validated once at the start."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.coverage import Watch
from services.provisioning.prediction.rule import RuleTable, Span
from services.provisioning.prediction.settings import Learning

_Days = Annotated[int, Field(ge=0, le=3660)]
_Count = Annotated[int, Field(ge=1, le=100_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Rule(_Strict):
    consult_shortest: _Days
    consult_to: _Days
    open_end_percent: Annotated[int, Field(ge=100, le=1000)]
    clause: str


class _Learning(_Strict):
    least_comparable: _Count
    half_life_days: _Count
    window_days: _Count
    pull: _Days
    calibration_blocks: Annotated[int, Field(ge=0, le=24)]
    calibration_days: _Count
    calibration_pull: _Count


class _Coverage(_Strict):
    orders: _Count
    band_percent: Annotated[int, Field(ge=50, le=99)]


class _PredictionFile(_Strict):
    rule: _Rule
    learning: _Learning
    coverage: _Coverage


def parse_rule_table(lead_times: str, prediction: str) -> RuleTable:
    """Return the table with an end to every range; an open one ends at a share of the shortest time.

    lead_times: the text of lead_times.toml, which `books.parse_lead_times` validates.
    :raises pydantic.ValidationError: prediction.toml has not the shape.
    """
    rule = _PredictionFile.model_validate(tomllib.loads(prediction)).rule
    spans = {
        Pattern(row["no"]): Span(
            row["shortest"], row.get("to", row["shortest"] * rule.open_end_percent // 100)
        )
        for row in tomllib.loads(lead_times)["pattern"]
    }
    return RuleTable(spans=spans, consult=Span(rule.consult_shortest, rule.consult_to))


def parse_learning(prediction: str) -> Learning:
    """Return how the model learns.

    :raises pydantic.ValidationError: prediction.toml has not the shape.
    """
    return Learning(**_PredictionFile.model_validate(tomllib.loads(prediction)).learning.model_dump())


def parse_watch(prediction: str) -> Watch:
    """Return how the coverage is watched.

    :raises pydantic.ValidationError: prediction.toml has not the shape.
    """
    rows = _PredictionFile.model_validate(tomllib.loads(prediction)).coverage
    return Watch(orders=rows.orders, band=rows.band_percent / 100)


@cache
def load_rule_table() -> RuleTable:
    """Return the rule table of this installation."""
    return parse_rule_table(_text("lead_times.toml"), _text("prediction.toml"))


@cache
def load_learning() -> Learning:
    """Return how the model of this installation learns."""
    return parse_learning(_text("prediction.toml"))


@cache
def load_watch() -> Watch:
    """Return how this installation watches the coverage of its intervals."""
    return parse_watch(_text("prediction.toml"))


def _text(name: str) -> str:
    return (resources.files("services.provisioning") / "data" / name).read_text(encoding="utf-8")
