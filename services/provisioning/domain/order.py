"""An order on its way to a lit line: its states, who has the ball in each, and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from kernel.ids import OrderId
from services.provisioning.domain import patterns
from services.provisioning.domain.patterns import Met, Pattern


class State(StrEnum):
    """Where an order is."""

    AWAITING_CONSULT = "awaiting_consult"
    AWAITING_SERVICE_ORDER = "awaiting_service_order"
    AWAITING_ADDRESS_REGISTRATION = "awaiting_address_registration"
    AWAITING_CONSTRUCTION_DATE = "awaiting_construction_date"
    AWAITING_PLANT_ANSWER = "awaiting_plant_answer"
    AWAITING_SURVEY = "awaiting_survey"
    AWAITING_WORKS = "awaiting_works"
    DATE_HELD = "date_held"
    DATE_CONFIRMED = "date_confirmed"
    AWAITING_CUSTOMER = "awaiting_customer"
    AWAITING_SALES = "awaiting_sales"
    CONSTRUCTION_SCHEDULED = "construction_scheduled"
    ACTIVE = "active"
    CANCELLED = "cancelled"


class Party(StrEnum):
    """Who can have the ball."""

    SALES = "sales"
    CUSTOMER = "customer"
    DESK = "desk"
    CARRIER = "carrier"


class Jeopardy(StrEnum):
    """What is late, or is known already not to come in time."""

    CONSULT_OVERDUE = "consult_overdue"
    RETRY_OVERDUE = "retry_overdue"
    ANSWER_OVERDUE = "answer_overdue"
    REGISTRATION_OVERDUE = "registration_overdue"
    PLANT_ANSWER_OVERDUE = "plant_answer_overdue"
    WORKS_OVERDUE = "works_overdue"
    PERMIT_OVERDUE = "permit_overdue"
    NO_DATE = "no_date"
    LATE_DATE = "late_date"
    WISH_IMPOSSIBLE = "wish_impossible"
    WISH_MISSED = "wish_missed"


class Obstacle(StrEnum):
    """What must be done or allowed before a construction date can be had."""

    GENERAL_WORKS = "general_works"
    ROAD_USE_PERMIT = "road_use_permit"
    OWNER_PERMIT = "owner_permit"


class SurveyKind(StrEnum):
    """Where a survey looks: in the building, or outside along the route of the drop."""

    BUILDING = "building"
    OUTSIDE = "outside"


BALL: Final[Mapping[State, Party | None]] = MappingProxyType(
    {
        State.AWAITING_CONSULT: Party.DESK,
        State.AWAITING_SERVICE_ORDER: Party.CARRIER,
        State.AWAITING_ADDRESS_REGISTRATION: Party.CARRIER,
        State.AWAITING_CONSTRUCTION_DATE: Party.CARRIER,
        State.AWAITING_PLANT_ANSWER: Party.CARRIER,
        State.AWAITING_SURVEY: Party.CARRIER,
        State.AWAITING_WORKS: Party.CARRIER,
        State.DATE_HELD: Party.CUSTOMER,
        State.DATE_CONFIRMED: Party.CARRIER,
        State.AWAITING_CUSTOMER: Party.CUSTOMER,
        State.AWAITING_SALES: Party.SALES,
        State.CONSTRUCTION_SCHEDULED: Party.CARRIER,
        State.ACTIVE: None,
        State.CANCELLED: None,
    }
)


@dataclass(frozen=True, kw_only=True)
class FiberOrder:
    """What the facts say about one order; dates are local (Asia/Tokyo), instants UTC.

    sequence: number of facts so far, and so the version of the row. since: when the state was reached.
    last_at: when the latest of its facts happened.
    attempt: service orders asked for. met: delay patterns met, without the immediate one. overdue: what is late now.
    consult_tries: days on which the desk reached nobody; consult_next_on: last day for the next call. consulted_on:
    day N. survey_kind: the survey that is awaited; surveyed_on: the last one that took place. obstacles: works and
    permits under way; cleared: those that are done. earliest_offered_on: the first date that the carrier's system
    showed when it offered no near one. called_off_on: the last day on which a construction was not carried out.
    held_on: the provisional date, kept when the customer confirms it or loses it. construction_on: the fixed date.
    replaced_on: a date that was told and lost, not yet replaced.
    delay: the delay reported last in this state; forgotten when the state changes.
    A cancelled order keeps its dates: they say how far it came. reopen_plan_id: the repair plan that cancelled it;
    reopen_state: where it was then, so that the plan can be taken back.
    """

    order_id: OrderId
    order_no: str
    correlation_id: UUID
    area: str
    plan: str
    building_kind: str
    sales_office: str
    applied_on: date
    wished_on: date | None
    content_version: int = 1
    opened_at: datetime
    consult_due_on: date
    consult_due_at: datetime
    state: State
    since: datetime
    last_at: datetime
    sequence: int
    attempt: int = 0
    met: Met = ()
    overdue: frozenset[Jeopardy] = frozenset()
    consult_scheduled_on: date | None = None
    consult_tries: int = 0
    consult_tried_on: date | None = None
    consult_next_on: date | None = None
    consult_next_at: datetime | None = None
    consulted_on: date | None = None
    registration_usual_by: date | None = None
    registered_on: date | None = None
    carrier_order_no: str | None = None
    plant_asked_on: date | None = None
    plant_answered_on: date | None = None
    earliest_offered_on: date | None = None
    survey_kind: SurveyKind | None = None
    surveyed_on: date | None = None
    obstacles: frozenset[Obstacle] = frozenset()
    cleared: frozenset[Obstacle] = frozenset()
    works_expected_by: date | None = None
    held_on: date | None = None
    answer_by: date | None = None
    answer_due_at: datetime | None = None
    answered_on: date | None = None
    survey_on: date | None = None
    construction_on: date | None = None
    replaced_on: date | None = None
    called_off_on: date | None = None
    activated_on: date | None = None
    reopen_state: State | None = None
    reopen_plan_id: UUID | None = None
    delay: str | None = None

    @property
    def ball(self) -> Party | None:
        """Who must act; nobody when the order has ended. The owner's permit is for sales to get."""
        if self.state is State.AWAITING_WORKS and self.obstacles == frozenset({Obstacle.OWNER_PERMIT}):
            return Party.SALES
        return BALL[self.state]

    @property
    def ended(self) -> bool:
        """Whether nothing can happen any more."""
        return self.ball is None

    @property
    def pattern(self) -> Pattern:
        """The pattern in force."""
        return patterns.in_force(self.met)


_FIELDS: Final = frozenset(field.name for field in fields(FiberOrder))


def replace(order: FiberOrder, /, **values: Any) -> FiberOrder:
    """Return the order with other values, as `dataclasses.replace` would, but without setting every field anew.

    :raises TypeError: an order has no field of that name.
    """
    if not values.keys() <= _FIELDS:
        raise TypeError(f"an order has no {sorted(values.keys() - _FIELDS)}")
    other = object.__new__(FiberOrder)
    other.__dict__.update(order.__dict__)
    other.__dict__.update(values)
    return other
