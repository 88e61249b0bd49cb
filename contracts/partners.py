"""Claims of kaitsu.partners.*: what carrier or desk say; facts only once provisioning accepts them."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from pydantic import Field, model_validator

from contracts.event import Event, OrderNo
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
