"""Which records this service reads."""

from __future__ import annotations

from chassis.consume import Consumer
from contracts.works import OrderCancelledV1
from services.notify import translate
from services.notify.domain.quiet_hours import QuietHours
from services.notify.handlers import MakeNotices


def consumers(quiet: QuietHours) -> tuple[Consumer, ...]:
    """Return one consumer per topic."""
    make = MakeNotices(quiet)
    return (
        Consumer(topic="kaitsu.orders", handle=make, types=translate.ORDERS),
        Consumer(topic="kaitsu.works", handle=make, types=(*translate.WORKS, OrderCancelledV1)),
        Consumer(topic="kaitsu.billing", handle=make, types=translate.BILLING),
    )
