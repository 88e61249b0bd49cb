"""Runs a month of forms and the weeks after it through the running system, on the stepped clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from chassis.clock import monotonic
from kernel.periods import month_period, step_months
from kernel.times import at_local, local_date
from ops.demo.evidence import Answer
from ops.demo.forms import Batch, Post, by_instant
from ops.demo.posting import Poster
from ops.demo.stepper import Stepper

FIRST_DAY: Final = date(2026, 4, 2)
FORM_DAYS: Final = 30
CLOSES_AT: Final = time(9)
Seen = Callable[["Progress"], None]


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    now: datetime
    posted: int
    seconds: float


def start_of(first_day: date) -> datetime:
    """Return the instant (UTC) at which a run begins: 08:00 in Tokyo."""
    return at_local(first_day, time(8))


def end_of(batch: Batch) -> datetime:
    """Return the close of the month after the last form."""
    last = local_date(max(post.at for post in batch.posts))
    return at_local(step_months(last.replace(day=1), 2), CLOSES_AT)


def closed_before(end: datetime) -> date:
    """Return the first day whose month is not closed at the end of a run."""
    return month_period(local_date(end)).start


@dataclass
class Driver:
    """Posts what is due, lets the system come to rest, moves the clock to the next instant, until the end.

    patience_s: wall time in which the system must come to rest.
    """

    stepper: Stepper
    poster: Poster
    batch: Batch
    seen: Seen = lambda _progress: None
    patience_s: float = 60
    answers: list[Answer] = field(default_factory=list[Answer])

    async def run(self, end: datetime) -> None:
        """Return when everything up to and including the end has happened.

        :raises NotQuiet: the system did not come to rest.
        """
        began = monotonic()
        waiting = by_instant(self.batch.posts)
        while True:
            now = self.stepper.now
            for at in [at for at in waiting if at <= now]:
                self.answers += await self.poster.post_all(waiting.pop(at))
            next_due = await self.stepper.settle(self.patience_s)
            self.seen(Progress(now, len(self.answers), monotonic() - began))
            target = self._next(next_due, waiting, end)
            if target is None:
                return
            self.stepper.move(target)

    def _next(
        self, next_due: datetime | None, waiting: Mapping[datetime, Sequence[Post]], end: datetime
    ) -> datetime | None:
        """Return where to move the clock to; None at the end. A deadline that is past waits for nobody."""
        now = self.stepper.now
        if now >= end:
            return None
        later = [at for at in (next_due, *waiting) if at is not None and at > now]
        return min([*later, end])


def days_of(start: datetime, end: datetime) -> int:
    """Return the days of business time between two instants."""
    return (local_date(end) - local_date(start)) // timedelta(days=1)
