"""Half-open periods of dates, and months that step from their anchor."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


class EmptyPeriod(ValueError):
    """The end of a period is not after its start."""

    def __init__(self, start: date, end: date) -> None:
        super().__init__(f"a period must end after its start: {start} to {end}")
        self.start, self.end = start, end


@dataclass(frozen=True, order=True)
class Period:
    """The dates from start (included) to end (excluded).

    :raises EmptyPeriod: end is not after start.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise EmptyPeriod(self.start, self.end)

    @property
    def days(self) -> int:
        """The number of dates in the period."""
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """The last date that belongs to the period."""
        return self.end - timedelta(days=1)

    def contains(self, day: date) -> bool:
        """Return whether the date lies in the period."""
        return self.start <= day < self.end

    def overlaps(self, other: Period) -> bool:
        """Return whether the two periods share a date."""
        return self.start < other.end and other.start < self.end

    def cut(self, other: Period) -> Period | None:
        """Return the shared part, or None where there is none."""
        if not self.overlaps(other):
            return None
        return Period(max(self.start, other.start), min(self.end, other.end))


def month_period(day: date) -> Period:
    """Return the calendar month that the date lies in."""
    start = day.replace(day=1)
    return Period(start, step_months(start, 1))


def step_months(anchor: date, months: int) -> date:
    """Return the date that many months from the anchor; the 31st becomes the last day of a short month.

    Always step from the anchor, not from the last step, so that the 31st stays the 31st.
    """
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))
