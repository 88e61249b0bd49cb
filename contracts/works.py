"""Events of kaitsu.works: what provisioning accepted, asked for, or refused."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Area, Event, OrderIdField, OrderNo, OrUnknown, PatternNo, Plan

PostponeReason = Literal["equipment_return", "works", "permits"]
CancelledBy = Literal["customer", "sales", "desk", "carrier"]
CancelReason = Literal["customer_wish", "moved_elsewhere", "owner_refused", "not_feasible", "other"]
JeopardyCause = Literal[
    "consult_overdue",
    "retry_overdue",
    "answer_overdue",
    "registration_overdue",
    "plant_answer_overdue",
    "works_overdue",
    "permit_overdue",
    "no_date",
    "late_date",
    "wish_impossible",
    "wish_missed",
    "unknown",
]
JeopardyLevel = Literal["watch", "at_risk", "breached", "unknown"]
WhoActs = Literal["sales", "customer", "desk", "carrier"]
RefusalCode = Literal[
    "unknown_order",
    "wrong_state",
    "too_late",
    "wrong_date",
    "already_done",
    "order_ended",
    "date_in_past",
    "not_by_plan",
    "unknown",
]


class WorkEvent(Event):
    """What all events of provisioning share."""

    topic: ClassVar[str] = "kaitsu.works"
    key_field: ClassVar[str] = "order_id"
    order_id: OrderIdField
    order_no: OrderNo


class ConsultRequestedV1(WorkEvent):
    """The desk is asked to call the customer (consult, コンサル)."""

    type: ClassVar[str] = "consult.requested.v1"
    area: Area
    due_on: date = Field(description="Last business day on which the call is in time; local, Asia/Tokyo.")


class ConsultDoneV1(WorkEvent):
    """The customer was called; this day is N, from which lead times count."""

    type: ClassVar[str] = "consult.done.v1"
    consulted_on: date = Field(description="Day N; local, Asia/Tokyo.")


class ServiceOrderRequestedV1(WorkEvent):
    """The carrier is asked for a service order and a construction date."""

    type: ClassVar[str] = "service_order.requested.v1"
    area: Area
    plan: Plan
    attempt: Annotated[int, Field(ge=1, description="1 for the first request; each new request counts on.")]


class AddressRegistrationRequestedV1(WorkEvent):
    """The site is not in the carrier's system: its registration comes first (pattern 2)."""

    type: ClassVar[str] = "address_registration.requested.v1"
    usual_by: date = Field(description="Day by which it is usually back (4-6 days); local, Asia/Tokyo.")


class AddressRegistrationCompletedV1(WorkEvent):
    """The carrier has registered the site."""

    type: ClassVar[str] = "address_registration.completed.v1"
    completed_on: date = Field(description="Local, Asia/Tokyo.")


class ServiceOrderCreatedV1(WorkEvent):
    """The carrier has created the service order."""

    type: ClassVar[str] = "service_order.created.v1"
    carrier_order_no: str = Field(description="The carrier's number of the service order.")


class ProvisionalDateHeldV1(WorkEvent):
    """The carrier holds a construction date until an answer deadline; silence loses it."""

    type: ClassVar[str] = "provisional_date.held.v1"
    construction_on: date = Field(description="The held date; local, Asia/Tokyo.")
    answer_by: date = Field(description="Last day for the answer, included; local, Asia/Tokyo.")


class DateConfirmedV1(WorkEvent):
    """The customer said yes to the provisional date in time."""

    type: ClassVar[str] = "date.confirmed.v1"
    construction_on: date = Field(description="The confirmed date; local, Asia/Tokyo.")


class AnswerDeadlineMissedV1(WorkEvent):
    """Nobody answered by the deadline: the provisional date is lost (pattern 7)."""

    type: ClassVar[str] = "answer_deadline.missed.v1"
    construction_on: date = Field(description="The lost date; local, Asia/Tokyo.")
    answer_by: date = Field(description="The missed deadline; local, Asia/Tokyo.")


