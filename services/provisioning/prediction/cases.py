"""What a prediction is asked about (a case), its answer, and what one past order was like over time (an episode)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Literal

from services.provisioning.domain.patterns import Pattern

Basis = Literal["rule", "history"]


class Stage(IntEnum):
    """How much is known about the day of the construction; decides which clock counts."""

    BEFORE_CONSULT = 0
    NO_DATE = 1
    DATE_HELD = 2
    DATE_FIXED = 3


def stage_of(started_on: date | None, held_on: date | None, fixed_on: date | None) -> Stage:
    """Return the stage; a fixed date counts more than a held one, any date more than none."""
    if fixed_on is not None:
        return Stage.DATE_FIXED
    if held_on is not None:
        return Stage.DATE_HELD
    return Stage.BEFORE_CONSULT if started_on is None else Stage.NO_DATE


@dataclass(frozen=True, slots=True)
class Case:
    """An order on the day on which somebody asks; dates are local (Asia/Tokyo).

    pattern: the one in force. started_on: the day from which its lead time counts: day N, for pattern 3 the day of
    the survey; None before the consult. asked_on: today. fixed_on: the construction date that is fixed.
    held_on: the provisional date, as long as it is held.
    """

    pattern: Pattern
    area: str
    building_kind: str
    started_on: date | None
    asked_on: date
    opened_on: date
    fixed_on: date | None = None
    held_on: date | None = None

    @property
    def stage(self) -> Stage:
        """How much is known about the day of the construction."""
        return stage_of(self.started_on, self.held_on, self.fixed_on)


@dataclass(frozen=True, slots=True)
class Turn:
    """What held after one fact, from the day `on`; several on one day stand in the order of the facts.

    The other fields are those of a case: the same function can make both from an order.
    """

    on: date
    pattern: Pattern
    started_on: date | None
    held_on: date | None = None
    fixed_on: date | None = None

    @property
    def stage(self) -> Stage:
        """How much was known about the day of the construction."""
        return stage_of(self.started_on, self.held_on, self.fixed_on)


@dataclass(frozen=True, slots=True)
class Episode:
    """What one order was like over time, as it was known at the end of the day `as_of`.

    turns: in the order of the facts, the first on the day it was opened; a turn that repeats what held is harmless.
    activated_on: the line was lit. ended_on: it was called off. With neither it is open. An order that is open or
    was called off is censored: all that is known is that it was not lit until then.
    """

    opened_on: date
    area: str
    building_kind: str
    turns: tuple[Turn, ...]
    as_of: date
    activated_on: date | None = None
    ended_on: date | None = None

    @property
    def closed(self) -> bool:
        """Whether its line was lit, so that its lead time is known."""
        return self.activated_on is not None


@dataclass(frozen=True, slots=True)
class Prediction:
    """When the line will be lit; earliest <= p10 <= p50 <= p90, none before the day of the question; local dates.

    earliest_on: one of a hundred is lit by then, by the rule: the shortest time. basis: the rule table, or comparable
    closed orders, and how many. Days are whole, so that p10_on to p90_on holds more than 80 %: low_part and high_part
    (0 to 1) say how much of its first and of its last day belongs to the 80 %; one day alone has low_part.
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
