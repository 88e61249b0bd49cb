"""What can happen to an order, except at the site; no field holds personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID


class FactKind(StrEnum):
    """The word for a fact in history and transition table."""

    ORDER_OPENED = "order_opened"
    ORDER_AMENDED = "order_amended"
    CONSULT_SCHEDULED = "consult_scheduled"
    CONSULT_UNANSWERED = "consult_unanswered"
    CONSULT_DONE = "consult_done"
    CONSULT_OVERDUE = "consult_overdue"
    ADDRESS_REGISTRATION_REQUESTED = "address_registration_requested"
    ADDRESS_REGISTRATION_COMPLETED = "address_registration_completed"
    SERVICE_ORDER_CREATED = "service_order_created"
    SERVICE_ORDER_ASKED_AGAIN = "service_order_asked_again"
    PLANT_INQUIRY_SENT = "plant_inquiry_sent"
    PLANT_INQUIRY_ANSWERED = "plant_inquiry_answered"
    NEAR_DATE_DENIED = "near_date_denied"
    SURVEY_SCHEDULED = "survey_scheduled"
    SURVEY_DELAYED = "survey_delayed"
    SURVEY_DONE = "survey_done"
    WORKS_REQUIRED = "works_required"
    WORKS_COMPLETED = "works_completed"
    EQUIPMENT_RETURNED = "equipment_returned"
    PROVISIONAL_DATE_HELD = "provisional_date_held"
    DATE_CONFIRMED = "date_confirmed"
    ANSWER_DEADLINE_MISSED = "answer_deadline_missed"
    CUSTOMER_ANSWERED = "customer_answered"
    SALES_ANSWERED = "sales_answered"
    WISH_CHANGED = "wish_changed"
    CONSTRUCTION_SCHEDULED = "construction_scheduled"
    CONSTRUCTION_POSTPONED = "construction_postponed"
    CONSTRUCTION_CALLED_OFF = "construction_called_off"
    CONSTRUCTION_COMPLETED = "construction_completed"
    ORDER_CANCELLED = "order_cancelled"
    REMINDER_DUE = "reminder_due"
    JEOPARDY_RAISED = "jeopardy_raised"
    JEOPARDY_CLEARED = "jeopardy_cleared"
    ORDER_REOPENED = "order_reopened"
    DELAY_REPORTED = "delay_reported"


@dataclass(frozen=True)
class Fact:
    """Something that happened; figures that depend on rules (due dates) are part of it, so that a fold needs none."""

    kind: ClassVar[FactKind]


@dataclass(frozen=True)
class OrderOpened(Fact):
    """Intake made an order of a submission; its consult is due by the end of a day."""

    kind: ClassVar[FactKind] = FactKind.ORDER_OPENED
    order_id: UUID
    order_no: str
    correlation_id: UUID
    area: str
    plan: str
    building_kind: str
    sales_office: str
    applied_on: date
    wished_on: date | None
    consult_due_on: date
    consult_due_at: datetime


@dataclass(frozen=True)
class OrderAmended(Fact):
    """Sales edited the submission; changed: names of all changed fields, of which three matter here."""

    kind: ClassVar[FactKind] = FactKind.ORDER_AMENDED
    version: int
    changed: tuple[str, ...]
    plan: str
    building_kind: str
    wished_on: date | None


@dataclass(frozen=True)
class ConsultScheduled(Fact):
    """Desk and customer agreed on a day for the consult."""

    kind: ClassVar[FactKind] = FactKind.CONSULT_SCHEDULED
    scheduled_on: date


@dataclass(frozen=True)
class ConsultUnanswered(Fact):
    """The desk called and reached nobody; the next call is due by the end of a day."""

    kind: ClassVar[FactKind] = FactKind.CONSULT_UNANSWERED
    tried_on: date
    next_due_on: date
    next_due_at: datetime


@dataclass(frozen=True)
class ConsultDone(Fact):
    """The desk called the customer on day N."""

    kind: ClassVar[FactKind] = FactKind.CONSULT_DONE
    consulted_on: date


@dataclass(frozen=True)
class ConsultOverdue(Fact):
    """The last day for the consult passed without it."""

    kind: ClassVar[FactKind] = FactKind.CONSULT_OVERDUE
    due_on: date


@dataclass(frozen=True)
class AddressRegistrationRequested(Fact):
    """The site is not in the carrier's system."""

    kind: ClassVar[FactKind] = FactKind.ADDRESS_REGISTRATION_REQUESTED
    usual_by: date


