"""Which records this service reads."""

from __future__ import annotations

from chassis.consume import Consumer
from contracts.works import OrderCancelledV1
from services.notify import translate
from services.notify.domain.quiet_hours import QuietHours
from services.notify.handlers import MakeNotices


def consumers(quiet: QuietHours, *, wakes: str) -> tuple[Consumer, ...]:
    """Return one consumer per topic. wakes: the worker that sends."""
    make = MakeNotices(quiet)
    return (
        Consumer(topic="kaitsu.orders", handle=make, types=translate.ORDERS, wakes=(wakes,)),
        Consumer(
            topic="kaitsu.works", handle=make, types=(*translate.WORKS, OrderCancelledV1), wakes=(wakes,)
        ),
        Consumer(topic="kaitsu.billing", handle=make, types=translate.BILLING, wakes=(wakes,)),
    )
