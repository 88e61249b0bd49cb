"""Public holidays against the Act on National Holidays (国民の祝日に関する法律), written down here a second time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pytest

from services.provisioning.calendars import CALENDAR_YEARS, public_holidays

DAY: Final = timedelta(days=1)
PUBLIC: Final = public_holidays(tuple(CALENDAR_YEARS))

# Equinox days (春分の日, 秋分の日) of all years of the calendar. Vernal: on the 21st in these years, else on the 20th.
# Autumnal: on the 22nd in these, else on the 23rd. Source: National Astronomical Observatory of Japan, the notice of
# each year (暦要項) until 2027; from then on its computed list, which those notices have still to confirm.
# fmt: off
VERNAL_ON_21: Final = {
    2002, 2003, 2006, 2007, 2010, 2011, 2014, 2015, 2018, 2019, 2022, 2023, 2027, 2031, 2035, 2039, 2043, 2047,
}
AUTUMNAL_ON_22: Final = {2012, 2016, 2020, 2024, 2028, 2032, 2036, 2040, 2044, 2045, 2048, 2049}
# fmt: on


def monday(year: int, month: int, nth: int) -> date:
    """Return the nth Monday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(-first.weekday()) % 7 + 7 * (nth - 1))


def summer_days(year: int) -> set[date]:
    """Return Marine, Mountain and Sports Day; the Olympic law moved them in 2020 and, again, in 2021."""
    if year == 2020:
        return {date(2020, 7, 23), date(2020, 7, 24), date(2020, 8, 10)}
    if year == 2021:
        return {date(2021, 7, 22), date(2021, 7, 23), date(2021, 8, 8)}
    days = {monday(year, 10, 2), monday(year, 7, 3) if year >= 2003 else date(year, 7, 20)}
    return days | ({date(year, 8, 11)} if year >= 2016 else set())


def imperial_days(year: int) -> set[date]:
    """Return the Emperor's Birthday, which 2019 did not have, and the two days of the accession in 2019."""
    if year == 2019:
        return {date(2019, 5, 1), date(2019, 10, 22)}
    return {date(year, 12, 23) if year < 2019 else date(year, 2, 23)}


def national_holidays(year: int) -> set[date]:
    """Return the holidays of Article 2, without those that follow from them by Article 3."""
    fixed = [(1, 1), (2, 11), (4, 29), (5, 3), (5, 5), (11, 3), (11, 23)]
    days = {date(year, month, day) for month, day in fixed}
    days |= {monday(year, 1, 2), monday(year, 9, 3) if year >= 2003 else date(year, 9, 15)}
    days |= {
        date(year, 3, 21 if year in VERNAL_ON_21 else 20),
        date(year, 9, 22 if year in AUTUMNAL_ON_22 else 23),
    }
    days |= {date(year, 5, 4)} if year >= 2007 else set()
    return days | summer_days(year) | imperial_days(year)


def by_the_law(year: int) -> set[date]:
    """Return all days off of a year: Article 2, substitutes (3-2) and days between two holidays (3-3)."""
    days = national_holidays(year)
    off = set(days)
    for day in sorted(days):
        if day.weekday() == 6:
            substitute = day + DAY
            while year >= 2007 and substitute in days:
                substitute += DAY
            off.add(substitute)
    for day in sorted(days):
        between = day + DAY
        # Until 2006 a Sunday between two holidays was none.
        if between not in days and between + DAY in days and (year >= 2007 or between.weekday() != 6):
            off.add(between)
    return off


@pytest.mark.parametrize("year", CALENDAR_YEARS)
def test_the_public_holidays_of_a_year_are_those_of_the_law(year: int) -> None:
    assert {day for day in PUBLIC if day.year == year} == by_the_law(year)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2019, 4, 30), "国民の休日"),  # between Showa Day and the accession
        (date(2019, 5, 1), "天皇の即位の日"),
        (date(2019, 5, 6), "振替休日"),
        (date(2019, 10, 22), "即位礼正殿の儀が行われる日"),
        (date(2020, 2, 24), "振替休日"),
        (date(2020, 7, 24), "スポーツの日"),
        (date(2021, 8, 9), "振替休日"),
        (date(2026, 5, 6), "振替休日"),  # Constitution Day is a Sunday; the next free day is the Wednesday
        (date(2026, 9, 22), "国民の休日"),
    ],
)
def test_days_off_that_follow_from_others_bear_their_names(day: date, name: str) -> None:
    assert PUBLIC[day].japanese == name


@pytest.mark.parametrize(
    "day",
    [
        date(2019, 12, 23),
        date(2019, 2, 23),
        date(2020, 7, 20),
        date(2020, 10, 12),
        date(2021, 8, 11),
        date(2021, 10, 11),
    ],
)
def test_days_that_were_moved_are_workdays_where_they_used_to_be(day: date) -> None:
    assert day not in PUBLIC
