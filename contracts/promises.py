"""Events of kaitsu.works about dates: what is expected, and what we stand by."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.event import OrUnknown, PatternNo
from contracts.works import WorkEvent

PredictionBasis = Literal["rule", "history"]
PromiseCause = Literal[
    "consulted", "date_fixed", "date_lost", "pattern_changed", "range_left", "wish_changed", "ended"
]


class DeliveryPredictedV1(WorkEvent):
    """When the line will probably be lit, said after a fact changed what is known."""

    type: ClassVar[str] = "delivery.predicted.v1"
    earliest_on: date = Field(description="One of a hundred is lit by this day; local, Asia/Tokyo.")
    p10_on: date = Field(description="One of ten is lit by this day; local, Asia/Tokyo.")
    p50_on: date = Field(description="Half are lit by this day; local, Asia/Tokyo.")
    p90_on: date = Field(description="Nine of ten are lit by this day; local, Asia/Tokyo.")
    basis: PredictionBasis = Field(description="The rule table, or comparable closed orders.")
    comparable: Annotated[int, Field(ge=0, description="Comparable closed orders behind it.")]
    model_version: str = Field(description="Which model said so.")
    pattern: PatternNo


class PromiseChangedV1(WorkEvent):
    """The date that we stand by changed, by an explicit rule."""

    type: ClassVar[str] = "promise.changed.v1"
    promised_on: date | None = Field(
        default=None, description="By this day the line is lit, we say; local. None: we stand by no date."
    )
    previous_on: date | None = Field(default=None, description="What we said before; local.")
    cause: Annotated[PromiseCause, OrUnknown] = Field(
        description="Which rule changed it.", json_schema_extra={"unknown": True}
    )
