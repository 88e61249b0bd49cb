"""Events of kaitsu.works that call a day to mind."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.event import OrUnknown
from contracts.works import WorkEvent

ReminderOf = Literal["survey", "construction", "unknown"]


class ReminderDueV1(WorkEvent):
    """It is the last business day before a survey or a construction; a lost day is not called to mind."""

    type: ClassVar[str] = "reminder.due.v1"
    of: Annotated[ReminderOf, OrUnknown] = Field(
        description="What takes place on the day.", json_schema_extra={"unknown": True}
    )
    day_on: date = Field(description="The day itself; local, Asia/Tokyo.")
