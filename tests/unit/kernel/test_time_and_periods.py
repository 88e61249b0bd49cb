"""Instants know their zone, periods are half-open, months step from their anchor."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.calendar import BusinessCalendar, CalendarHasNoYear
from kernel.periods import EmptyPeriod, Period, month_period, step_months
from kernel.times import NaiveTime, at_local, local_date, require_aware

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))


def test_midnight_in_tokyo_is_fifteen_hundred_utc_of_the_day_before() -> None:
    assert at_local(date(2026, 9, 1), time(0)) == datetime(2026, 8, 31, 15, tzinfo=UTC)
    assert local_date(datetime(2026, 8, 31, 15, tzinfo=UTC)) == date(2026, 9, 1)
    assert local_date(datetime(2026, 8, 31, 14, 59, 59, tzinfo=UTC)) == date(2026, 8, 31)


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(NaiveTime):
        require_aware(datetime(2026, 9, 1))  # noqa: DTZ001 - the point of the test


@given(DAYS, st.integers(0, 36))
def test_months_of_an_anchor_meet_without_gap_or_overlap(anchor: date, count: int) -> None:
    here, following = step_months(anchor, count), step_months(anchor, count + 1)

    assert here < following
    assert Period(here, following).days <= 31
    assert step_months(anchor, count + 12).day in {anchor.day, 28, 29, 30}


def test_the_thirty_first_comes_back_after_a_short_month() -> None:
    assert [step_months(date(2027, 1, 31), n) for n in (1, 2, 13)] == [
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2028, 2, 29),
    ]


@given(DAYS)
def test_a_day_lies_in_its_month_and_the_end_does_not(day: date) -> None:
    month = month_period(day)

    assert month.contains(day)
    assert month.contains(month.last)
    assert not month.contains(month.end)


def test_an_empty_period_is_refused() -> None:
    with pytest.raises(EmptyPeriod):
        Period(date(2026, 9, 1), date(2026, 9, 1))


def test_neighbors_do_not_overlap_and_the_cut_is_the_shared_part() -> None:
    september, october = month_period(date(2026, 9, 1)), month_period(date(2026, 10, 1))

    assert not september.overlaps(october)
    assert september.cut(october) is None
    assert september.cut(Period(date(2026, 9, 20), date(2026, 10, 3))) == Period(
        date(2026, 9, 20), date(2026, 10, 1)
    )


CALENDAR = BusinessCalendar.of([date(2026, 9, 21), date(2026, 9, 22), date(2026, 9, 23)], years=[2026, 2027])


def test_business_days_pass_over_weekends_and_holidays() -> None:
    assert CALENDAR.add_business_days(date(2026, 9, 18), 1) == date(2026, 9, 24)
    assert CALENDAR.add_business_days(date(2026, 9, 19), 0) == date(2026, 9, 24)


def test_a_year_without_holidays_is_an_error_and_not_a_year_of_work() -> None:
    with pytest.raises(CalendarHasNoYear):
        CALENDAR.is_business_day(date(2028, 1, 3))


@given(st.dates(date(2026, 1, 1), date(2026, 12, 1)), st.integers(1, 15))
def test_the_count_of_business_days_between_is_the_count_asked_for(day: date, count: int) -> None:
    reached = CALENDAR.add_business_days(day, count)
    between = [day + timedelta(days=n + 1) for n in range((reached - day).days)]

    assert sum(CALENDAR.is_business_day(each) for each in between) == count
