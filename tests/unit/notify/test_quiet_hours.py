"""Nobody gets a mail in the quiet hours, and nobody waits a minute longer than they last."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.times import NaiveTime, at_local
from services.notify.domain.quiet_hours import QuietHours

NIGHT = QuietHours(time(20), time(8))
NOON = QuietHours(time(12), time(13))
DAY = date(2026, 4, 20)
NEXT = date(2026, 4, 21)


def local(day: date, clock: str) -> datetime:
    return at_local(day, time.fromisoformat(clock))


@pytest.mark.parametrize(
    ("hours", "at", "leaves"),
    [
        (NIGHT, local(DAY, "07:59:59.999999"), local(DAY, "08:00")),
        (NIGHT, local(DAY, "08:00"), local(DAY, "08:00")),
        (NIGHT, local(DAY, "12:00"), local(DAY, "12:00")),
        (NIGHT, local(DAY, "19:59:59.999999"), local(DAY, "19:59:59.999999")),
        (NIGHT, local(DAY, "20:00"), local(NEXT, "08:00")),
        (NIGHT, local(DAY, "23:59:59.999999"), local(NEXT, "08:00")),
        (NIGHT, local(NEXT, "00:00"), local(NEXT, "08:00")),
        (NIGHT, local(date(2026, 12, 31), "23:30"), local(date(2027, 1, 1), "08:00")),
        (NOON, local(DAY, "11:59:59.999999"), local(DAY, "11:59:59.999999")),
        (NOON, local(DAY, "12:00"), local(DAY, "13:00")),
        (NOON, local(DAY, "13:00"), local(DAY, "13:00")),
        (QuietHours(time(8), time(8)), local(DAY, "08:00"), local(DAY, "08:00")),
        (QuietHours(time(20), time(0)), local(DAY, "23:00"), local(NEXT, "00:00")),
        (QuietHours(time(0), time(6)), local(DAY, "00:00"), local(DAY, "06:00")),
    ],
)
def test_a_mail_leaves_at_once_or_when_the_quiet_hours_end(
    hours: QuietHours, at: datetime, leaves: datetime
) -> None:
    assert hours.first_decent(at) == leaves


@given(st.times(), st.times(), st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1 < at.year < 9999))
def test_a_decent_moment_is_never_quiet_never_earlier_and_never_a_day_away(
    start: time, end: time, at: datetime
) -> None:
    hours = QuietHours(start, end)

    decent = hours.first_decent(at)

    assert not hours.is_quiet(decent)
    assert at <= decent < at + timedelta(days=1)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTime):
        NIGHT.is_quiet(datetime(2026, 4, 20, 12))  # noqa: DTZ001 - the naive instant is the point
