"""Calendars are data: who is closed when, from which day on, and how a day was counted."""

from __future__ import annotations

import json
from datetime import date, timedelta
from importlib import resources

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from pydantic import ValidationError

from kernel.calendar import CalendarHasNoYear, Closed
from services.provisioning.calendars import CALENDAR_YEARS, BadCalendar, parse_calendars
from services.provisioning.domain.arithmetic import Arithmetic, Start, Unit, count, given

TEXT = (resources.files("services.provisioning") / "data" / "calendars.toml").read_text(encoding="utf-8")
CALENDARS = parse_calendars(TEXT)
COMPANY, BANK = CALENDARS["company"], CALENDARS["bank"]
HIGH_SUMMER = """
[[calendar]]
name = "company"
effective_from = 2026-07-01
closed_on = ["08-13", "08-14"]
closed_dates = [2026-10-01]
assumed = "a test"
"""


@pytest.mark.parametrize(
    ("name", "open_days"),
    [("company", []), ("carrier_east", []), ("carrier_west", []), ("bank", [29, 30])],
)
def test_at_year_end_every_calendar_closes_on_its_own_days(name: str, open_days: list[int]) -> None:
    december = [date(2026, 12, day) for day in range(29, 32)]

    assert [day.day for day in december if CALENDARS[name].days.is_business_day(day)] == open_days
    assert not CALENDARS[name].days.is_business_day(date(2025, 1, 2))
    assert CALENDARS[name].days.is_business_day(date(2027, 1, 4))


def test_a_new_row_holds_from_its_day_and_leaves_the_past_alone() -> None:
    days = parse_calendars(TEXT + HIGH_SUMMER)["company"].days

    assert days.why_closed(date(2026, 8, 13)) is Closed.CLOSURE
    assert days.is_business_day(date(2025, 8, 13))
    assert days.why_closed(date(2025, 12, 30)) is Closed.CLOSURE
    assert days.is_business_day(date(2026, 12, 30))
    assert not days.is_business_day(date(2026, 10, 1))
    assert COMPANY.days.is_business_day(date(2026, 8, 13))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "bank"', 'name = "company"'),
        ('name = "bank"', 'name = "harbor"'),
        ("effective_from = 2000-01-01", "effective_from = 2010-01-01"),
        ('source = "Banking', '# source = "Banking'),
        ('"12-29"', '"02-30"'),
        ('"12-29"', '"02-29"'),
    ],
)
def test_calendars_that_contradict_themselves_stop_the_start(old: str, new: str) -> None:
    assert old in TEXT

    with pytest.raises((BadCalendar, ValueError)):
        parse_calendars(TEXT.replace(old, new))


@pytest.mark.parametrize(("old", "new"), [('"12-29"', '"29 Dec"'), ("closed_dates = []", "surprise = 1")])
def test_a_row_of_another_shape_stops_the_start(old: str, new: str) -> None:
    with pytest.raises(ValidationError):
        parse_calendars(TEXT.replace(old, new))


def test_a_count_names_every_day_that_it_leaves_out() -> None:
    way = count(Start.ARRIVAL, date(2026, 4, 28), 2, COMPANY)

    assert way.in_english() == (
        "Fri 1 May 2026: 2 business days (company calendar) after the arrival on Tue 28 Apr 2026; "
        "not counted: Wed 29 Apr 2026 Showa Day"
    )
    assert way.in_japanese() == (
        "2026年5月1日(金):受付日2026年4月28日(火)の2営業日後(当社カレンダー)。数えない日:2026年4月29日(水)昭和の日"
    )


def test_a_count_backward_leaves_out_weekends_and_closures() -> None:
    way = count(Start.CONSTRUCTION, date(2027, 1, 4), -1, COMPANY)

    assert way.result_on == date(2026, 12, 28)
    assert [day.reason for day in way.skipped] == [
        Closed.WEEKEND,
        Closed.WEEKEND,
        Closed.HOLIDAY,
        *[Closed.CLOSURE] * 3,
    ]
    assert "1 business day (company calendar) before the construction on Mon 4 Jan 2027" in way.in_english()
    assert "1営業日前(当社カレンダー)" in way.in_japanese()


def test_calendar_days_and_named_days_leave_nothing_out() -> None:
    plain, named = count(Start.CONSULT, date(2026, 4, 28), 7, None), given(Start.ANSWER, date(2026, 5, 3))

    assert (plain.result_on, plain.unit, plain.skipped) == (date(2026, 5, 5), Unit.CALENDAR, ())
    assert plain.in_english() == "Tue 5 May 2026: 7 calendar days after the consult on Tue 28 Apr 2026"
    assert named.in_english() == "Sun 3 May 2026: named by the carrier"
    assert named.in_japanese() == "2026年5月3日(日):事業者が指定した回答期限"


@pytest.mark.parametrize("calendar", [COMPANY, None])
def test_a_count_beyond_all_calendars_says_so(calendar: object) -> None:
    with pytest.raises(CalendarHasNoYear):
        count(Start.CONSULT, date.max, 30, COMPANY if calendar else None)


@given_any(
    st.dates(date(CALENDAR_YEARS[1], 1, 1), date(CALENDAR_YEARS[-2], 12, 31)),
    st.integers(-30, 30),
    st.sampled_from([*CALENDARS.values(), None]),
)
def test_every_day_of_a_count_is_counted_or_left_out_with_its_reason(
    day: date, days: int, calendar: object
) -> None:
    chosen = next((each for each in CALENDARS.values() if each is calendar), None)
    way = count(Start.CONSULT, day, days, chosen)

    assert Arithmetic.from_json(json.loads(json.dumps(way.as_json()))) == way
    assert abs((way.result_on - day).days) == (abs(days) + len(way.skipped) if days else len(way.skipped))
    assert (way.result_on - day) * days >= timedelta(0)
    if chosen:
        assert chosen.days.is_business_day(way.result_on)
        assert all(chosen.days.why_closed(each.on) is each.reason for each in way.skipped)
