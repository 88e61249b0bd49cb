"""The hours in which nobody gets a mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from kernel.times import TOKYO, at_local, require_aware


@dataclass(frozen=True)
class QuietHours:
    """Quiet from `start` (included) until `end` (not included) on clocks in Tokyo; start = end means never.

    The window may go over midnight (20:00-08:00) or not (12:00-13:00).
    """

    start: time
    end: time

    def is_quiet(self, instant: datetime) -> bool:
        """Return whether the instant lies in the quiet hours.

        :raises NaiveTime: the instant has no zone.
        """
        clock = require_aware(instant).astimezone(TOKYO).time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def first_decent(self, instant: datetime) -> datetime:
        """Return the instant itself, or the end of the quiet hours that it lies in; aware UTC.

        :raises NaiveTime: the instant has no zone.
        """
        utc = require_aware(instant)
        if not self.is_quiet(utc):
            return utc
        local = utc.astimezone(TOKYO)
        day = local.date()
        if self.start > self.end and local.time() >= self.start:
            day += timedelta(days=1)
        return at_local(day, self.end)
