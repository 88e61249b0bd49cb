"""A prediction, and the fitted model that gives one at once: quantiles per kind of case, made by `fit`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Basis = Literal["rule", "history"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """When the line will be lit; earliest <= p10 <= p50 <= p90, none before the day of the question.

    basis: the rule table, or comparable closed orders, and how many. Days are whole, so that an interval holds more
    than its 80 %: low_part and high_part (0 to 1) say how much of its first and its last day belongs to the 80 %.
    """

    earliest_on: date
    p10_on: date
    p50_on: date
    p90_on: date
    basis: Basis
    comparable: int
    model_version: str
    low_part: float = 1.0
    high_part: float = 1.0
