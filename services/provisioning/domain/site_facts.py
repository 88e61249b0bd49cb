"""What can happen between the service order and the day of the construction: surveys, works, permits, lost days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from services.provisioning.domain.facts import Fact, FactKind


@dataclass(frozen=True)
class PlantInquirySent(Fact):
    """No date can be fixed on the spot: the carrier's plant side is asked."""

    kind: ClassVar[FactKind] = FactKind.PLANT_INQUIRY_SENT
    sent_on: date


@dataclass(frozen=True)
class PlantInquiryAnswered(Fact):
    """The plant side said what comes next; permit: which one, where it said permits."""

    kind: ClassVar[FactKind] = FactKind.PLANT_INQUIRY_ANSWERED
    answer: str
    permit: str | None
    answered_on: date


@dataclass(frozen=True)
class NearDateDenied(Fact):
    """The carrier's system offers no near date; earliest_on: the first that it shows, if any."""

    kind: ClassVar[FactKind] = FactKind.NEAR_DATE_DENIED
    earliest_on: date | None


@dataclass(frozen=True)
class SurveyScheduled(Fact):
    """The day of a survey is fixed; survey_kind: building or outside."""

    kind: ClassVar[FactKind] = FactKind.SURVEY_SCHEDULED
    survey_kind: str
    survey_on: date


@dataclass(frozen=True)
class SurveyDelayed(Fact):
    """The day of a survey was withdrawn."""

    kind: ClassVar[FactKind] = FactKind.SURVEY_DELAYED
    withdrawn_on: date
    reason: str


@dataclass(frozen=True)
class SurveyDone(Fact):
    """A survey took place; outside_needed: the route of the drop is looked at next."""

    kind: ClassVar[FactKind] = FactKind.SURVEY_DONE
    survey_kind: str
    done_on: date
    outside_needed: bool


@dataclass(frozen=True)
class WorksRequired(Fact):
    """Works or a permit must come first."""

    kind: ClassVar[FactKind] = FactKind.WORKS_REQUIRED
    obstacle: str
    found_on: date
    expected_by: date | None


@dataclass(frozen=True)
class WorksCompleted(Fact):
    """The works are done, or the permit is there."""

    kind: ClassVar[FactKind] = FactKind.WORKS_COMPLETED
    obstacle: str
    completed_on: date


@dataclass(frozen=True)
class EquipmentReturned(Fact):
    """The carrier's equipment situation stands in the way before a date is fixed; lost_on: a held date, lost."""

    kind: ClassVar[FactKind] = FactKind.EQUIPMENT_RETURNED
    lost_on: date | None
    reason: str


@dataclass(frozen=True)
class ConstructionCalledOff(Fact):
    """On the day itself the construction was not carried out."""

    kind: ClassVar[FactKind] = FactKind.CONSTRUCTION_CALLED_OFF
    called_off_on: date
    cause: str


@dataclass(frozen=True)
class SalesAnswered(Fact):
    """Sales settled what stood in the way."""

    kind: ClassVar[FactKind] = FactKind.SALES_ANSWERED
    answered_on: date


@dataclass(frozen=True)
class WishChanged(Fact):
    """The customer wants another day."""

    kind: ClassVar[FactKind] = FactKind.WISH_CHANGED
    wished_on: date
    by: str
