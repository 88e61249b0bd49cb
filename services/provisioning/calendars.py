"""The calendars of data/calendars.toml: validated rows, and per name one calendar of all years that we cover."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Annotated, Final

import holidays
from pydantic import BaseModel, ConfigDict, Field

from kernel.calendar import BusinessCalendar
from services.provisioning.domain.arithmetic import HolidayName, WorkCalendar

CALENDAR_YEARS: Final = range(2000, 2051)
NAMES: Final = ("company", "carrier_east", "carrier_west", "bank")

_Text = Annotated[str, Field(min_length=1)]
# A day that comes every year; the 29th of February is refused as no date of most years.
_MonthDay = Annotated[str, Field(pattern=r"^[0-9]{2}-[0-9]{2}$")]


class BadCalendar(ValueError):
    """The rows of the calendars contradict each other."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    name: _Text
    effective_from: date
    closed_on: list[_MonthDay]
    closed_dates: list[date]
    source: _Text | None = None
    assumed: _Text | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    calendar: list[_Row]


def parse_calendars(text: str, *, years: Sequence[int] = CALENDAR_YEARS) -> Mapping[str, WorkCalendar]:
    """Return the calendars by name.

    :raises pydantic.ValidationError: a row has not the shape.  :raises BadCalendar: one is missing or unknown, two rows
    of a name begin on one day, none is in force when the years begin, or a row has neither source nor `assumed`.
    :raises ValueError: a closed day is no date.
    """
    rows = _File.model_validate(tomllib.loads(text)).calendar
    if {row.name for row in rows} != set(NAMES):
        raise BadCalendar(f"these calendars are expected: {', '.join(NAMES)}")
    if any(row.source is None and row.assumed is None for row in rows):
        raise BadCalendar("a calendar says where it comes from, or that it is assumed")
    return {name: _calendar(name, [row for row in rows if row.name == name], years) for name in NAMES}


def _calendar(name: str, rows: Iterable[_Row], years: Sequence[int]) -> WorkCalendar:
    ordered = sorted(rows, key=lambda row: row.effective_from)
    starts = [row.effective_from for row in ordered]
    if len(set(starts)) < len(starts):
        raise BadCalendar(f"two rows of {name} begin on the same day")
    if starts[0] > date(years[0], 1, 1):
        raise BadCalendar(f"no row of {name} is in force on the first day")
    closures: set[date] = set()
    for row, until in zip(ordered, [*starts[1:], date.max], strict=True):
        yearly = [date.fromisoformat(f"{year:04d}-{day}") for year in years for day in row.closed_on]
        closures |= {day for day in [*yearly, *row.closed_dates] if row.effective_from <= day < until}
    names = public_holidays(tuple(years))
    return WorkCalendar(name, BusinessCalendar.of(names, years=years, closures=closures), names)


@cache
def public_holidays(years: tuple[int, ...]) -> Mapping[date, HolidayName]:
    """Return the public holidays of Japan (国民の祝日) in these years, with their names.

    Source: Act on National Holidays (国民の祝日に関する法律), as the package `holidays` reads it.
    """
    english = holidays.country_holidays("JP", years=years, language="en_US")
    japanese = holidays.country_holidays("JP", years=years, language="ja")
    return {day: HolidayName(english[day], japanese[day]) for day in sorted(english)}
