"""Events of kaitsu.orders: what intake made of what was sent in."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.event import Area, BuildingKind, Event, OrderIdField, OrderNo, Plan

Confirmation = Literal["fees", "management", "installation", "mdf", "other_services", "visit"]
WhoAnswers = Literal["sales", "desk"]


class OrderEvent(Event):
    """What all events of intake share."""

    topic: ClassVar[str] = "kaitsu.orders"
    key_field: ClassVar[str] = "order_id"
    order_id: OrderIdField


class OrderSubmittedV1(OrderEvent):
    """A submission without defects became an order; names, phones and addresses stay with intake."""

    type: ClassVar[str] = "order.submitted.v1"
    order_no: OrderNo
    submission_id: UUID = Field(description="The submission that became the order.")
    form: str = Field(description="Key of the form, as in intake's form data.")
    area: Area
    plan: Plan
    building_kind: BuildingKind
    applied_on: date = Field(description="Date of the customer's application; local, Asia/Tokyo.")
    wished_on: date | None = Field(
        default=None, description="Wished date of the lit line, not promised; local."
    )
    sales_office: str = Field(description="Code of the sales office that filed the order.")
    confirmed: tuple[Confirmation, ...] = Field(description="What sales has confirmed before the consult.")


class Defect(BaseModel):
    """One thing that is wrong with a submission: the field, the rule, and who must answer."""

    model_config = ConfigDict(frozen=True)
    field: str = Field(description="Name of the form's field.")
    rule: str = Field(description="Code of the broken rule.")
    answered_by: WhoAnswers = Field(description="Who must mend it.")


class OrderDefectFoundV1(OrderEvent):
    """A submission has defects; all of them are named, and none of their values."""

    type: ClassVar[str] = "order.defect_found.v1"
    order_no: OrderNo | None = Field(default=None, description="Set where an order exists already (an edit).")
    submission_id: UUID = Field(description="The submission that was looked at.")
    form: str = Field(description="Key of the form, as in intake's form data.")
    defects: tuple[Defect, ...] = Field(min_length=1, description="Every defect, not the first.")


class OrderAmendedV1(OrderEvent):
    """The sales person edited the response of an order; values only where they are no personal data."""

    type: ClassVar[str] = "order.amended.v1"
    order_no: OrderNo
    submission_id: UUID = Field(description="The edited submission.")
    version: Annotated[
        int, Field(ge=2, description="Version of the order's content; the first submission is 1.")
    ]
    changed: tuple[str, ...] = Field(description="Names of the changed fields.")
    plan: Plan
    building_kind: BuildingKind
    wished_on: date | None = Field(default=None, description="Wished date after the edit; local, Asia/Tokyo.")
