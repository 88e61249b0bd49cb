"""An order on its way to a lit line: its states, who has the ball in each, and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
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
    DATE_HELD = "date_held"
    DATE_CONFIRMED = "date_confirmed"
    AWAITING_CUSTOMER = "awaiting_customer"
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
    """What is late."""

    CONSULT_OVERDUE = "consult_overdue"


BALL: Final[Mapping[State, Party | None]] = MappingProxyType(
    {
        State.AWAITING_CONSULT: Party.DESK,
        State.AWAITING_SERVICE_ORDER: Party.CARRIER,
        State.AWAITING_ADDRESS_REGISTRATION: Party.CARRIER,
        State.AWAITING_CONSTRUCTION_DATE: Party.CARRIER,
        State.DATE_HELD: Party.CUSTOMER,
        State.DATE_CONFIRMED: Party.CARRIER,
        State.AWAITING_CUSTOMER: Party.CUSTOMER,
        State.CONSTRUCTION_SCHEDULED: Party.CARRIER,
        State.ACTIVE: None,
        State.CANCELLED: None,
    }
)


@dataclass(frozen=True, kw_only=True)
class FiberOrder:
    """What the facts say about one order; dates are local (Asia/Tokyo), instants UTC.

    sequence: number of facts so far, and so the version of the row. since: when the state was reached.
    attempt: service orders asked for. met: delay patterns met, without the immediate one. overdue: what is late now.
    consulted_on: day N. held_on: the provisional date, kept when the customer confirms it or loses it.
    construction_on: the fixed date. replaced_on: a fixed date that was withdrawn and not yet replaced.
    delay: the delay reported last in this state; forgotten when the state changes.
    A cancelled order keeps its dates: they say how far it came.
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
    sequence: int
    attempt: int = 0
    met: Met = ()
    overdue: frozenset[Jeopardy] = frozenset()
    consulted_on: date | None = None
    registration_usual_by: date | None = None
    registered_on: date | None = None
    carrier_order_no: str | None = None
    held_on: date | None = None
    answer_by: date | None = None
    answer_due_at: datetime | None = None
    answered_on: date | None = None
    survey_on: date | None = None
    construction_on: date | None = None
    replaced_on: date | None = None
    activated_on: date | None = None
    delay: str | None = None

    @property
    def ball(self) -> Party | None:
        """Who must act; nobody when the order has ended."""
        return BALL[self.state]

    @property
    def ended(self) -> bool:
        """Whether nothing can happen any more."""
        return self.ball is None

    @property
    def pattern(self) -> Pattern:
        """The pattern in force."""
        return patterns.in_force(self.met)
