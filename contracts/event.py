"""The base of every event class, and the field types that they share."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

OrderNo = Annotated[
    str, Field(pattern=r"^FO-[0-9]{4}-[0-9]{6}-[0-9]$", description="FO-YYMM-NNNNNN-c, for people.")
]
OrderIdField = Annotated[UUID, Field(description="The order, minted once by intake.")]
PatternNo = Annotated[int, Field(ge=1, le=7, description="Delay pattern 1-7 of the fiber order flow.")]
Area = Annotated[Literal["east", "west"], Field(description="Carrier region of the installation site.")]
Plan = Annotated[Literal["ip1_enterprise", "ip8", "ip16"], Field(description="Plan of the price list.")]
BuildingKind = Annotated[
    Literal["detached", "collective"], Field(description="House, or building of many parties.")
]
WholeYen = Annotated[int, Field(description="Whole yen.")]


def _or_unknown(value: object, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    """Return a word that this version does not know as "unknown", when it comes from a record."""
    try:
        return read(value)
    except ValidationError:
        if info.mode == "json" and isinstance(value, str):
            return "unknown"
        raise


# For fields that declare `unknown`: a later producer may send words that this reader has never heard.
OrUnknown = WrapValidator(_or_unknown)


class Event(BaseModel):
    """A fact that its owner announces, in the past tense; frozen, versioned, without personal data.

    type: `<noun>.<participle>.vN`; topic: where it lives; key_field: the field whose text is key and subject.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False)

    type: ClassVar[str]
    topic: ClassVar[str]
    key_field: ClassVar[str]

    @property
    def key(self) -> str:
        """The record's key: the id of the aggregate (or the order number in a claim)."""
        return str(getattr(self, self.key_field))

    def to_json(self) -> bytes:
        """Return the value of the record: the data and nothing else."""
        return self.model_dump_json().encode()

    @classmethod
    def schema_document(cls) -> dict[str, Any]:
        """Return the JSON schema of the data, as it is kept in contracts/schemas."""
        return {"$id": f"urn:kaitsu:{cls.type}", **cls.model_json_schema(mode="serialization")}
