"""Instants and local dates: instants are aware and UTC, business dates are dates in Asia/Tokyo."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")


class NaiveTime(ValueError):
    """An instant without a zone was given where an aware one is needed."""


def require_aware(instant: datetime) -> datetime:
    """Return the instant in UTC.

    :raises NaiveTime: the instant has no zone.
    """
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise NaiveTime("an instant needs a time zone")
    return instant.astimezone(UTC)


def local_date(instant: datetime) -> date:
    """Return the date on the wall calendar in Tokyo at the instant.

    :raises NaiveTime: the instant has no zone.
    """
    return require_aware(instant).astimezone(TOKYO).date()


def at_local(day: date, clock: time) -> datetime:
    """Return the UTC instant at which clocks in Tokyo show this time on this day."""
    return datetime.combine(day, clock, tzinfo=TOKYO).astimezone(UTC)
