"""Claims of kaitsu.partners.*: what carrier or desk say; facts only once provisioning accepts them."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from pydantic import Field, model_validator

from contracts.event import Event, OrderNo
from contracts.site import (
    CalledOffCause,
    ObstacleField,
    Permit,
    PlantAnswer,
    SurveyDelayReason,
    SurveyKindField,
    WishedBy,
)
from contracts.works import CancelledBy, CancelReason, PostponeReason


class Claim(Event):
    """What all claims share: they name an order by our number."""

    key_field: ClassVar[str] = "order_no"
    order_no: OrderNo


class CarrierClaim(Claim):
    """Said by the access carrier."""

    topic: ClassVar[str] = "kaitsu.partners.carrier"


class DeskClaim(Claim):
    """Said by the operations desk."""

    topic: ClassVar[str] = "kaitsu.partners.desk"


class CarrierAddressRegistrationNeededV1(CarrierClaim):
    """The site is not registered in the carrier's system."""

    type: ClassVar[str] = "carrier.address_registration_needed.v1"


class CarrierAddressRegistrationCompletedV1(CarrierClaim):
    """The site is now registered."""

    type: ClassVar[str] = "carrier.address_registration_completed.v1"
    completed_on: date = Field(description="Local, Asia/Tokyo.")


class CarrierServiceOrderCreatedV1(CarrierClaim):
    """The service order exists at the carrier."""

    type: ClassVar[str] = "carrier.service_order_created.v1"
    carrier_order_no: str = Field(min_length=1, max_length=40, description="The carrier's own number.")


class CarrierProvisionalDateHeldV1(CarrierClaim):
    """The carrier holds a date until somebody answers."""

    type: ClassVar[str] = "carrier.provisional_date_held.v1"
    construction_on: date = Field(description="The held date; local, Asia/Tokyo.")
    answer_by: date = Field(description="Last day for the answer, included; local, Asia/Tokyo.")


class CarrierConstructionScheduledV1(CarrierClaim):
    """The construction date is fixed."""

    type: ClassVar[str] = "carrier.construction_scheduled.v1"
    construction_on: date = Field(description="Local, Asia/Tokyo.")
    survey_on: date | None = Field(default=None, description="Day of the survey where one is needed; local.")


class CarrierConstructionPostponedV1(CarrierClaim):
    """The carrier withdraws the date that it gave."""

    type: ClassVar[str] = "carrier.construction_postponed.v1"
    withdrawn_on: date = Field(description="The date that is lost; local, Asia/Tokyo.")
    reason: PostponeReason = Field(description="Why.")


class CarrierConstructionCompletedV1(CarrierClaim):
    """The construction was carried out and the line is lit."""

    type: ClassVar[str] = "carrier.construction_completed.v1"
    completed_on: date = Field(description="Local, Asia/Tokyo.")


class CarrierDelayReportedV1(CarrierClaim):
    """The carrier says by a code, by words, or by both, that and why it takes longer."""

    type: ClassVar[str] = "carrier.delay_reported.v1"
    code: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._-]{1,20}$", description="The carrier's own code."
    )
    text: str | None = Field(
        default=None, max_length=400, description="Free text; never passed on, since it may name a person."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.code or (self.text and self.text.strip())):
            raise ValueError("a code or a text is needed")
        return self


class CarrierSurveyScheduledV1(CarrierClaim):
    """The day of a survey is fixed."""

    type: ClassVar[str] = "carrier.survey_scheduled.v1"
    kind: SurveyKindField
    survey_on: date = Field(description="Local, Asia/Tokyo.")


class CarrierSurveyDelayedV1(CarrierClaim):
    """The carrier withdraws the day of a survey."""

    type: ClassVar[str] = "carrier.survey_delayed.v1"
    withdrawn_on: date = Field(description="The day that is lost; local, Asia/Tokyo.")
    reason: SurveyDelayReason = Field(description="Why.")


class CarrierSurveyDoneV1(CarrierClaim):
    """A survey took place."""

    type: ClassVar[str] = "carrier.survey_done.v1"
    kind: SurveyKindField
    done_on: date = Field(description="Local, Asia/Tokyo.")
    outside_survey_needed: bool = Field(
        default=False, description="Whether the route of the drop must be looked at next."
    )


