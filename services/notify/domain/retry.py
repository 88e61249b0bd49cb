"""What becomes of a notice after a try: told, tried again later, or given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.notify.domain.quiet_hours import QuietHours

LADDER: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
LADDER_UNREACHABLE: Final = LADDER[:3]
GIVE_UP_AFTER: Final = timedelta(days=5)


class Verdict(StrEnum):
    """How a try ended."""

    TAKEN = "taken"  # the server said 250 after the text
    LATER = "later"  # it said 4xx to this mail, or went away in the middle of it
    UNREACHABLE = "unreachable"  # there was no session, or no contacts: not this mail's fault
    NO_CONTACT = "no_contact"  # nobody knows an address
    ADDRESS_REFUSED = "address_refused"  # 5xx to the recipient, or no address at all by its form
    REFUSED_FOR_GOOD = "refused_for_good"  # 5xx to the sender or the text


class Status(StrEnum):
    """Where a notice is; only `pending` may change, and a withdrawn one that had already left becomes sent."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class Failure(StrEnum):
    """Why a notice will not be sent."""

    NO_CONTACT = "no_contact"
    ADDRESS_REFUSED = "address_refused"
    REFUSED_FOR_GOOD = "refused_for_good"
    GAVE_UP = "gave_up"


_FOR_GOOD: Final = {
    Verdict.NO_CONTACT: Failure.NO_CONTACT,
    Verdict.ADDRESS_REFUSED: Failure.ADDRESS_REFUSED,
    Verdict.REFUSED_FOR_GOOD: Failure.REFUSED_FOR_GOOD,
}


@dataclass(frozen=True)
class Next:
    """What to write down: next_try_at stands only where the notice stays pending, code only where it failed."""

    status: Status
    next_try_at: datetime | None = None
    code: Failure | None = None


def after_try(
    verdict: Verdict, *, attempts: int, wanted_at: datetime, now: datetime, quiet: QuietHours
) -> Next:
    """Return what becomes of a notice after its try number `attempts`, counted from 1.

    wanted_at: when it was first due; five days later it is given up. now: business instant of the try, UTC.
    Waits climb 1, 5, 15, 60 minutes and 4 hours and stay there; while the server itself is away they stay at
    15 minutes, so that an outage is over for everybody soon after it is over. A try never lands in quiet hours.
    """
    if verdict is Verdict.TAKEN:
        return Next(Status.SENT)
    if verdict in _FOR_GOOD:
        return Next(Status.FAILED, code=_FOR_GOOD[verdict])
    ladder = LADDER_UNREACHABLE if verdict is Verdict.UNREACHABLE else LADDER
    next_try_at = quiet.first_decent(now + ladder[min(attempts, len(ladder)) - 1])
    if next_try_at > wanted_at + GIVE_UP_AFTER:
        return Next(Status.FAILED, code=Failure.GAVE_UP)
    return Next(Status.PENDING, next_try_at=next_try_at)
