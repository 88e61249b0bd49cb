"""What provisioning listens to: intake's orders, and what carrier and desk claim."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.consume import Consumer
from services.provisioning import translate
from services.provisioning.domain.rules import Rules
from services.provisioning.handlers import HearClaims, TakeOrders


def consumers(rules: Rules) -> Sequence[Consumer]:
    """Return one consumer per topic."""
    hear = HearClaims(rules)
    return (
        Consumer("kaitsu.orders", TakeOrders(rules), translate.ORDERS),
        Consumer("kaitsu.partners.carrier", hear, translate.CARRIER, claims=True),
        Consumer("kaitsu.partners.desk", hear, translate.DESK, claims=True),
    )