@dataclass(frozen=True)
class AddressRegistrationCompleted(Fact):
    """The site is registered."""

    kind: ClassVar[FactKind] = FactKind.ADDRESS_REGISTRATION_COMPLETED
    completed_on: date


@dataclass(frozen=True)
class ServiceOrderCreated(Fact):
    """The service order exists at the carrier."""

    kind: ClassVar[FactKind] = FactKind.SERVICE_ORDER_CREATED
    carrier_order_no: str


@dataclass(frozen=True)
class ProvisionalDateHeld(Fact):
    """The carrier holds a date until answer_by is over, at the instant answer_due_at."""

    kind: ClassVar[FactKind] = FactKind.PROVISIONAL_DATE_HELD
    construction_on: date
    answer_by: date
    answer_due_at: datetime


@dataclass(frozen=True)
class DateConfirmed(Fact):
    """The customer takes the provisional date."""

    kind: ClassVar[FactKind] = FactKind.DATE_CONFIRMED
    construction_on: date


@dataclass(frozen=True)
class AnswerDeadlineMissed(Fact):
    """Nobody answered in time."""

    kind: ClassVar[FactKind] = FactKind.ANSWER_DEADLINE_MISSED
    construction_on: date
    answer_by: date


@dataclass(frozen=True)
class CustomerAnswered(Fact):
    """The customer wants a new date after the first was lost."""

    kind: ClassVar[FactKind] = FactKind.CUSTOMER_ANSWERED
    answered_on: date


@dataclass(frozen=True)
class ConstructionScheduled(Fact):
    """The carrier fixed the date."""

    kind: ClassVar[FactKind] = FactKind.CONSTRUCTION_SCHEDULED
    construction_on: date
    survey_on: date | None


@dataclass(frozen=True)
class ConstructionPostponed(Fact):
    """The carrier withdrew the fixed date."""

    kind: ClassVar[FactKind] = FactKind.CONSTRUCTION_POSTPONED
    withdrawn_on: date
    reason: str


@dataclass(frozen=True)
class ConstructionCompleted(Fact):
    """The line is lit."""

    kind: ClassVar[FactKind] = FactKind.CONSTRUCTION_COMPLETED
    completed_on: date


@dataclass(frozen=True)
class OrderCancelled(Fact):
    """The order is called off; plan_id: the repair plan that did it, which can be taken back."""

    kind: ClassVar[FactKind] = FactKind.ORDER_CANCELLED
    by: str
    reason: str
    plan_id: UUID | None = None


@dataclass(frozen=True)
class ReminderDue(Fact):
    """It is time to call a day to mind; deadline: its word; arithmetic: the way from that day, in JSON words."""

    kind: ClassVar[FactKind] = FactKind.REMINDER_DUE
    deadline: str
    reminds_of_on: date
    arithmetic: Mapping[str, Any]


@dataclass(frozen=True)
class JeopardyRaised(Fact):
    """Something is late, or known not to come in time.

    act_by: the day by which `acts` must act; due_on: the day that is missed; arithmetic: how that is known, JSON words.
    """

    kind: ClassVar[FactKind] = FactKind.JEOPARDY_RAISED
    cause: str
    level: str
    acts: str
    act_by: date
    due_on: date
    arithmetic: Mapping[str, Any]


@dataclass(frozen=True)
class JeopardyCleared(Fact):
    """What was late or endangered is not any more, though the order is where it was."""

    kind: ClassVar[FactKind] = FactKind.JEOPARDY_CLEARED
    cause: str
