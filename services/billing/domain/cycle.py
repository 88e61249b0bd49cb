"""When a month is closed, who is late for it, and when an invoice must be paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kernel.calendar import BusinessCalendar
from kernel.periods import month_period, step_months
from kernel.times import at_local, local_date
from kernel.yen import Rounding
from services.billing.domain.tariff import BadBook


@dataclass(frozen=True)
class Terms:
    """The operator's own rules, which the source leaves open; each has its clause in data/operator.toml.

    closes_at: time of day in Tokyo on the first day of the next month; asks_again_at: the same on any later day;
    due_months: 0 = the end of the month of issue; due_days_at_least: days between issue and payment.
    """

    closes_at: time
    asks_again_at: time
    due_months: int
    due_days_at_least: int
    invoices_per_account_and_day: int
    fee_rounding: Rounding
    tax_rounding: Rounding
    closed_on: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.due_months < 0 or self.due_days_at_least < 0:
            raise BadBook("operator", "the time to pay must not be negative")
        if self.invoices_per_account_and_day < 1:
            raise BadBook("operator", "an account must be allowed one invoice a day")


@dataclass(frozen=True)
class Cycle:
    """One month of one account that is to be invoiced. late: its month had been closed before we knew of it."""

    month: date
    bill_at: datetime
    late: bool


def close_of(month: date, terms: Terms) -> datetime:
    """Return the instant at which the calendar month of the date is closed: first day of the next month, in Tokyo."""
    return at_local(month_period(month).end, terms.closes_at)


def first_cycle(activated_on: date, *, known_at: datetime, terms: Terms) -> Cycle:
    """Return the cycle of the month of activation: billed at its close, or at the next one if we learn too late.

    known_at: business time at which the contract was opened; at the close itself it is still in time.
    """
    own_close = close_of(activated_on, terms)
    month = activated_on.replace(day=1)
    if known_at <= own_close:
        return Cycle(month, own_close, late=False)
    next_close = close_of(step_months(local_date(known_at).replace(day=1), -1), terms)
    if next_close < known_at:
        next_close = close_of(local_date(known_at), terms)
    return Cycle(month, next_close, late=True)


def ask_again_at(now: datetime, terms: Terms) -> datetime:
    """Return the instant, on the next local day, at which a cycle that could not be billed is tried again."""
    return at_local(local_date(now) + timedelta(days=1), terms.asks_again_at)


def due_on(issued_on: date, *, terms: Terms, calendar: BusinessCalendar) -> date:
    """Return the last day of payment: a month's end, moved to the next business day; local, Asia/Tokyo.

    An invoice that is issued late in a month goes to the next month's end, so that the least number of days is left.
    :raises CalendarHasNoYear: the calendar does not reach that far.
    Source: the operator's own rule, data/operator.toml; the price list is silent.
    """
    months = terms.due_months
    earliest = issued_on + timedelta(days=terms.due_days_at_least)
    while (end := _month_end(issued_on, months)) < earliest:
        months += 1
    return calendar.next_business_day(end)


def _month_end(day: date, months: int) -> date:
    return month_period(step_months(day.replace(day=1), months)).last
