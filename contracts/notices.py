"""Events of kaitsu.notices: who was told what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Event, OrderIdField, OrUnknown

NoticeKind = Literal[
    "defect",
    "consult",
    "construction_date",
    "date_change",
    "promise",
    "lit",
    "invoice",
    "unknown",
]
Recipient = Literal["customer", "sales"]
FailureCode = Literal["no_contact", "address_refused", "refused_for_good", "gave_up", "unknown"]


class NoticeEvent(Event):
    """What all events of notify share."""

    topic: ClassVar[str] = "kaitsu.notices"
    key_field: ClassVar[str] = "order_id"
    order_id: OrderIdField
    notice_id: UUID = Field(description="The notice; made from its cause, kind and recipient.")
    kind: Annotated[NoticeKind, OrUnknown] = Field(
        description="What it is about.", json_schema_extra={"unknown": True}
    )
    recipient: Recipient = Field(description="Who it is for, as a role.")


class NoticeSentV1(NoticeEvent):
    """The mail server took the mail."""

    type: ClassVar[str] = "notice.sent.v1"
    channel: Literal["mail"] = Field(description="By which way.")
    sent_at: datetime = Field(description="Business instant, UTC.")
    attempts: int = Field(ge=1, description="Tries until it was taken.")


class NoticeFailedV1(NoticeEvent):
    """The notice will not be sent."""

    type: ClassVar[str] = "notice.failed.v1"
    code: Annotated[FailureCode, OrUnknown] = Field(description="Why.", json_schema_extra={"unknown": True})
