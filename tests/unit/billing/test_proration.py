"""The first month by days: every day of long, short and leap months, against a count of the days one by one."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.periods import Period
from kernel.yen import Rounding, Yen
from services.billing.domain.proration import first_month, prorate

MONTHS = [(2026, 1), (2026, 2), (2028, 2), (2000, 2), (2100, 2), (2026, 4), (2026, 12)]
DAYS = [date(year, month, day) for year, month in MONTHS for day in range(1, monthrange(year, month)[1] + 1)]


def days_one_by_one(first: date) -> int:
    """Return how many dates are left in the month, the first included, by counting them."""
    count, day = 0, first
    while day.month == first.month:
        count, day = count + 1, day + timedelta(days=1)
    return count


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_day_of_activation_is_the_first_day_that_is_billed(day: date) -> None:
    share = prorate(Yen(30_500), first_month(day), rounding=Rounding.DOWN)

    assert share.days_used == days_one_by_one(day)
    assert share.month_days == monthrange(day.year, day.month)[1]
    assert share.net_yen == 30_500 * share.days_used // share.month_days


def test_a_full_month_costs_the_monthly_fee_and_the_29th_of_february_is_a_day_like_any_other() -> None:
    assert prorate(Yen(40_000), first_month(date(2028, 2, 1)), rounding=Rounding.DOWN).net_yen == 40_000
    assert prorate(Yen(29_000), first_month(date(2028, 2, 29)), rounding=Rounding.DOWN).net_yen == 1_000
    assert prorate(Yen(28_000), first_month(date(2026, 2, 28)), rounding=Rounding.DOWN).net_yen == 1_000


def test_the_rounding_is_the_named_one() -> None:
    used = first_month(date(2026, 4, 20))  # 40,000 x 11 / 30 = 14,666.66…

    assert prorate(Yen(40_000), used, rounding=Rounding.DOWN).net_yen == 14_666
    assert prorate(Yen(40_000), used, rounding=Rounding.HALF_UP).net_yen == 14_667


@given(yen=st.integers(0, 10**9), day=st.dates(date(1999, 1, 1), date(2101, 12, 31)))
def test_a_share_is_never_above_the_fee_and_the_rest_of_the_month_completes_it_within_a_yen(
    yen: int, day: date
) -> None:
    used = first_month(day)
    share = prorate(Yen(yen), used, rounding=Rounding.DOWN).net_yen
    before = Period(day.replace(day=1), day) if day.day > 1 else None
    rest = prorate(Yen(yen), before, rounding=Rounding.DOWN).net_yen if before else 0

    assert 0 <= share <= yen
    assert 0 <= yen - share - rest <= 1


def test_days_of_two_months_are_refused() -> None:
    with pytest.raises(ValueError, match="one calendar month"):
        prorate(Yen(1), Period(date(2026, 4, 30), date(2026, 5, 2)), rounding=Rounding.DOWN)
