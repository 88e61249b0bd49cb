"""The law of the sandbox's world: shares and times from a parameter file, and what they make of one order."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.site import CalledOffCause, Obstacle, PlantAnswer

DEFAULT_LAW: Final = Path(__file__).parent / "data" / "law-2019-west.toml"
PLAYED: Final = frozenset({1, 2, 3, 4, 5, 6})
Percent = Annotated[float, Field(ge=0, le=100)]
Weight = Annotated[float, Field(ge=0)]
Hour = Annotated[int, Field(ge=0, le=23)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Spread(_Strict):
    """Days: the shortest, plus a log-normal tail, at most the longest."""

    shortest: int = Field(ge=0)
    median_extra: float = Field(ge=0)
    sigma: float = Field(ge=0)
    longest: int

    def draw(self, rng: Random) -> int:
        """Return whole days, never below the shortest."""
        extra = math.floor(self.median_extra * math.exp(self.sigma * rng.gauss(0, 1)))
        return min(self.shortest + extra, self.longest)


class Patterns(_Strict):
    """How often which delay pattern comes; shares in percent."""

    share_of_source: Mapping[int, Percent]
    played: tuple[int, ...] = Field(min_length=1)
    outside_7: Percent
    registration_before_5_and_7: Percent

    @model_validator(mode="after")
    def _only_what_is_played(self) -> Patterns:
        if not set(self.played) <= PLAYED:
            raise ValueError(f"only {sorted(PLAYED)} can be played besides 7")
        if not sum(self.share_of_source[number] for number in self.played) > 0:
            raise ValueError("the played patterns need a share")
        return self

    def shares(self) -> dict[int, float]:
        """Return pattern to share (0 to 1): the shares of what is not played are spread in proportion."""
        known = sum(self.share_of_source[number] for number in self.played)
        rest = 1 - self.outside_7 / 100
        return {number: rest * self.share_of_source[number] / known for number in self.played} | {
            7: self.outside_7 / 100
        }


class Days(_Strict):
    """How long each step takes."""

    lead: Spread
    registration: Spread
    equipment_return: Spread
    new_date_wait: Spread
    silence: Spread
    survey: Spread
    works: Spread
    after_survey: Spread
    no_near_date: Spread
    plant_answer: Spread
    after_works: Spread


class Shares(_Strict):
    """How often what happens, percent."""

    provisional: Percent
    survey: Percent
    late_consult: Percent
    late_yes: Percent
    cancelled: Percent
    unanswered_call: Percent
    delayed_survey: Percent
    works_after_no_near_date: Percent
    called_off: Percent
    wish_changed: Percent


class Weights(_Strict):
    """Which of several things happens: word to weight; only the ratios count."""

    plant_answer: Mapping[PlantAnswer, Weight]
    obstacle: Mapping[Obstacle, Weight]
    called_off: Mapping[CalledOffCause, Weight]


class Mischief(_Strict):
    """How often a claim misbehaves, percent of all claims; nothing does unless a law asks for it.

    late: said some days later. double: said again under another id. early: also said before its time.
    contradictory: followed by one that says something else.
    """

    late: Percent = 0
    double: Percent = 0
    early: Percent = 0
    contradictory: Percent = 0


class Grid(_Strict):
    """Local hours at which the sandbox acts."""

    hours: tuple[Hour, ...] = Field(min_length=1)
    construction_done: tuple[Hour, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Destiny:
    """What chance has in store for one order; drawn once, the same for the same seed and order number.

    Days count as the law file says; `*_hour` are local hours of the grid.
    """

    pattern: int
    registration_first: bool
    provisional: bool
    survey: bool
    consult_days: int
    consult_hour: int
    lead_days: int
    registration_days: int
    registration_hour: int
    return_days: int
    new_date_wait: int
    notice_days: int
    answer_days: int
    answer_hour: int
    silence_days: int
    late_yes: bool
    second_lead_days: int
    done_hour: int
    cancel_days: int | None
    cancel_hour: int
    cancelled_by: Literal["customer", "sales"]
    unanswered_call: bool
    survey_days: int
    survey_delayed: bool
    outside_survey_days: int
    works_days: int
    obstacle: Obstacle
    after_survey_days: int
    no_near_days: int
    works_after_no_near_date: bool
    plant_days: int
    plant_answer: PlantAnswer
    after_works_days: int
    called_off: CalledOffCause | None
    wish_days: int | None


class Law(_Strict):
    """A parameter file, read and checked."""

    name: str
    seed: int
    day_count: Literal["calendar"]
    patterns: Patterns
    days: Days
    shares: Shares
    weights: Weights
    grid: Grid
    mischief: Mischief = Mischief()

    def destiny(self, order_no: str) -> Destiny:
        """Return what will happen to the order; everything is drawn in one fixed sequence."""
        rng = Random(f"{self.seed}:{order_no}")
        shares = self.patterns.shares()
        pattern = rng.choices(list(shares), weights=list(shares.values()))[0]
        before = _hits(rng, self.patterns.registration_before_5_and_7)
        provisional = _hits(rng, self.shares.provisional)
        hours = self.grid.hours
        late = _hits(rng, self.shares.late_consult)
        cancelled = _hits(rng, self.shares.cancelled)
        return Destiny(
            pattern=pattern,
            registration_first=pattern == 2 or (pattern in {5, 7} and before),
            provisional=pattern == 7 or provisional,
            survey=_hits(rng, self.shares.survey),
            consult_days=rng.choice((1, 2)) if not late else 3,
            consult_hour=rng.choice(hours),
            lead_days=self.days.lead.draw(rng),
            registration_days=self.days.registration.draw(rng),
            registration_hour=rng.choice(hours),
            return_days=self.days.equipment_return.draw(rng),
            new_date_wait=self.days.new_date_wait.draw(rng),
            notice_days=rng.randint(1, 3),
            answer_days=rng.randint(0, 2),
            answer_hour=rng.choice(hours),
            silence_days=self.days.silence.draw(rng),
            late_yes=_hits(rng, self.shares.late_yes),
            second_lead_days=self.days.lead.draw(rng),
            done_hour=rng.choice(self.grid.construction_done),
            cancel_days=rng.randint(1, 5) if cancelled else None,
            cancel_hour=rng.choice(hours),
            cancelled_by=rng.choice(("customer", "sales")),
            unanswered_call=_hits(rng, self.shares.unanswered_call),
            survey_days=self.days.survey.draw(rng),
            survey_delayed=_hits(rng, self.shares.delayed_survey),
            outside_survey_days=rng.randint(1, 3),
            works_days=self.days.works.draw(rng),
            obstacle=_one_of(rng, self.weights.obstacle),
            after_survey_days=self.days.after_survey.draw(rng),
            no_near_days=self.days.no_near_date.draw(rng),
            works_after_no_near_date=_hits(rng, self.shares.works_after_no_near_date),
            plant_days=self.days.plant_answer.draw(rng),
            plant_answer=_one_of(rng, self.weights.plant_answer),
            after_works_days=self.days.after_works.draw(rng),
            called_off=_one_of(rng, self.weights.called_off) if _hits(rng, self.shares.called_off) else None,
            wish_days=rng.randint(5, 14) if _hits(rng, self.shares.wish_changed) else None,
        )


Word = TypeVar("Word", bound=str)


def _one_of(rng: Random, weights: Mapping[Word, float]) -> Word:
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def _hits(rng: Random, percent: float) -> bool:
    return rng.random() * 100 < percent


def read_law(path: Path = DEFAULT_LAW) -> Law:
    """Return the law of a file.

    :raises pydantic.ValidationError: a figure is missing, unknown or out of bounds.
    """
    return Law.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
