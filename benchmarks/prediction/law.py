"""A law of the simulated world: shares and times from a parameter file, fixed before the model was tuned."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

LAWS: Final = ("slower", "regions", "drift")
Percent = Annotated[float, Field(ge=0, le=100)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Spread(_Strict):
    """Days: the shortest, plus a log-normal tail, at most the longest."""

    shortest: float = Field(ge=0)
    median_extra: float = Field(ge=0)
    sigma: float = Field(ge=0)
    longest: float

    def draw(self, rng: np.random.Generator, factor: float) -> int:
        """Return whole days, the law's days times the factor."""
        days = self.shortest + self.median_extra * float(np.exp(self.sigma * rng.standard_normal()))
        return int(min(days, self.longest) * factor)


class Days(_Strict):
    """How long each step takes."""

    lead: Spread
    registration: Spread
    survey_wait: Spread
    works: Spread
    no_near_date: Spread
    equipment_return: Spread
    plant_answer: Spread
    silence: Spread
    told_before: Spread


class Drift(_Strict):
    """What all lead times are multiplied with after the half, reached in a straight line within some days."""

    to: float
    days: int = Field(ge=0)


class Law(_Strict):
    """A parameter file, read and checked."""

    name: str
    what: str
    orders_per_weekday: int = Field(gt=0)
    weekdays_only: bool
    late_consult: Percent
    share: Mapping[int, Percent]
    held_first: Percent
    silent: Percent
    cancelled_per_day: Percent
    west: Percent
    detached: Percent
    factor: Mapping[str, float]
    drift: Drift
    days: Days


def read_law(name: str) -> Law:
    """Return the law of laws/<name>.toml.

    :raises pydantic.ValidationError: a figure is missing, unknown or out of bounds.
    """
    text = (resources.files("benchmarks.prediction") / "laws" / f"{name}.toml").read_text(encoding="utf-8")
    return Law.model_validate(tomllib.loads(text))
