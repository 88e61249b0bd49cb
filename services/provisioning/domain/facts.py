"""Everything that can happen to an order, and how it is kept in the history; no field holds personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, get_type_hints
from uuid import UUID


class FactKind(StrEnum):
    """The word for a fact in history and transition table."""

    ORDER_OPENED = "order_opened"
    ORDER_AMENDED = "order_amended"
    CONSULT_DONE = "consult_done"
    CONSULT_OVERDUE = "consult_overdue"
    ADDRESS_REGISTRATION_REQUESTED = "address_registration_requested"
    ADDRESS_REGISTRATION_COMPLETED = "address_registration_completed"
    SERVICE_ORDER_CREATED = "service_order_created"
    PROVISIONAL_DATE_HELD = "provisional_date_held"
    DATE_CONFIRMED = "date_confirmed"
    ANSWER_DEADLINE_MISSED = "answer_deadline_missed"
    CUSTOMER_ANSWERED = "customer_answered"
    CONSTRUCTION_SCHEDULED = "construction_scheduled"
    CONSTRUCTION_POSTPONED = "construction_postponed"
    CONSTRUCTION_COMPLETED = "construction_completed"
    ORDER_CANCELLED = "order_cancelled"
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
    """The order is called off."""

    kind: ClassVar[FactKind] = FactKind.ORDER_CANCELLED
    by: str
    reason: str


@dataclass(frozen=True)
class DelayReported(Fact):
    """The carrier reported a delay; what it means was decided by a rule, which is named with its version."""

    kind: ClassVar[FactKind] = FactKind.DELAY_REPORTED
    code: str | None
    reason: str
    responsible: str
    action: str
    pattern: int | None
    rule: str

    @property
    def word(self) -> str:
        """What was reported, without the rule that said so."""
        return f"{self.reason}/{self.responsible}/{self.action}"


FACTS: Final[Mapping[FactKind, type[Fact]]] = {cls.kind: cls for cls in Fact.__subclasses__()}
Details = dict[str, Any]


def to_details(fact: Fact) -> Details:
    """Return the fields of the fact in JSON words."""
    return {field.name: _plain(getattr(fact, field.name)) for field in fields(fact)}


def from_details(kind: str, details: Mapping[str, Any]) -> Fact:
    """Return the fact that the history holds.

    :raises ValueError: no such kind.  :raises KeyError: a field is missing.
    """
    cls = FACTS[FactKind(kind)]
    hints = get_type_hints(cls)
    return cls(**{field.name: _rich(hints[field.name], details[field.name]) for field in fields(cls)})


def _plain(value: object) -> object:
    if isinstance(value, date):  # an instant is one, too
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _rich(hint: object, value: Any) -> object:
    if value is None:
        return None
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint in {date, date | None}:
        return date.fromisoformat(value)
    if hint is UUID:
        return UUID(value)
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
