"""More events of kaitsu.works: surveys, works, permits and plant inquiries, and dates that are lost before the day."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import OrUnknown, PatternNo
from contracts.works import PostponeReason, WorkEvent

SurveyKind = Literal["building", "outside"]
SurveyDelayReason = Literal["carrier_staff", "weather", "no_access", "other"]
Obstacle = Literal["general_works", "road_use_permit", "owner_permit"]
PlantAnswer = Literal["survey_required", "general_works", "permits", "construction_possible"]
Permit = Literal["road_use_permit", "owner_permit"]
CalledOffCause = Literal[
    "customer_absent",
    "customer_not_ready",
    "permission_missing",
    "building_closed",
    "equipment_missing",
    "carrier_staff",
    "works_found",
    "weather",
]
DelayReason = Literal[
    "equipment_return",
    "general_works",
    "road_use_permit",
    "owner_permit",
    "address_registration",
    "no_near_date",
    "plant_inquiry",
    "absent",
    "not_carried_out",
    "customer_wish",
    "site_not_ready",
    "not_feasible",
    "weather",
    "other",
    "unknown",
]
DelayResponsible = Literal["carrier", "customer", "sales", "desk", "owner", "unknown"]
DelayAction = Literal["cancel", "delay", "inform", "reappoint", "unknown"]
WishedBy = Literal["customer", "sales"]
Responsible = Literal["customer", "sales", "carrier", "nobody"]

SurveyKindField = Annotated[
    SurveyKind,
    Field(description="In the building, or outside along the route of the drop."),
]
ObstacleField = Annotated[
    Obstacle,
    Field(description="General works (サービス総合工事), a road-use permit, or the owner's permit."),
]


class ConsultScheduledV1(WorkEvent):
    """The desk and the customer agreed on a day for the consult."""

    type: ClassVar[str] = "consult.scheduled.v1"
    scheduled_on: date = Field(description="Local, Asia/Tokyo.")


class ConsultUnansweredV1(WorkEvent):
    """The desk called and reached nobody; it tries again."""

    type: ClassVar[str] = "consult.unanswered.v1"
    tried_on: date = Field(description="Local, Asia/Tokyo.")
    tries: Annotated[int, Field(ge=1, description="Calls without answer so far.")]
    next_due_on: date = Field(description="Last day for the next call; local, Asia/Tokyo.")


class SurveyScheduledV1(WorkEvent):
    """The carrier fixed the day of a survey."""

    type: ClassVar[str] = "survey.scheduled.v1"
    kind: SurveyKindField
    survey_on: date = Field(description="Local, Asia/Tokyo.")


class SurveyDelayedV1(WorkEvent):
    """The day of a survey was withdrawn."""

    type: ClassVar[str] = "survey.delayed.v1"
    withdrawn_on: date = Field(description="The lost day; local, Asia/Tokyo.")
    reason: Annotated[SurveyDelayReason, OrUnknown] = Field(
        description="Why.", json_schema_extra={"unknown": True}
    )


class SurveyDoneV1(WorkEvent):
    """A survey took place."""

    type: ClassVar[str] = "survey.done.v1"
    kind: SurveyKindField
    done_on: date = Field(description="Local, Asia/Tokyo.")
    outside_survey_needed: bool = Field(
        default=False, description="Whether the route of the drop is looked at next."
    )


class WorksRequiredV1(WorkEvent):
    """Works or a permit must come first: no construction date (patterns 3, 4, 5 or 6)."""

    type: ClassVar[str] = "works.required.v1"
    obstacle: ObstacleField
    found_on: date = Field(description="Local, Asia/Tokyo.")
    expected_by: date | None = Field(default=None, description="When the carrier expects it done; local.")
    lost_on: date | None = Field(default=None, description="A construction date that is lost thereby; local.")
    pattern: PatternNo


class WorksCompletedV1(WorkEvent):
    """The works are done, or the permit is there."""

    type: ClassVar[str] = "works.completed.v1"
    obstacle: ObstacleField
    completed_on: date = Field(description="Local, Asia/Tokyo.")


class PlantInquirySentV1(WorkEvent):
    """No date can be fixed on the spot: the carrier's plant side is asked (pattern 6)."""

    type: ClassVar[str] = "plant_inquiry.sent.v1"
    sent_on: date = Field(description="Local, Asia/Tokyo.")


class PlantInquiryAnsweredV1(WorkEvent):
    """The carrier's plant side answered."""

    type: ClassVar[str] = "plant_inquiry.answered.v1"
    answer: PlantAnswer = Field(description="What comes next.")
    permit: Permit | None = Field(default=None, description="Which permit, where the answer is permits.")
    answered_on: date = Field(description="Local, Asia/Tokyo.")


class NearDateDeniedV1(WorkEvent):
    """The carrier's system offers no near construction date (pattern 4)."""

    type: ClassVar[str] = "near_date.denied.v1"
    earliest_on: date | None = Field(default=None, description="The first date that it shows, if any; local.")


class EquipmentReturnedV1(WorkEvent):
    """The carrier's equipment situation (設備戻り) stands in the way before a date was fixed (pattern 5)."""

    type: ClassVar[str] = "equipment.returned.v1"
    lost_on: date | None = Field(default=None, description="A held or confirmed date that is lost; local.")
    reason: PostponeReason = Field(description="Why.")


class ConstructionCalledOffV1(WorkEvent):
    """On the day itself the construction was not carried out (工事BO)."""

    type: ClassVar[str] = "construction.called_off.v1"
    called_off_on: date = Field(description="The day of the construction; local, Asia/Tokyo.")
    cause: Annotated[CalledOffCause, OrUnknown] = Field(
        description="Why.", json_schema_extra={"unknown": True}
    )
    responsible: Responsible = Field(description="Who has to answer for it.")
    pattern: PatternNo


class SalesAnsweredV1(WorkEvent):
    """Sales settled what stood in the way; a new date can be asked for."""

    type: ClassVar[str] = "sales.answered.v1"
    answered_on: date = Field(description="Local, Asia/Tokyo.")


class WishChangedV1(WorkEvent):
    """The customer wants another day; a date that stood is given up."""

    type: ClassVar[str] = "wish.changed.v1"
    wished_on: date = Field(description="The new wish; local, Asia/Tokyo.")
    by: WishedBy = Field(description="Who asked.")
    given_up_on: date | None = Field(default=None, description="The date that is given up; local.")


class OrderReopenedV1(WorkEvent):
    """A cancellation that a repair plan had made was taken back: the order goes on where it was."""

    type: ClassVar[str] = "order.reopened.v1"
    plan_id: UUID = Field(description="The repair plan that had cancelled it.")
    stage: str = Field(description="State of the order after the reopening, the one before its cancellation.")


class DelayReportedV1(WorkEvent):
    """The carrier reported a delay and a rule of the crosswalk says what it means; the state stays."""

    type: ClassVar[str] = "delay.reported.v1"
    code: str | None = Field(
        default=None, description="The carrier's code, where it was what the rule matched."
    )
    reason: Annotated[DelayReason, OrUnknown] = Field(
        description="Why it takes longer.", json_schema_extra={"unknown": True}
    )
    responsible: Annotated[DelayResponsible, OrUnknown] = Field(
        description="On whose side the reason lies.", json_schema_extra={"unknown": True}
    )
    action: Annotated[DelayAction, OrUnknown] = Field(
        description="What has to be done.", json_schema_extra={"unknown": True}
    )
    pattern: PatternNo | None = Field(
        default=None, description="The delay pattern that the order meets by it."
    )
    rule: str = Field(description="Rule and version that decided, as id@version.")
