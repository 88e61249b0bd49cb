"""The ladder of retries, what is never tried again, and when we give up."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from kernel.times import at_local
from services.notify.domain.quiet_hours import QuietHours
from services.notify.domain.retry import Failure, Next, Status, Verdict, after_try

NEVER_QUIET = QuietHours(time(0), time(0))
NIGHT = QuietHours(time(20), time(8))
NOON = at_local(date(2026, 4, 20), time(12))
WAITING = (Verdict.LATER, Verdict.UNREACHABLE)


def step(verdict: Verdict, attempts: int, *, now: datetime = NOON, quiet: QuietHours = NEVER_QUIET) -> Next:
    return after_try(verdict, attempts=attempts, wanted_at=NOON, now=now, quiet=quiet)


@pytest.mark.parametrize(
    ("verdict", "minutes"),
    [(Verdict.LATER, [1, 5, 15, 60, 240, 240, 240]), (Verdict.UNREACHABLE, [1, 5, 15, 15, 15, 15, 15])],
)
def test_waits_climb_the_ladder_and_stay_on_its_top(verdict: Verdict, minutes: list[int]) -> None:
    waits = [step(verdict, attempt).next_try_at for attempt in range(1, 8)]

    assert waits == [NOON + timedelta(minutes=minute) for minute in minutes]


@pytest.mark.parametrize("verdict", WAITING)
def test_what_waits_stays_pending_without_a_code(verdict: Verdict) -> None:
    assert step(verdict, 1).status is Status.PENDING
    assert step(verdict, 1).code is None


@pytest.mark.parametrize("verdict", set(Verdict) - set(WAITING) - {Verdict.TAKEN})
def test_what_is_refused_for_good_is_never_tried_again_and_says_why(verdict: Verdict) -> None:
    assert step(verdict, 1) == Next(Status.FAILED, code=Failure(verdict.value))


def test_what_is_taken_is_sent() -> None:
    assert step(Verdict.TAKEN, 3) == Next(Status.SENT)


def test_a_try_never_lands_in_the_quiet_hours() -> None:
    evening = at_local(date(2026, 4, 20), time(19, 59))

    assert step(Verdict.LATER, 1, now=evening, quiet=NIGHT).next_try_at == at_local(
        date(2026, 4, 21), time(8)
    )


@pytest.mark.parametrize("verdict", WAITING)
@pytest.mark.parametrize("quiet", [NEVER_QUIET, NIGHT])
def test_after_five_days_it_is_given_up_and_not_before(verdict: Verdict, quiet: QuietHours) -> None:
    now, attempts = NOON, 0
    while True:
        attempts += 1
        last = after_try(verdict, attempts=attempts, wanted_at=NOON, now=now, quiet=quiet)
        if last.next_try_at is None:
            break
        assert now < last.next_try_at <= NOON + timedelta(days=5)
        now = last.next_try_at

    assert last == Next(Status.FAILED, code=Failure.GAVE_UP)
    assert now > NOON + timedelta(days=4)


def test_a_late_first_try_is_still_a_try() -> None:
    late = datetime(2026, 6, 1, tzinfo=UTC)

    assert step(Verdict.TAKEN, 1, now=late).status is Status.SENT
    assert step(Verdict.LATER, 1, now=late).code is Failure.GAVE_UP