class CarrierWorksRequiredV1(CarrierClaim):
    """Works or a permit must come before any construction date."""

    type: ClassVar[str] = "carrier.works_required.v1"
    obstacle: ObstacleField
    found_on: date = Field(description="Local, Asia/Tokyo.")
    expected_by: date | None = Field(default=None, description="When it is expected to be done; local.")


class CarrierWorksCompletedV1(CarrierClaim):
    """The works are done, or the permit is there."""

    type: ClassVar[str] = "carrier.works_completed.v1"
    obstacle: ObstacleField
    completed_on: date = Field(description="Local, Asia/Tokyo.")


class CarrierPlantInquirySentV1(CarrierClaim):
    """The carrier's plant side is asked before a date can be fixed."""

    type: ClassVar[str] = "carrier.plant_inquiry_sent.v1"
    sent_on: date = Field(description="Local, Asia/Tokyo.")


class CarrierPlantInquiryAnsweredV1(CarrierClaim):
    """The carrier's plant side answered."""

    type: ClassVar[str] = "carrier.plant_inquiry_answered.v1"
    answer: PlantAnswer = Field(description="What comes next.")
    permit: Permit | None = Field(
        default=None,
        description="Which permit, where the answer is permits; the road-use permit if not said.",
    )
    answered_on: date = Field(description="Local, Asia/Tokyo.")


class CarrierNearDateDeniedV1(CarrierClaim):
    """The carrier's system offers no near construction date."""

    type: ClassVar[str] = "carrier.near_date_denied.v1"
    earliest_on: date | None = Field(default=None, description="The first date that it shows, if any; local.")


class CarrierEquipmentReturnedV1(CarrierClaim):
    """Before a date is fixed the equipment situation stands in the way; a held date is lost."""

    type: ClassVar[str] = "carrier.equipment_returned.v1"
    lost_on: date | None = Field(default=None, description="The held or confirmed date that is lost; local.")
    reason: PostponeReason = Field(description="Why.")


class CarrierConstructionCalledOffV1(CarrierClaim):
    """On the day itself the construction was not carried out."""

    type: ClassVar[str] = "carrier.construction_called_off.v1"
    called_off_on: date = Field(description="The day of the construction; local, Asia/Tokyo.")
    cause: CalledOffCause = Field(description="Why.")


class DeskConsultScheduledV1(DeskClaim):
    """The desk agreed with the customer on a day for the consult."""

    type: ClassVar[str] = "desk.consult_scheduled.v1"
    scheduled_on: date = Field(description="Local, Asia/Tokyo.")


class DeskConsultUnansweredV1(DeskClaim):
    """The desk called and reached nobody."""

    type: ClassVar[str] = "desk.consult_unanswered.v1"
    tried_on: date = Field(description="Local, Asia/Tokyo.")


class DeskConsultDoneV1(DeskClaim):
    """The desk called the customer."""

    type: ClassVar[str] = "desk.consult_done.v1"
    consulted_on: date = Field(description="Local, Asia/Tokyo.")


class DeskDateConfirmedV1(DeskClaim):
    """The customer accepts the provisional date."""

    type: ClassVar[str] = "desk.date_confirmed.v1"
    construction_on: date = Field(description="The date that was accepted; local, Asia/Tokyo.")


class DeskCustomerAnsweredV1(DeskClaim):
    """The customer answered after the deadline had been missed and wants a new date."""

    type: ClassVar[str] = "desk.customer_answered.v1"
    answered_on: date = Field(description="Local, Asia/Tokyo.")


class DeskOrderCancelledV1(DeskClaim):
    """The order is called off."""

    type: ClassVar[str] = "desk.order_cancelled.v1"
    by: CancelledBy = Field(description="Who calls it off.")
    reason: CancelReason = Field(description="Why.")


class DeskSalesAnsweredV1(DeskClaim):
    """Sales settled what stood in the way and wants a new date."""

    type: ClassVar[str] = "desk.sales_answered.v1"
    answered_on: date = Field(description="Local, Asia/Tokyo.")


class DeskWishChangedV1(DeskClaim):
    """The customer wants another day."""

    type: ClassVar[str] = "desk.wish_changed.v1"
    wished_on: date = Field(description="The new wish; local, Asia/Tokyo.")
    by: WishedBy = Field(description="Who asked.")
