"""Orders with a known way, and how the model learns in tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.cases import Case, Episode, Turn
from services.provisioning.prediction.settings import Learning
from services.provisioning.prediction_book import load_learning

DAY: Final = date(2026, 4, 1)
LEARNING: Final = load_learning()
PLAIN: Final[Learning] = replace(LEARNING, calibration_blocks=0, half_life_days=100_000)
"""Without correction and without forgetting: what comes out can be worked out by hand."""


def later(days: int, since: date = DAY) -> date:
    """Return a day."""
    return since + timedelta(days=days)


def order(
    lead: int, *, opened_on: date = DAY, as_of: date | None = None, cancelled_after: int | None = None
) -> Episode:
    """Return an order of pattern 4 that waits from its day N, the day of opening, until it is lit without a date."""
    lit_on = later(lead, opened_on)
    ended_on = None if cancelled_after is None else later(cancelled_after, opened_on)
    seen = as_of or max(lit_on, ended_on or lit_on)
    lit = ended_on is None and lit_on <= seen
    return Episode(
        opened_on=opened_on,
        area="west",
        building_kind="detached",
        turns=(Turn(opened_on, Pattern.NO_NEAR_DATE, opened_on),),
        as_of=seen,
        activated_on=lit_on if lit else None,
        ended_on=ended_on if ended_on and ended_on <= seen else None,
    )


def case(
    *, asked_on: date = DAY, started_on: date | None = DAY, pattern: Pattern = Pattern.NO_NEAR_DATE
) -> Case:
    """Return an order of pattern 4 on some day."""
    return Case(pattern, "west", "detached", started_on, asked_on, started_on or asked_on)
