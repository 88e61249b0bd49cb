"""The fitted model: quantiles per kind of case, made by `fit`, looked up at once, kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from services.provisioning.prediction.cases import Case, Prediction
from services.provisioning.prediction.landmarks import LADDER, LEVELS, bucket, coarser
from services.provisioning.prediction.rule import RuleTable, by_rule

__all__ = ["Key", "Levels", "Model", "Prediction", "Quantiles", "look_up"]

Key = tuple[int, int, int, int, str, str]
"""Level, pattern, stage, landmark, area, building kind; the last two are empty on a level without the place."""
Levels = tuple[float, float, float]
"""The probabilities at which P10, P50 and P90 are read off, after the correction."""
NOT_CORRECTED: Final[Levels] = (0.1, 0.5, 0.9)
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Days from the day of the question, or from the known date; closed: comparable closed orders behind them."""

    closed: int
    earliest: int
    p10: int
    p50: int
    p90: int
    low_part: float
    high_part: float


@dataclass(frozen=True)
class Model:
    """What was learned by the end of the day `fitted_on`; cells with too few closed orders are not in it.

    levels: per (pattern, stage), the correction that is in the cells already; `estimate` needs it.
    """

    fitted_on: date | None
    cells: Mapping[Key, Quantiles]
    levels: Mapping[tuple[int, int], Levels]

    @classmethod
    def empty(cls) -> Model:
        """Return the model of an installation that has seen nothing: everything goes by the rule."""
        return cls(None, {}, {})

    @cached_property
    def version(self) -> str:
        """The digest of the content: equal models have equal versions, on every machine."""
        return sha256(self._content().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """Return the model with its version, as one line of JSON."""
        return f'{{"version":"{self.version}","model":{self._content()}}}'

    @classmethod
    def from_json(cls, text: str) -> Model:
        """Return the model of a line of JSON.

        :raises ValueError: it has another format, or its content does not match its version.
        """
        whole = json.loads(text)
        content: dict[str, Any] = whole["model"]
        if content["format"] != _FORMAT:
            raise ValueError("a model of another format")
        fitted_on = content["fitted_on"]
        model = cls(
            date.fromisoformat(fitted_on) if fitted_on else None,
            {tuple(row[:6]): Quantiles(*row[6:]) for row in content["cells"]},
            {(row[0], row[1]): (row[2], row[3], row[4]) for row in content["levels"]},
        )
        if model.version != whole["version"]:
            raise ValueError("a model whose content does not match its version")
        return model

    def _content(self) -> str:
        cells = [
            [*key, q.closed, q.earliest, q.p10, q.p50, q.p90, q.low_part, q.high_part]
            for key, q in sorted(self.cells.items())
        ]
        content = {
            "format": _FORMAT,
            "fitted_on": self.fitted_on.isoformat() if self.fitted_on else None,
            "cells": cells,
            "levels": [[*key, *levels] for key, levels in sorted(self.levels.items())],
        }
        return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def look_up(case: Case, model: Model, rules: RuleTable) -> Prediction:
    """Return the prediction of the finest cell that knows enough, else the rule's; a few microseconds.

    A date that was fixed or is held shifts: what is predicted is how far the line is lit from it.
    """
    named_on, today = case.fixed_on or case.held_on, case.asked_on
    dated = named_on is not None
    days = (
        (named_on - today).days
        if named_on is not None
        else (today - (case.started_on or case.opened_on)).days
    )
    fine, cells = bucket(days, dated=dated), model.cells
    pattern, stage = case.pattern.value, case.stage.value
    for number, beside in LADDER:
        level = LEVELS[number]
        landmark = coarser(fine, level.grain, dated=dated) + beside
        area, kind = (case.area, case.building_kind) if level.place else ("", "")
        found = cells.get((number, pattern, stage, landmark, area, kind))
        if found is not None:
            return placed(found, named_on or today, today, model.version)
    return by_rule(case, rules, model.version)


def placed(found: Quantiles, base: date, today: date, version: str) -> Prediction:
    """Return the prediction with dates; none lies before today."""
    earliest, low, middle, high = (
        max(base + timedelta(days=days), today) for days in (found.earliest, found.p10, found.p50, found.p90)
    )
    return Prediction(
        earliest, low, middle, high, "history", found.closed, version, found.low_part, found.high_part
    )
