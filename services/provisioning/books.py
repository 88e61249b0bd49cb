"""The figures of data/, validated once at the start: rules, lead times, deadlines, jeopardies."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.provisioning.calendars import parse_calendars
from services.provisioning.domain.arithmetic import WorkCalendar
from services.provisioning.domain.order import Jeopardy
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.rules import Alarm, CountRule, DeadlineKind, LeadTime, Level, Rules

# Days that somebody names: nothing is counted.
_NAMED: Final = {DeadlineKind.ANSWER_BY, DeadlineKind.WISHED_DAY}
_Text = Annotated[str, Field(min_length=1)]
_Days = Annotated[int, Field(ge=0, le=3660)]


class BadBook(ValueError):
    """A data file contradicts itself."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _PatternRow(_Strict):
    no: int
    name: _Text
    share: Annotated[int, Field(ge=0, le=100)] | None = None
    shortest: _Days
    to: _Days | None = None
    counted_from: Literal["consult", "survey"]
    assumed: _Text | None = None


class _LeadTimesFile(_Strict):
    effective_from: date
    source: _Text
    pattern: list[_PatternRow]


class _Deadlines(_Strict):
    day_ends_after_hours: Annotated[int, Field(ge=1, le=47)]
    clause: _Text


class _Claims(_Strict):
    waiting_days: _Days
    horizon_days: _Days
    clause: _Text


class _DeadlineRow(_Strict):
    kind: Annotated[DeadlineKind, Field(strict=False)]
    effective_from: date
    days: Annotated[int, Field(ge=-60, le=3660)] | None = None
    day_count: Literal["calendar", "business"]
    calendar: Literal["company", "carrier", "bank"] | None = None
    at_hour: Annotated[int, Field(ge=0, le=23)] | None = None
    clause: _Text
    assumed: _Text | None = None


class _JeopardyRow(_Strict):
    cause: Annotated[Jeopardy, Field(strict=False)]
    level: Annotated[Level, Field(strict=False)]
    act_within: _Days
    clause: _Text


class _Promise(_Strict):
    better_days: _Days
    clause: _Text


class _OperatorFile(_Strict):
    deadlines: _Deadlines
    claims: _Claims
    promise: _Promise
    deadline: list[_DeadlineRow]
    jeopardy: list[_JeopardyRow]


def parse_lead_times(text: str) -> Mapping[Pattern, LeadTime]:
    """Return the lead time of every pattern; where the source gives no upper figure, the lower one stands for both.

    :raises pydantic.ValidationError: a row has not the shape.  :raises BadBook: a pattern is missing, doubled or
    misnamed, a range runs backwards, or the shares do not add up to 100 %.
    """
    rows = _LeadTimesFile.model_validate(tomllib.loads(text)).pattern
    if [(row.no, row.name) for row in rows] != [(pattern.value, pattern.name) for pattern in Pattern]:
        raise BadBook("the seven patterns are expected, in order, under their names")
    if any(row.to is not None and row.to < row.shortest for row in rows):
        raise BadBook("a range of days runs backwards")
    if sum(row.share or 0 for row in rows) != 100:
        raise BadBook("the shares add up to 100 %")
    return {
        Pattern(row.no): LeadTime(row.shortest, row.to or row.shortest, row.counted_from == "survey")
        for row in rows
    }


def parse_rules(
    text: str, lead_times: Mapping[Pattern, LeadTime], calendars: Mapping[str, WorkCalendar]
) -> Rules:
    """Return the rules of an operator's file.

    :raises pydantic.ValidationError: a row has not the shape.  :raises BadBook: a deadline or a jeopardy has no row,
    two rows of a deadline begin on one day, or business days have no calendar.
    """
    rows = _OperatorFile.model_validate(tomllib.loads(text))
    if sorted(row.cause for row in rows.jeopardy) != sorted(Jeopardy):
        raise BadBook("every jeopardy is expected once")
    return Rules(
        calendars=calendars,
        counts=_counts(rows.deadline),
        alarms={row.cause: Alarm(row.level, row.act_within) for row in rows.jeopardy},
        lead_times=lead_times,
        day_ends_after_hours=rows.deadlines.day_ends_after_hours,
        waiting_days=rows.claims.waiting_days,
        promise_better_days=rows.promise.better_days,
        horizon_days=rows.claims.horizon_days,
        shortest_days={pattern: lead_time.shortest for pattern, lead_time in lead_times.items()},
    )


def _counts(rows: Sequence[_DeadlineRow]) -> Mapping[DeadlineKind, tuple[CountRule, ...]]:
    if {row.kind for row in rows} != set(DeadlineKind) - _NAMED:
        raise BadBook("every deadline that is counted has a row, and no other")
    if len({(row.kind, row.effective_from) for row in rows}) < len(rows):
        raise BadBook("two rows of a deadline begin on the same day")
    if any((row.day_count == "business") != (row.calendar is not None) for row in rows):
        raise BadBook("business days, and only they, have a calendar")
    if any((row.kind is DeadlineKind.USUAL_TIME) != (row.days is None) for row in rows):
        raise BadBook("every deadline but the usual time has its figure")
    counts: dict[DeadlineKind, tuple[CountRule, ...]] = {}
    for row in sorted(rows, key=lambda row: row.effective_from):
        rule = CountRule(row.effective_from, row.days, row.calendar or "", row.at_hour)
        counts[row.kind] = (*counts.get(row.kind, ()), rule)
    return counts


@cache
def load_rules() -> Rules:
    """Return the rules of this installation; a bad figure stops the start, not an order."""
    lead_times = parse_lead_times(_text("lead_times.toml"))
    return parse_rules(_text("operator.toml"), lead_times, parse_calendars(_text("calendars.toml")))


def _text(name: str) -> str:
    return (resources.files("services.provisioning") / "data" / name).read_text(encoding="utf-8")
