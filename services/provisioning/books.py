"""The figures of data/, validated once at the start: rules, lead times, the calendar of business days."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated, Literal

import holidays
from pydantic import BaseModel, ConfigDict, Field

from kernel.calendar import BusinessCalendar
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.rules import Rules

CALENDAR_YEARS = range(2000, 2051)

_Text = Annotated[str, Field(min_length=1)]
_Days = Annotated[int, Field(ge=0, le=3660)]
_MonthDay = Annotated[str, Field(pattern=r"^[0-9]{2}-[0-9]{2}$")]


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


class _Consult(_Strict):
    business_days: _Days
    next_call_business_days: _Days
    clause: _Text


class _Registration(_Strict):
    days: _Days
    day_count: Literal["calendar", "business"]
    clause: _Text


class _Deadlines(_Strict):
    day_ends_after_hours: Annotated[int, Field(ge=1, le=47)]
    clause: _Text


class _Claims(_Strict):
    waiting_days: _Days
    horizon_days: _Days
    clause: _Text


class _Calendar(_Strict):
    closed_on: list[_MonthDay]
    clause: _Text


class _OperatorFile(_Strict):
    consult: _Consult
    address_registration: _Registration
    deadlines: _Deadlines
    claims: _Claims
    calendar: _Calendar


def parse_lead_times(text: str) -> Mapping[Pattern, int]:
    """Return the shortest lead time of every pattern, in days.

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
    return {Pattern(row.no): row.shortest for row in rows}


def parse_rules(text: str, shortest_days: Mapping[Pattern, int]) -> Rules:
    """Return the rules of an operator's file.

    :raises pydantic.ValidationError: a row has not the shape.
    """
    rows = _OperatorFile.model_validate(tomllib.loads(text))
    return Rules(
        calendar=calendar_of(rows.calendar.closed_on),
        consult_business_days=rows.consult.business_days,
        next_call_business_days=rows.consult.next_call_business_days,
        registration_days=rows.address_registration.days,
        registration_in_business_days=rows.address_registration.day_count == "business",
        day_ends_after_hours=rows.deadlines.day_ends_after_hours,
        waiting_days=rows.claims.waiting_days,
        horizon_days=rows.claims.horizon_days,
        shortest_days=shortest_days,
    )


def calendar_of(closed_on: Iterable[str], *, years: Iterable[int] = CALENDAR_YEARS) -> BusinessCalendar:
    """Return weekdays without the public holidays of Japan and without the days (MM-DD) closed every year.

    :raises ValueError: a closed day is no date.
    """
    covered = tuple(years)
    public: Iterable[date] = holidays.country_holidays("JP", years=covered)
    closures = [date.fromisoformat(f"{year:04d}-{day}") for year in covered for day in closed_on]
    return BusinessCalendar.of(public, years=covered, closures=closures)


@cache
def load_rules() -> Rules:
    """Return the rules of this installation; a bad figure stops the start, not an order."""
    return parse_rules(_text("operator.toml"), parse_lead_times(_text("lead_times.toml")))


def _text(name: str) -> str:
    return (resources.files("services.provisioning") / "data" / name).read_text(encoding="utf-8")
