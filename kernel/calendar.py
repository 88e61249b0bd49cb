"""Business days: a calendar is data (holidays and closures) and knows no country by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_SATURDAY = 5


class Closed(StrEnum):
    """Why nobody works on a day; a holiday that falls on a weekend is a weekend."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    CLOSURE = "closure"


class CalendarHasNoYear(ValueError):
    """The calendar was asked about a date outside the years that its holidays cover."""

    def __init__(self, day: date) -> None:
        super().__init__(f"the business calendar does not cover {day.year}")
        self.day = day


@dataclass(frozen=True)
class BusinessCalendar:
    """Weekdays without public holidays and without the closures of a company.

    holidays, closures: dates in Asia/Tokyo; years: the calendar years that the holidays cover.
    """

    holidays: frozenset[date]
    years: frozenset[int]
    closures: frozenset[date] = frozenset()

    @classmethod
    def of(
        cls, holidays: Iterable[date], *, years: Iterable[int], closures: Iterable[date] = ()
    ) -> BusinessCalendar:
        """Return a calendar made from any iterables of dates."""
        return cls(frozenset(holidays), frozenset(years), frozenset(closures))

    def is_business_day(self, day: date) -> bool:
        """Return whether people work on the date.

        :raises CalendarHasNoYear: the holidays do not cover the year.
        """
        return self.why_closed(day) is None

    def why_closed(self, day: date) -> Closed | None:
        """Return why nobody works on the date, None on a business day.

        :raises CalendarHasNoYear: the holidays do not cover the year.
        """
        if day.year not in self.years:
            raise CalendarHasNoYear(day)
        if day.weekday() >= _SATURDAY:
            return Closed.WEEKEND
        if day in self.holidays:
            return Closed.HOLIDAY
        return Closed.CLOSURE if day in self.closures else None

    def next_business_day(self, day: date) -> date:
        """Return the date itself if it is a business day, else the first one after it."""
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day

    def add_business_days(self, day: date, count: int) -> date:
        """Return the count-th business day after the date; the date itself is not counted.

        count: 0 gives the date itself if it is a business day, else the first one after it.
        :raises ValueError: count is negative.
        """
        if count < 0:
            raise ValueError("count must not be negative")
        if count == 0:
            return self.next_business_day(day)
        for _ in range(count):
            day = self.next_business_day(day + timedelta(days=1))
        return day