class CustomerAnsweredV1(WorkEvent):
    """The customer answered after the deadline was missed; a new date can be asked for."""

    type: ClassVar[str] = "customer.answered.v1"
    answered_on: date = Field(description="Local, Asia/Tokyo.")


class ConstructionScheduledV1(WorkEvent):
    """The carrier fixed the construction date."""

    type: ClassVar[str] = "construction.scheduled.v1"
    construction_on: date = Field(description="Local, Asia/Tokyo.")
    survey_on: date | None = Field(default=None, description="Day of the survey where one is needed; local.")
    previous_on: date | None = Field(default=None, description="The date that this one replaces; local.")
    pattern: PatternNo


class ConstructionPostponedV1(WorkEvent):
    """The carrier withdrew a construction date that it had given (pattern 5, 設備戻り)."""

    type: ClassVar[str] = "construction.postponed.v1"
    withdrawn_on: date = Field(description="The lost date; local, Asia/Tokyo.")
    reason: PostponeReason = Field(description="Why the carrier withdrew it.")


class OrderActivatedV1(WorkEvent):
    """The line is lit (開通): construction is completed, billing may start."""

    type: ClassVar[str] = "order.activated.v1"
    activated_on: date = Field(description="Day of the construction; local, Asia/Tokyo.")
    consulted_on: date = Field(description="Day N; local, Asia/Tokyo.")
    area: Area
    plan: Plan
    patterns: tuple[PatternNo, ...] = Field(description="Patterns that the order met, in order.")
    dominant: PatternNo


class OrderCancelledV1(WorkEvent):
    """The order ended without a line."""

    type: ClassVar[str] = "order.cancelled.v1"
    by: CancelledBy = Field(description="Who called it off.")
    reason: CancelReason = Field(description="Why.")
    stage: str = Field(description="State of the order before the cancellation.")


class JeopardyRaisedV1(WorkEvent):
    """Something is late, or known already not to come in time: somebody must act. Raised again if its day changes."""

    type: ClassVar[str] = "jeopardy.raised.v1"
    cause: Annotated[JeopardyCause, OrUnknown] = Field(
        description="What is late, or will be.", json_schema_extra={"unknown": True}
    )
    level: Annotated[JeopardyLevel, OrUnknown] = Field(
        default="breached",
        description="Worth an eye, likely to be missed, or missed.",
        json_schema_extra={"unknown": True},
    )
    acts: WhoActs = Field(description="Who must act.")
    act_by: date | None = Field(default=None, description="By the end of this day; local, Asia/Tokyo.")
    due_on: date = Field(description="The day that was missed, or cannot be kept; local, Asia/Tokyo.")
    arithmetic_en: str = Field(default="", description="How the day is known, one line in English.")
    arithmetic_ja: str = Field(default="", description="The same in Japanese.")


class JeopardyClearedV1(WorkEvent):
    """What was raised is not true any more: it has happened, does not matter any more, or the order has ended."""

    type: ClassVar[str] = "jeopardy.cleared.v1"
    cause: Annotated[JeopardyCause, OrUnknown] = Field(
        description="What had been raised.", json_schema_extra={"unknown": True}
    )
    order_ended: bool = Field(default=False, description="The order was lit or called off thereby.")


class ClaimRefusedV1(Event):
    """A claim of a partner or of the desk was not accepted; the code says why."""

    type: ClassVar[str] = "claim.refused.v1"
    topic: ClassVar[str] = "kaitsu.works"
    key_field: ClassVar[str] = "subject_id"
    subject_id: UUID = Field(
        description="The order, or an id derived from the number where no order is known."
    )
    order_no: str | None = Field(default=None, description="The number that the claim named.")
    claim_id: UUID = Field(description="Event id of the refused claim.")
    claim_type: str = Field(description="Type of the refused claim.")
    code: Annotated[RefusalCode, OrUnknown] = Field(
        description="Why it was refused.", json_schema_extra={"unknown": True}
    )
    state: str | None = Field(default=None, description="State of the order at that moment.")
