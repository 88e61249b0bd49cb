"""When the sandbox acts: the coarse grid of local hours, and the desk's business days (public holidays of Japan)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

import holidays

from kernel.calendar import BusinessCalendar
from kernel.times import at_local, local_date

_YEARS: Final = range(2019, 2051)


def japanese_calendar() -> BusinessCalendar:
    """Return weekdays without public holidays and without 29 December to 3 January."""
    public = holidays.country_holidays("JP", years=_YEARS)
    closures = [
        day
        for year in _YEARS
        for day in (*_december(year), date(year, 1, 1), date(year, 1, 2), date(year, 1, 3))
    ]
    return BusinessCalendar.of(public.keys(), years=_YEARS, closures=closures)


def _december(year: int) -> Sequence[date]:
    return [date(year, 12, day) for day in (29, 30, 31)]


def slot(day: date, hour: int) -> datetime:
    """Return the instant (UTC) of a local hour on a day."""
    return at_local(day, time(hour))


def next_slot(after: datetime, hours: Sequence[int]) -> datetime:
    """Return the first instant (UTC) of the grid that lies after the given one."""
    day = local_date(after)
    while True:
        for hour in sorted(hours):
            if (found := slot(day, hour)) > after:
                return found
        day += timedelta(days=1)


def next_business_slot(after: datetime, hours: Sequence[int], calendar: BusinessCalendar) -> datetime:
    """Return the first instant (UTC) of the grid after the given one that lies on a business day."""
    found = next_slot(after, hours)
    while not calendar.is_business_day(local_date(found)):
        found = next_slot(found, hours)
    return found
