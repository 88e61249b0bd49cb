"""Misbehavior on request: claims that come late, double, before their time, or contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from contracts import partners
from contracts.partners import Claim

if TYPE_CHECKING:
    from ops.sandbox.law import Law

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
# A day in these that is not the right one is refused; in others another day would simply be believed.
_CONTRADICTED: Final[dict[type[Claim], str]] = {
    partners.CarrierConstructionCompletedV1: "completed_on",
    partners.CarrierConstructionScheduledV1: "construction_on",
    partners.CarrierConstructionPostponedV1: "withdrawn_on",
    partners.DeskDateConfirmedV1: "construction_on",
}
# Said late these would not be themselves any more: another day would be meant.
_NEVER_LATE: Final = ("construction_date", "provisional_date", "survey_date")


@dataclass(frozen=True)
class Said:
    """What is said instead of, or besides, what was planned; each step has an id of its own."""

    step: str
    due: datetime
    claim: Claim


def what_is_said(law: Law, step: str, due: datetime, claim: Claim) -> Iterator[Said]:
    """Yield what is said; chance is drawn from the law's seed, the order, the step and its time."""
    mischief = law.mischief
    rng = Random(f"{law.seed}:{claim.key}:{step}:{due.isoformat()}")
    late, double, early, contradictory = (
        rng.random() * 100 < percent
        for percent in (mischief.late, mischief.double, mischief.early, mischief.contradictory)
    )
    if late and step not in _NEVER_LATE:
        due += _DAY * rng.randint(1, 4)
    if early and step == "construction_done":
        yield Said(f"{step}_early", due - _DAY, claim)
    yield Said(step, due, claim)
    if double:
        yield Said(f"{step}_again", due + _HOUR, claim)
    if contradictory and (field := _CONTRADICTED.get(type(claim))):
        day: date = getattr(claim, field)
        other = claim.model_copy(update={field: day + _DAY * rng.randint(3, 9)})
        yield Said(f"{step}_contradicted", due + _HOUR, other)
