"""The figures that an operator may change, as the domain needs them: due days, lead times, the farthest day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kernel.calendar import BusinessCalendar
from kernel.times import at_local, local_date
from services.provisioning.domain.patterns import Pattern


@dataclass(frozen=True)
class Rules:
    """Rules in force; shortest_days: per pattern, what decides which one is dominant.

    consult_business_days: after the day of arrival; next_call_business_days: after a call that reached nobody.
    registration_days: longest usual time of an address registration, in business days if
    registration_in_business_days; a day ends day_ends_after_hours after its local midnight.
    waiting_days: how long a claim waits for its order; horizon_days: a claim may name no day further ahead.
    """

    calendar: BusinessCalendar
    consult_business_days: int
    next_call_business_days: int
    registration_days: int
    registration_in_business_days: bool
    day_ends_after_hours: int
    waiting_days: int
    horizon_days: int
    shortest_days: Mapping[Pattern, int]

    def consult_due_on(self, arrived_at: datetime) -> date:
        """Return the last day on which the consult is in time.

        :raises CalendarHasNoYear: the calendar does not reach so far.
        """
        return self.calendar.add_business_days(local_date(arrived_at), self.consult_business_days)

    def next_call_due_on(self, tried_at: datetime) -> date:
        """Return the last day on which the next call is in time, after one that reached nobody."""
        return self.calendar.add_business_days(local_date(tried_at), self.next_call_business_days)

    def registration_usual_by(self, asked_at: datetime) -> date:
        """Return the day by which an address registration is usually back."""
        day = local_date(asked_at)
        if self.registration_in_business_days:
            return self.calendar.add_business_days(day, self.registration_days)
        return day + timedelta(days=self.registration_days)

    def end_of(self, day: date) -> datetime:
        """Return the instant from which on the local day is over."""
        days, hours = divmod(self.day_ends_after_hours, 24)
        return at_local(day + timedelta(days=days), time(hours))

    def gives_up_at(self, arrived_at: datetime) -> datetime:
        """Return the instant at which a claim for an unknown order stops waiting for it."""
        return arrived_at + timedelta(days=self.waiting_days)

    def believable(self, day: date, said_at: datetime) -> bool:
        """Return whether a day that was said at an instant lies within the horizon."""
        return (day - local_date(said_at)).days <= self.horizon_days
