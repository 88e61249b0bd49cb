"""The first month by days used (日割り)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kernel.periods import Period, month_period
from kernel.yen import Rounding, Yen, round_yen


@dataclass(frozen=True)
class Share:
    """A monthly fee cut to the days used. unit_yen: the fee of a full month, without tax."""

    unit_yen: Yen
    days_used: int
    month_days: int
    rounding: Rounding
    net_yen: Yen


def first_month(activated_on: date) -> Period:
    """Return the days used in the month of activation; the day of activation is the first of them.

    Source: line-application.md ("first and last month by days used"); that the first day counts is the operator's own.
    """
    return Period(activated_on, month_period(activated_on).end)


def prorate(unit_yen: Yen, used: Period, *, rounding: Rounding) -> Share:
    """Return the share of a monthly fee for the days used: fee x days used / days of the month.

    used: days within one calendar month; rounds once, to the whole yen, as named.
    :raises ValueError: the days leave the calendar month of their first day.
    Source: line-application.md, "Rules"; the source names no rounding, see ADR-0007.
    """
    month = month_period(used.start)
    if used.end > month.end:
        raise ValueError("the days used must lie within one calendar month")
    net_yen = round_yen(Decimal(unit_yen * used.days) / Decimal(month.days), rounding)
    return Share(unit_yen, used.days, month.days, rounding, net_yen)
